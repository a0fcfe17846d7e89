"""Lay calls out over time: one column for so many hours, and where the leak and the response are.

Pure numbers; each renderer draws them in its own way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bedrock_key_guard.model.usage import Usage

_HOUR = timedelta(hours=1)
_STEPS = (1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 96, 120, 168)


@dataclass(frozen=True, slots=True)
class Mark:
    """Say what happened in a column; `at` is how far across the whole drawing, from 0 to 1."""

    name: str
    column: int
    at: float
    time: datetime


@dataclass(frozen=True, slots=True)
class Series:
    """Hold the calls of each column, those that failed among them, and the marks in order."""

    begin: datetime
    end: datetime
    hours: int
    calls: tuple[int, ...]
    errors: tuple[int, ...]
    marks: tuple[Mark, ...]

    @property
    def highest(self) -> int:
        """Return the calls of the fullest column."""
        return max(self.calls, default=0)

    def exposed(self, column: int) -> bool:
        """Tell whether a column lies between the leak and the response."""
        at = {mark.name: mark.column for mark in self.marks}
        return "leak" in at and at["leak"] <= column <= at.get("response", column)


def series(usage: Usage, columns: int) -> Series:
    """Return the calls of a look in at most `columns` columns of whole hours."""
    begin = usage.begin.replace(minute=0, second=0, microsecond=0)
    hours = max(1, -(-(usage.end - begin) // _HOUR))
    step = next((step for step in _STEPS if hours <= step * columns), -(-hours // columns))
    number = -(-hours // step)
    calls, errors = [0] * number, [0] * number
    for hour in usage.hours:
        column = _column(hour.begin, begin, step, number)
        calls[column] += hour.calls
        errors[column] += hour.errors
    marks = [
        Mark(name, _column(time, begin, step, number), _share(time, begin, step * number), time)
        for name, time in (("leak", usage.leaked_at), ("response", usage.responded_at))
        if time is not None and begin <= time <= begin + number * step * _HOUR
    ]
    marks.sort(key=lambda mark: mark.time)
    end = begin + number * step * _HOUR
    return Series(begin, end, step, tuple(calls), tuple(errors), tuple(marks))


def _column(time: datetime, begin: datetime, step: int, number: int) -> int:
    return max(0, min(number - 1, (time - begin) // (step * _HOUR)))


def _share(time: datetime, begin: datetime, hours: int) -> float:
    return (time - begin) / (hours * _HOUR)
