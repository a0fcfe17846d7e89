from __future__ import annotations

import pytest

from bedrock_key_guard.model.case import Case
from bedrock_key_guard.model.findings import NotScanned, Scan, Scanned
from bedrock_key_guard.report.report import Report
from bedrock_key_guard.report.totals import plural, size, totals
from tests.unit.report import samples

DEAD = samples.case(verdict=samples.verdict("dead"))
LIVE = samples.case(verdict=samples.verdict("live"))
STOPPED = samples.case(verdict=samples.verdict("live"), outcome=samples.done())
MALFORMED = samples.case(samples.malformed())


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ((), "No keys found"),
        ((MALFORMED,), "No keys found; 1 malformed"),
        ((samples.case(),), "1 key: 1 not checked"),
        ((DEAD, DEAD, LIVE, MALFORMED), "3 keys: 1 live, 2 dead; 1 malformed"),
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


def test_one_thing_is_no_things() -> None:
    assert [plural(number, "key") for number in (0, 1, 2, 1234)] == [
        "0 keys",
        "1 key",
        "2 keys",
        "1,234 keys",
    ]
