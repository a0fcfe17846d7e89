from __future__ import annotations

import pytest

from sandbox.github.http_messages import Request
from sandbox.github.throttle import Throttle
from tests.unit.github.doubles import FakeTime

ISSUE = Request("POST", "/repos/acme/app/issues", "", {}, "{}")
LABEL = Request("POST", "/repos/acme/app/labels", "", {}, "{}")
READ = Request("GET", "/repos/acme/app/issues", "", {}, "")


@pytest.mark.parametrize(("apart", "refused"), [(0.0, 10), (1.0, 10), (2.9, 10), (3.0, 0)])
def test_some_twenty_issues_a_minute_are_taken_and_what_is_refused_counts(
    apart: float, refused: int
) -> None:
    time = FakeTime()
    throttle = Throttle(time.clock)
    answers = []
    for _ in range(30):
        answers.append(throttle.refusal(ISSUE))
        time.now += apart
    assert throttle.refused == sum(answer is not None for answer in answers) == refused
    assert all("secondary rate limit" in answer.text for answer in answers if answer)


def test_what_notifies_nobody_is_not_among_them() -> None:
    throttle = Throttle(FakeTime().clock)
    assert [throttle.refusal(each) for each in [LABEL, READ] * 50] == [None] * 100


def test_the_requests_of_an_hour_are_counted_and_the_answer_says_when_they_are_renewed() -> None:
    time = FakeTime()
    throttle = Throttle(time.clock, requests=3)
    assert [throttle.refusal(READ) for _ in range(3)] == [None] * 3
    answer = throttle.refusal(READ)
    assert answer is not None
    reset = float(answer.headers["x-ratelimit-reset"])
    assert answer.headers["x-ratelimit-remaining"] == "0"
    time.now = reset
    assert throttle.refusal(READ) is None
