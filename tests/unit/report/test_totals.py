from __future__ import annotations

from typing import get_args

import pytest

from bedrock_key_guard.model.evidence import VerdictState
from bedrock_key_guard.model.findings import Case, NotScanned, Scan, Scanned
from bedrock_key_guard.report.report import (
    FailOn,
    Report,
    Result,
    and_more,
    counts,
    exit_code,
    plural,
    result,
    size,
    totals,
)
from tests.unit.report import samples

STATES: tuple[VerdictState, ...] = get_args(VerdictState)
MALFORMED = samples.case(samples.malformed())
UNCHECKED = samples.case()
STOPPED = samples.case(verdict=samples.verdict("live"), outcome=samples.done())
DEAD = samples.case(verdict=samples.verdict("dead"))
LIVE = samples.case(verdict=samples.verdict("live"))


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


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ((), "No keys found"),
        ((MALFORMED,), "No keys found; 1 looks like part of a key"),
        ((samples.case(),), "1 key: 1 not checked"),
        ((DEAD, DEAD, LIVE, MALFORMED), "3 keys: 1 live, 2 dead; 1 looks like part of a key"),
        ((MALFORMED, MALFORMED), "No keys found; 2 look like part of a key"),
        ((STOPPED, LIVE, MALFORMED), "2 keys: 2 live; 1 made dead; 1 looks like part of a key"),
        ((STOPPED, LIVE), "2 keys: 2 live; 1 made dead"),
    ],
)
def test_the_totals_count_what_was_found(cases: tuple[Case, ...], expected: str) -> None:
    assert totals(samples.report(*cases)) == f"{expected}; 412 files, 3.1 MB read; complete."


def test_the_totals_shout_that_something_is_missing() -> None:
    scan = Scan((), Scanned((), 1, 1), (NotScanned("a", "missing", "x"),))
    assert totals(Report(scan)) == "No keys found; 1 file, 1 byte read; INCOMPLETE."


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_960, "1.0 MB"),
        (3_104_882, "3.1 MB"),
        (12_000_000_000, "12.0 GB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_a_size_is_written_as_people_read_it(octets: int, expected: str) -> None:
    assert size(octets) == expected


def test_an_empty_run_says_that_there_was_nothing_to_read() -> None:
    assert totals(Report(Scan((), Scanned((), 0, 0)))) == (
        "No keys found; there was nothing to read."
    )


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (-1, ""),
        (0, ""),
        (1, "and 1 more key; the JSON report has all"),
        (1234, "and 1,234 more keys; the JSON report has all"),
    ],
)
def test_what_is_left_out_of_a_list_is_counted(number: int, expected: str) -> None:
    assert and_more(number, "key") == expected


def test_one_thing_is_no_things() -> None:
    assert [plural(number, "key") for number in (0, 1, 2, 1234)] == [
        "0 keys",
        "1 key",
        "2 keys",
        "1,234 keys",
    ]
