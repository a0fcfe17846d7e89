from __future__ import annotations

import io

import pytest
from rich.console import Console

from benchmarks.running import Memory
from benchmarks.table import Row, draw, floor_of, lead, ratio, seconds

FLOOR = Row("floor", "complete", (2.0, 1.0, 9.0), is_floor=True)
OURS = Row("ours", "complete", (1.0, 1.5), (2.0, 3.0), Memory(300 << 20, 40 << 20), is_ours=True)
PEER = Row("peer", "complete", (10.0,), is_peer=True)
BLIND = Row("blind", "incomplete: 2 of 3 keys", (0.1,), is_peer=True)
ABSENT = Row("absent", "not installed", is_peer=True)
ROWS = [FLOOR, OURS, BLIND, PEER, ABSENT]


def test_the_floor_is_a_median_that_one_slow_run_does_not_move() -> None:
    assert floor_of(ROWS) == 2.0


@pytest.mark.parametrize(
    ("row", "expected"), [(FLOOR, 1.0), (OURS, 0.625), (PEER, 5.0), (BLIND, None), (ABSENT, None)]
)
def test_only_who_read_everything_has_a_ratio(row: Row, expected: float | None) -> None:
    assert ratio(row, floor_of(ROWS)) == expected


@pytest.mark.parametrize("floor", [None, 0.0])
def test_there_is_no_ratio_without_a_floor(floor: float | None) -> None:
    assert ratio(OURS, floor) is None


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (ROWS, 8.0),
        ([OURS, PEER, Row("other", "complete", (5.0,), is_peer=True)], 4.0),
        ([OURS, BLIND, ABSENT], None),
        ([Row("ours", "incomplete: 1 of 3 keys", (1.0,), is_ours=True), PEER], None),
    ],
)
def test_the_lead_is_over_the_fastest_peer_that_read_as_much(
    rows: list[Row], expected: float | None
) -> None:
    assert lead(rows) == expected


def test_every_contender_has_its_line() -> None:
    page = Console(file=io.StringIO(), width=120)

    page.print(draw("History", ROWS))

    assert isinstance(page.file, io.StringIO)
    lines = page.file.getvalue().splitlines()
    (ours,) = [line for line in lines if "ours" in line]
    assert [cell.strip() for cell in ours.split("│")[1:-1]] == [
        *(
            "ours",
            "1.25 s",
            "1.00 s to 1.50 s",
            "0.62",
            "2.50 s",
            "2",
            "300 MiB",
            "40 MiB",
            "complete",
        )
    ]
    assert all(any(row.name in line for line in lines) for row in ROWS)


@pytest.mark.parametrize(("time", "text"), [(0.01234, "12.3 ms"), (1.0, "1.00 s"), (75, "75.00 s")])
def test_a_time_is_written_with_the_digits_that_matter(time: float, text: str) -> None:
    assert seconds(time) == text
