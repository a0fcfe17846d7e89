from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.evidence import Verdict
from bedrock_key_guard.report.status import WORDS, Status, responded, status, worst_first
from tests.unit.report import samples

LIVE, CONTAINED = samples.verdict("live"), samples.verdict("contained")
UNCONFIRMED = samples.done(confirmed_at=None)
FAILED_LATE = samples.done(state="failed", confirmed_at=None)


@pytest.mark.parametrize(
    ("verdict", "outcome", "expected"),
    [
        (None, None, "unchecked"),
        (LIVE, None, "live"),
        (LIVE, Outcome("disable", "dry-run", "would"), "live"),
        (LIVE, Outcome("disable", "failed", "AccessDenied"), "live"),
        (LIVE, Outcome("disable", "refused", "limit"), "live"),
        (LIVE, Outcome("manual", "refused", "protected"), "live"),
        (LIVE, samples.done(), "stopped"),
        (LIVE, samples.done(action="reset", undo=None), "stopped"),
        (LIVE, UNCONFIRMED, "unconfirmed"),
        (LIVE, replace(UNCONFIRMED, action="reset", undo=None), "unconfirmed"),
        (LIVE, FAILED_LATE, "unconfirmed"),
        (CONTAINED, None, "contained"),
        (CONTAINED, samples.done(), "stopped"),
        (samples.verdict("unverified"), Outcome("manual", "refused", "why"), "unverified"),
        (samples.verdict("rejected"), Outcome("nothing", "not-needed", "why"), "rejected"),
        (samples.verdict("dead"), Outcome("nothing", "not-needed", "why"), "dead"),
        (samples.verdict("foreign"), None, "foreign"),
    ],
)
def test_a_status_follows_from_the_verdict_and_the_outcome(
    verdict: Verdict | None, outcome: Outcome | None, expected: Status
) -> None:
    assert status(samples.case(verdict=verdict, outcome=outcome)) == expected


def test_a_malformed_key_has_a_status_of_its_own() -> None:
    assert status(samples.case(samples.malformed())) == "malformed"


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (None, False),
        (samples.done(), True),
        (samples.done(action="reset"), True),
        (replace(samples.done(), state="dry-run"), False),
        (FAILED_LATE, False),
        (Outcome("nothing", "not-needed", "dead"), False),
        (Outcome("restore", "done", "Active again"), False),
    ],
)
def test_a_response_is_a_change_that_was_made(outcome: Outcome | None, expected: bool) -> None:
    assert responded(outcome) is expected


def test_every_status_has_its_words() -> None:
    assert set(WORDS) == set(get_args(Status))


def test_the_worst_comes_first_and_equals_keep_their_order() -> None:
    dead = samples.case(verdict=samples.verdict("dead"))
    live = samples.case(verdict=LIVE, locations=(samples.at("b"),))
    also_live = samples.case(verdict=LIVE, locations=(samples.at("a"),))
    broken = samples.case(samples.malformed())
    assert worst_first([broken, dead, live, also_live]) == [live, also_live, dead, broken]
