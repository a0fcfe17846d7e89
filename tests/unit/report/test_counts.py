from __future__ import annotations

from typing import get_args

import pytest

from bedrock_key_guard.model.case import Case
from bedrock_key_guard.model.evidence import VerdictState
from bedrock_key_guard.report.counts import FailOn, Result, counts, exit_code, result
from tests.unit.report import samples

STATES: tuple[VerdictState, ...] = get_args(VerdictState)
MALFORMED = samples.case(samples.malformed())
UNCHECKED = samples.case()
STOPPED = samples.case(verdict=samples.verdict("live"), outcome=samples.done())


def judged(state: VerdictState) -> Case:
    return samples.case(verdict=samples.verdict(state))


def test_every_verdict_is_counted() -> None:
    total = counts(samples.report(*map(judged, STATES), judged("dead"), UNCHECKED, MALFORMED))
    assert total.by_verdict == dict.fromkeys(STATES, 1) | {"dead": 2}
    assert (total.keys, total.unchecked, total.malformed) == (8, 1, 1)
    assert (total.live, total.unverified, total.responded) == (1, 1, 0)


def test_a_key_that_the_run_made_dead_was_live_and_was_responded_to() -> None:
    total = counts(samples.report(STOPPED))
    assert (total.live, total.responded) == (1, 1)


def test_nothing_is_counted_in_a_clean_report() -> None:
    total = counts(samples.report())
    assert (total.keys, total.malformed, total.unchecked, total.responded) == (0, 0, 0, 0)
    assert total.by_verdict == dict.fromkeys(STATES, 0)


@pytest.mark.parametrize(
    ("cases", "incomplete", "expected"),
    [
        ((), False, "clean"),
        ((), True, "incomplete"),
        ((MALFORMED,), False, "clean"),
        ((MALFORMED,), True, "incomplete"),
        ((UNCHECKED,), False, "findings"),
        ((UNCHECKED,), True, "findings"),
        ((judged("dead"),), True, "findings"),
        ((judged("unverified"),), False, "findings"),
    ],
)
def test_findings_come_before_incomplete_before_clean(
    cases: tuple[Case, ...], incomplete: bool, expected: Result
) -> None:
    report = samples.report(*cases, incomplete=("why",) if incomplete else ())
    assert result(report) == expected


@pytest.mark.parametrize(
    ("cases", "fail_on", "complete", "incomplete"),
    [
        ((), "any", 0, 4),
        ((), "live", 0, 4),
        ((), "none", 0, 4),
        ((MALFORMED,), "any", 0, 4),
        ((MALFORMED,), "live", 0, 4),
        ((UNCHECKED,), "any", 1, 1),
        ((UNCHECKED,), "live", 0, 4),
        ((UNCHECKED,), "none", 0, 4),
        ((judged("live"),), "any", 1, 1),
        ((judged("live"),), "live", 1, 1),
        ((judged("live"),), "none", 0, 4),
        ((STOPPED,), "live", 1, 1),
        ((judged("contained"),), "any", 1, 1),
        ((judged("contained"),), "live", 0, 4),
        ((judged("rejected"),), "any", 1, 1),
        ((judged("rejected"),), "live", 0, 4),
        ((judged("foreign"),), "any", 1, 1),
        ((judged("foreign"),), "live", 0, 4),
        ((judged("dead"),), "any", 1, 1),
        ((judged("dead"),), "live", 0, 4),
        ((judged("unverified"),), "any", 1, 1),
        ((judged("unverified"),), "live", 4, 4),
        ((judged("unverified"),), "none", 0, 4),
        ((judged("unverified"), judged("live")), "live", 1, 1),
        ((judged("unverified"), judged("dead")), "live", 4, 4),
    ],
)
def test_the_exit_code_of_a_complete_and_of_an_incomplete_run(
    cases: tuple[Case, ...], fail_on: FailOn, complete: int, incomplete: int
) -> None:
    assert exit_code(samples.report(*cases), fail_on) == complete
    assert exit_code(samples.report(*cases, incomplete=("why",)), fail_on) == incomplete
