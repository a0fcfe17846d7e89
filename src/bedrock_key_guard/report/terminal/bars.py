"""Draw calls over time in lines of text, with the leak and the response marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.model.times import moment
from bedrock_key_guard.report.series import Mark, series
from bedrock_key_guard.report.totals import plural
from bedrock_key_guard.text.terminal import PLAIN, RED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model.usage import Usage
    from bedrock_key_guard.report.series import Series
    from bedrock_key_guard.text.terminal import Canvas

ROWS = 5
_EIGHTHS = " ▁▂▃▄▅▆▇█"


def bars(usage: Usage, canvas: Canvas) -> list[str]:
    """Return the drawing: a title, the bars, the axis, the marks and the dates.

    Bars between the leak and the response are coloured. No calls make no drawing.
    """
    if not usage.hours:
        return []
    scale = f"{max(hour.calls for hour in usage.hours):,}"
    # A column may sum hours up, so its number may have a few more digits.
    margin = len(scale) + 4
    drawn = series(usage, canvas.width - margin)
    labels = [f"{drawn.highest:,}", *[""] * (ROWS - 1)]
    edge = "│" if canvas.blocks else "|"
    rows = (
        f"{label:>{margin - 2}} {edge}{row}".rstrip()
        for label, row in zip(labels, _rows(drawn, canvas), strict=True)
    )
    pad = " " * margin
    return [
        _title(drawn.hours),
        *rows,
        f"{'0':>{margin - 2}} {_axis(drawn, canvas)}",
        *(f"{pad}{line}" for line in _labels(drawn.marks, len(drawn.calls))),
        f"{pad}{_dates(drawn)}",
    ]


def _title(hours: int) -> str:
    return "calls in each hour" if hours == 1 else f"calls in each {plural(hours, 'hour')}"


def _rows(drawn: Series, canvas: Canvas) -> Iterator[str]:
    for row in reversed(range(ROWS)):
        yield "".join(_runs(drawn, row, canvas))


def _runs(drawn: Series, row: int, canvas: Canvas) -> Iterator[str]:
    """Yield one row's characters, and a change of colour only where it changes."""
    coloured = False
    for column, calls in enumerate(drawn.calls):
        letter = _letter(calls, drawn.highest, row, canvas)
        exposed = letter != " " and drawn.exposed(column)
        if exposed != coloured:
            yield RED if exposed else PLAIN
            coloured = exposed
        yield letter
    if coloured:
        yield PLAIN


def _letter(calls: int, highest: int, row: int, canvas: Canvas) -> str:
    """Return the piece of a bar that stands in a row; a single call is seen beside thousands."""
    eighths = max(1, round(calls * ROWS * 8 / highest)) if calls else 0
    piece = max(0, min(8, eighths - row * 8))
    if canvas.blocks:
        return _EIGHTHS[piece]
    return " " if piece == 0 else "#" if piece >= 4 else "."


def _axis(drawn: Series, canvas: Canvas) -> str:
    corner, line, tick = ("└", "─", "┬") if canvas.blocks else ("+", "-", "v")
    axis = [line] * len(drawn.calls)
    for mark in drawn.marks:
        axis[mark.column] = tick
    return corner + "".join(axis)


def _labels(marks: tuple[Mark, ...], columns: int) -> Iterator[str]:
    """Write the marks' names under their columns, on a new line where they would collide."""
    line = ""
    for mark in marks:
        start = max(0, min(mark.column, columns - len(mark.name)))
        if line and len(line) >= start:
            yield line
            line = ""
        line = f"{line:<{start}}{mark.name}"
    if line:
        yield line


def _dates(drawn: Series) -> str:
    begin, end = moment(drawn.begin), moment(drawn.end)
    width = max(len(drawn.calls), len(begin) + len(end) + 2)
    return f"{begin}{end:>{width - len(begin)}}"
