from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.model.usage import Usage
from bedrock_key_guard.report.call_chart import bars, caption, numbers, series
from bedrock_key_guard.text.terminal import NARROWEST, PLAIN, RED, WIDEST, Canvas, canvas_for
from tests.unit.report import usages
from tests.unit.report.arbitrary_usage import usages as arbitrary
from tests.unit.report.samples import NOW

DAY = replace(
    usages.nothing(),
    begin=NOW - timedelta(hours=24),
    leaked_at=NOW - timedelta(hours=9),
    responded_at=NOW - timedelta(hours=2),
    hours=(
        usages.hour(20, 1),
        usages.hour(12, 2),
        usages.hour(8, 40, 3),
        usages.hour(7, 20),
        usages.hour(3, 10),
    ),
)


def plain(usage: Usage, width: int = 40, *, blocks: bool = True) -> str:
    lines = "\n".join(bars(usage, Canvas(width, blocks)))
    return lines.replace(RED, "").replace(PLAIN, "")


def test_calls_are_drawn_over_time_with_the_leak_and_the_response() -> None:
    assert plain(DAY) == (
        """\
calls in each hour
  40 │                █
     │                █
     │                █
     │                █
     │                ██
     │                ██
     │                ██   █
     │    ▄       ▄   ██   █
   0 └───────────────┬──────┬─
                     leak
                      response
      2026-11-22 06:00 UTC  2026-11-23 06:00 UTC"""
    )


def test_without_blocks_the_drawing_is_ascii() -> None:
    drawing = plain(DAY, blocks=False)
    assert drawing.isascii()
    assert "#" in drawing
    assert "v" in drawing


def test_every_letter_is_one_that_fonts_of_fixed_width_have() -> None:
    assert set(plain(usages.theft(), WIDEST)) >= set("▄█│└─┬")
    assert plain(usages.theft(), WIDEST).encode("cp437")


def test_what_was_exposed_is_coloured() -> None:
    (row,) = [line for line in bars(DAY, Canvas(40)) if line.strip().startswith("│    ▄")]
    before, _, after = row.partition(RED)
    assert "▄" in before
    assert "█" in after
    assert after.endswith(PLAIN)


def test_the_caption_says_what_the_drawing_shows() -> None:
    assert caption(DAY, Canvas(40)) == (
        "Calls made with the key in each hour, from 2026-11-22 06:00 UTC to 2026-11-23 06:00 UTC: "
        "73 calls, at most 40, in the hour from 2026-11-22 22:00 UTC. "
        "The leak was at 2026-11-22 21:00 UTC. The response was at 2026-11-23 04:00 UTC."
    )


def test_the_numbers_behind_the_drawing_are_those_of_its_columns() -> None:
    shown = numbers(DAY, Canvas(20))
    assert (shown.title, shown.columns) == ("2 hours from", ("calls", "failed"))
    assert shown.rows == (
        ("2026-11-22 10:00 UTC", "1", "0"),
        ("2026-11-22 18:00 UTC", "2", "0"),
        ("2026-11-22 22:00 UTC", "60", "3"),
        ("2026-11-23 02:00 UTC", "10", "0"),
    )


def test_no_calls_make_no_drawing() -> None:
    assert bars(usages.nothing(), Canvas()) == []


@given(arbitrary(st.just("x")), st.integers(NARROWEST, WIDEST), st.booleans())
def test_no_drawing_is_wider_than_its_canvas(usage: Usage, width: int, blocks: bool) -> None:
    ordered = replace(usage, begin=min(usage.begin, usage.end), end=max(usage.begin, usage.end))
    for line in plain(ordered, width, blocks=blocks).split("\n"):
        assert len(line) <= max(width, 56)
        assert line == line.rstrip()


@given(arbitrary(st.just("x")), st.integers(20, 120))
def test_every_call_is_in_a_column(usage: Usage, columns: int) -> None:
    ordered = replace(usage, begin=min(usage.begin, usage.end), end=max(usage.begin, usage.end))
    drawn = series(ordered, columns)
    assert len(drawn.calls) <= columns
    assert sum(drawn.calls) == sum(hour.calls for hour in usage.hours)
    assert sum(drawn.errors) == sum(hour.errors for hour in usage.hours)
    assert drawn.begin <= ordered.begin
    assert drawn.end >= ordered.end
    for mark in drawn.marks:
        assert 0 <= mark.column < len(drawn.calls)


@pytest.mark.parametrize(
    ("days", "columns", "hours"),
    [(1, 24, 1), (1, 12, 2), (7, 90, 2), (90, 90, 24), (90, 200, 12), (90, 20, 120)],
)
def test_a_column_is_a_round_number_of_hours(days: int, columns: int, hours: int) -> None:
    usage = replace(usages.nothing(), begin=NOW - timedelta(days=days))
    assert series(usage, columns).hours == hours


@pytest.mark.parametrize(
    ("leak", "response", "exposed"),
    [
        (9, 2, [15, 16, 17, 18, 19, 20, 21, 22]),
        (9, None, [15, 16, 17, 18, 19, 20, 21, 22, 23]),
        (None, 2, []),
        (2, 9, []),
        (300, 20, []),
    ],
)
def test_what_lies_between_the_leak_and_the_response_is_exposed(
    leak: int | None, response: int | None, exposed: list[int]
) -> None:
    usage = replace(
        DAY,
        leaked_at=None if leak is None else NOW - timedelta(hours=leak),
        responded_at=None if response is None else NOW - timedelta(hours=response),
    )
    drawn = series(usage, 24)
    assert [column for column in range(24) if drawn.exposed(column)] == exposed


@pytest.mark.parametrize(
    ("width", "encoding", "canvas"),
    [
        (None, "utf-8", Canvas(WIDEST)),
        (80, "utf-8", Canvas(80)),
        (20, "utf-8", Canvas(NARROWEST)),
        (500, "utf-8", Canvas(WIDEST)),
        (80, "ascii", Canvas(80, blocks=False)),
        (80, "latin-1", Canvas(80, blocks=False)),
        (80, "cp437", Canvas(80)),
        (80, "no-such-encoding", Canvas(80, blocks=False)),
    ],
)
def test_a_canvas_is_what_the_terminal_offers(
    width: int | None, encoding: str, canvas: Canvas
) -> None:
    assert canvas_for(width, encoding) == canvas
