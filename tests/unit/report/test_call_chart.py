from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.model.usage import Usage
from bedrock_key_guard.report.call_chart import bars, caption, numbers, series, worth_drawing
from bedrock_key_guard.text.harmless import NARROWEST, PLAIN, RED, WIDEST, Canvas, canvas_for
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


def test_calls_are_drawn_from_the_leak_on_with_the_response() -> None:
    assert plain(DAY) == (
        """\
calls in each hour
  40 │ █
     │ █
     │ █
     │ █
     │ ██
     │ ██
     │ ██   █
     │ ██   █
   0 └┬──────┬─
      leak
       response
      2026-11-22 21:00 UTC  2026-11-23 06:00 UTC"""
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
    late = replace(DAY, responded_at=NOW - timedelta(hours=6))
    (row,) = [line for line in bars(late, Canvas(40)) if line.strip().startswith("│ \x1b")][-1:]
    before, _, after = row.partition(PLAIN)
    assert RED in before
    assert before.endswith("██")
    assert "█" in after
    assert RED not in after


def test_where_the_leak_is_not_known_all_calls_are_drawn() -> None:
    drawn = series(replace(DAY, leaked_at=None), 24)
    assert drawn.begin == DAY.begin
    assert sum(drawn.calls) == 73


def test_use_before_the_leak_alone_is_no_drawing() -> None:
    before = replace(DAY, hours=DAY.hours[:2])
    assert not worth_drawing(before)
    assert bars(before, Canvas()) == []


def test_the_caption_says_what_the_drawing_shows() -> None:
    assert caption(series(DAY, 40)) == (
        "Calls made with the key in each hour, from 2026-11-22 21:00 UTC to 2026-11-23 06:00 UTC: "
        "70 calls, at most 40, in the hour from 2026-11-22 22:00 UTC. "
        "The leak was at 2026-11-22 21:00 UTC. The response was at 2026-11-23 04:00 UTC."
    )


def test_the_numbers_behind_the_drawing_are_those_of_its_columns() -> None:
    shown = numbers(series(DAY, 5))
    assert (shown.title, shown.columns) == ("2 hours from", ("calls", "failed"))
    assert shown.rows == (
        ("2026-11-22 21:00 UTC", "40", "3"),
        ("2026-11-22 23:00 UTC", "20", "0"),
        ("2026-11-23 03:00 UTC", "10", "0"),
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
def test_every_call_since_the_leak_is_in_a_column(usage: Usage, columns: int) -> None:
    ordered = replace(usage, begin=min(usage.begin, usage.end), end=max(usage.begin, usage.end))
    drawn = series(ordered, columns)
    since = [hour for hour in usage.hours if hour.begin >= drawn.begin]
    assert len(drawn.calls) <= columns
    assert sum(drawn.calls) == sum(hour.calls for hour in since)
    assert sum(drawn.errors) == sum(hour.errors for hour in since)
    leak = min(ordered.leaked_at or ordered.begin, ordered.end)
    assert drawn.begin <= max(ordered.begin, leak) < drawn.begin + timedelta(hours=1)
    assert drawn.begins(len(drawn.calls)) >= drawn.end == ordered.end
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
        (9, 2, [0, 1, 2, 3, 4, 5, 6, 7]),
        (9, None, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        (None, 2, []),
        (2, 9, [0, 1]),
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
    columns = range(len(drawn.calls))
    assert [column for column in columns if drawn.exposed(column)] == exposed


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
