"""Draw the calls made with a key since it leaked: bars of text, with the response marked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.model.times import moment
from bedrock_key_guard.report.document import Table
from bedrock_key_guard.report.report import plural
from bedrock_key_guard.text.harmless import PLAIN, RED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model.usage import Usage
    from bedrock_key_guard.text.harmless import Canvas

ROWS = 8
# Code page 437 has them, so that hardly a font of fixed width is without them.
_HALVES = " ▄█"
_HOUR = timedelta(hours=1)
_STEPS = (1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 96, 120, 168)


@dataclass(frozen=True, slots=True)
class Mark:
    """Say what happened when, and in which column that is."""

    name: str
    column: int
    time: datetime


@dataclass(frozen=True, slots=True)
class Series:
    """Hold the calls of each column of so many hours, the failed among them, and the marks."""

    begin: datetime
    end: datetime
    hours: int
    calls: tuple[int, ...]
    errors: tuple[int, ...]
    marks: tuple[Mark, ...]

    @property
    def each(self) -> str:
        """Name the time that a column covers."""
        return "hour" if self.hours == 1 else plural(self.hours, "hour")

    @property
    def highest(self) -> int:
        """Return the calls of the fullest column."""
        return max(self.calls, default=0)

    def begins(self, column: int) -> datetime:
        """Return when a column begins."""
        return self.begin + column * self.hours * _HOUR

    def exposed(self, column: int) -> bool:
        """Return whether a column lies between the leak and the response."""
        at = {mark.name: mark.column for mark in self.marks}
        return "leak" in at and at["leak"] <= column <= at.get("response", column)


def series(usage: Usage, columns: int) -> Series:
    """Return the calls since the leak, if that is known, in at most `columns` of whole hours."""
    begin = _begin(usage)
    hours = max(1, -(-(usage.end - begin) // _HOUR))
    step = next((step for step in _STEPS if hours <= step * columns), -(-hours // columns))
    number = -(-hours // step)

    def column(time: datetime) -> int:
        return max(0, min(number - 1, (time - begin) // (step * _HOUR)))

    calls, errors = [0] * number, [0] * number
    for hour in (hour for hour in usage.hours if hour.begin >= begin):
        calls[column(hour.begin)] += hour.calls
        errors[column(hour.begin)] += hour.errors
    marks = [
        Mark(name, column(time), time)
        for name, time in (("leak", usage.leaked_at), ("response", usage.responded_at))
        if time is not None and begin <= time <= usage.end
    ]
    marks.sort(key=lambda mark: mark.time)
    return Series(begin, usage.end, step, tuple(calls), tuple(errors), tuple(marks))


def _begin(usage: Usage) -> datetime:
    """Return the hour of the leak, or of the look's begin where that is not known or before it."""
    begin = max(usage.begin, min(usage.leaked_at or usage.begin, usage.end))
    return begin.replace(minute=0, second=0, microsecond=0)


def bars(usage: Usage, canvas: Canvas) -> list[str]:
    """Return the drawing: a title, the bars, the axis, the marks and the dates.

    Bars between the leak and the response are coloured. No calls since then make no drawing.
    """
    if not worth_drawing(usage):
        return []
    drawn, margin = _drawn(usage, canvas)
    labels = [f"{drawn.highest:,}", *[""] * (ROWS - 1)]
    edge = "│" if canvas.blocks else "|"
    rows = (
        f"{label:>{margin - 2}} {edge}{''.join(_runs(drawn, row, canvas))}".rstrip()
        for label, row in zip(labels, reversed(range(ROWS)), strict=True)
    )
    pad = " " * margin
    return [
        f"calls in each {drawn.each}",
        *rows,
        f"{'0':>{margin - 2}} {_axis(drawn, canvas)}",
        *(f"{pad}{line}" for line in _labels(drawn.marks, len(drawn.calls))),
        f"{pad}{_dates(drawn)}",
    ]


def worth_drawing(usage: Usage) -> bool:
    """Return whether there is a call to draw."""
    return any(hour.begin >= _begin(usage) for hour in usage.hours)


def caption(drawn: Series) -> str:
    """Return what the drawing shows, for those who cannot see it."""
    fullest = moment(drawn.begins(drawn.calls.index(drawn.highest)))
    marks = "".join(f" The {mark.name} was at {moment(mark.time)}." for mark in drawn.marks)
    return (
        f"Calls made with the key in each {drawn.each}, from {moment(drawn.begin)} to "
        f"{moment(drawn.end)}: {plural(sum(drawn.calls), 'call')}, at most {drawn.highest:,}, "
        f"in the {drawn.each} from {fullest}.{marks}"
    )


def numbers(drawn: Series) -> Table:
    """Return the numbers behind the drawing."""
    rows = tuple(
        (moment(drawn.begins(column)), f"{calls:,}", f"{errors:,}")
        for column, (calls, errors) in enumerate(zip(drawn.calls, drawn.errors, strict=True))
        if calls
    )
    return Table(f"{drawn.each} from", ("calls", "failed"), rows)


def _drawn(usage: Usage, canvas: Canvas) -> tuple[Series, int]:
    """Return what fits the canvas, and how much of it the scale takes."""
    # A column may sum hours up, so its number may have a few more digits.
    margin = len(f"{max(hour.calls for hour in usage.hours):,}") + 4
    return series(usage, canvas.width - margin), margin


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
    """Return the piece of a bar that belongs in a row; a single call is seen beside thousands."""
    halves = max(1, round(calls * ROWS * 2 / highest)) if calls else 0
    pieces = _HALVES if canvas.blocks else " .#"
    return pieces[max(0, min(2, halves - row * 2))]


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
