from __future__ import annotations

import pytest

from bedrock_key_guard.github.rate_limits import MOST_NOTICES, limited_for
from tests.unit.github.doubles import FakeTime

NOW = 1_000.0
SECONDARY = "You have exceeded a secondary rate limit."


@pytest.mark.parametrize(
    ("status", "headers", "message", "attempt", "seconds"),
    [
        (200, {}, "", 0, None),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1050"}, "", 0, None),
        (404, {"retry-after": "5"}, "Not Found", 0, None),
        (503, {"retry-after": "5"}, "", 0, None),
        (403, {"x-ratelimit-remaining": "4999"}, "Resource not accessible", 0, None),
        (403, {"retry-after": "5"}, SECONDARY, 0, 5),
        (403, {"retry-after": "0"}, SECONDARY, 0, 1),
        (403, {"retry-after": "5"}, SECONDARY, 3, 5),
        (429, {"retry-after": "Mon, 23 Nov 2026 05:59:00 GMT"}, SECONDARY, 0, 60),
        (403, {"retry-after": "-5"}, SECONDARY, 0, 60),
        (403, {"retry-after": "5", "x-ratelimit-remaining": "0"}, SECONDARY, 0, 5),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1050"}, "", 0, 51),
        (429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1050"}, "", 0, 51),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "900"}, "", 0, 1),
        (403, {"x-ratelimit-remaining": "0"}, "", 0, 61),
        (403, {}, SECONDARY, 0, 60),
        (403, {}, "API rate limit exceeded for user ID 1.", 0, 60),
        (403, {}, SECONDARY, 1, 120),
        (429, {}, "", 2, 240),
    ],
)
def test_the_wait_is_the_one_that_github_names_or_a_growing_minute(
    status: int, headers: dict[str, str], message: str, attempt: int, seconds: float | None
) -> None:
    assert limited_for(status, headers, message, now=NOW, attempt=attempt) == seconds


def test_waiting_adds_up_until_nothing_is_left(time: FakeTime) -> None:
    pace = time.pace(most=100)
    assert [pace.wait(60), pace.wait(41), pace.wait(40), pace.wait(1)] == [True, False, True, False]
    assert time.slept == [60, 40]


def test_writes_are_a_second_apart_and_that_is_no_waiting(time: FakeTime) -> None:
    pace = time.pace(most=0)
    pace.before_write()
    pace.before_write()
    time.now += 0.75
    pace.before_write()
    time.now += 5
    pace.before_write()
    assert time.slept == [1.0, 0.25]


def test_a_clock_that_is_set_back_does_not_hold_a_write_up(time: FakeTime) -> None:
    pace = time.pace()
    pace.before_write()
    time.now -= 3_600
    pace.before_write()
    assert time.slept == []


def test_few_writes_a_minute_notify_people_and_others_do_not_wait_for_them() -> None:
    time = FakeTime()
    started, pace = time.now, time.pace(between_writes=0)
    for _ in range(2 * MOST_NOTICES):
        pace.before_write(notifies=True)
    assert time.now - started == 60
    pace.before_write()
    assert time.now - started == 60
    pace.before_write(notifies=True)
    assert time.now - started == 120 == pace.waited
