"""Work out medians and ratios, and draw them."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.running import Memory

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """Hold what a contender gave: its times and processor times in seconds, or its trouble.

    `state` is "complete" only where it found every planted key; `is_floor` marks the one that all
    are compared with, `is_ours` this engine, `is_peer` another scanner.
    """

    name: str
    state: str
    seconds: tuple[float, ...] = ()
    processor: tuple[float, ...] = ()
    memory: Memory | None = None
    is_floor: bool = False
    is_ours: bool = False
    is_peer: bool = False

    @property
    def median(self) -> float | None:
        """Return the median time, None where it was never run to its end."""
        return statistics.median(self.seconds) if self.seconds else None


def floor_of(rows: Sequence[Row]) -> float | None:
    """Return the median of the row that all are compared with."""
    return next((row.median for row in rows if row.is_floor), None)


def ratio(row: Row, floor: float | None) -> float | None:
    """Return how many times the floor a row took; None for one that did not do the whole work."""
    if row.median is None or not floor or row.state != "complete":
        return None
    return row.median / floor


def lead(rows: Sequence[Row]) -> float | None:
    """Return how many times faster our first row is than the fastest peer that read as much."""
    ours = next((row.median for row in rows if row.is_ours and row.state == "complete"), None)
    peers = [row.median for row in rows if row.is_peer and row.state == "complete"]
    times = [time for time in peers if time is not None]
    return min(times) / ours if ours and times else None


def draw(title: str, rows: Sequence[Row]) -> Table:
    """Draw the rows as they were given."""
    floor = floor_of(rows)
    table = Table(title=title, title_justify="left")
    table.add_column("contender")
    for heading in ("median", "spread", "ratio", "CPU", "runs", "memory", "less Git"):
        table.add_column(heading, justify="right")
    table.add_column("read")
    for row in rows:
        style = "bold" if row.is_ours else "dim" if row.state != "complete" else None
        table.add_row(*_cells(row, floor), style=style)
    return table


def _cells(row: Row, floor: float | None) -> list[str]:
    compared = ratio(row, floor)
    return [
        row.name,
        "-" if row.median is None else seconds(row.median),
        f"{seconds(min(row.seconds))} to {seconds(max(row.seconds))}" if row.seconds else "-",
        "-" if compared is None else f"{compared:.2f}",
        seconds(statistics.median(row.processor)) if row.processor else "-",
        str(len(row.seconds)),
        "-" if row.memory is None else f"{row.memory.all / _MIB:.0f} MiB",
        "-" if row.memory is None else f"{row.memory.own / _MIB:.0f} MiB",
        row.state,
    ]


def seconds(time: float) -> str:
    """Write a time with three digits that matter."""
    return f"{time * 1000:.1f} ms" if time < 1 else f"{time:.2f} s"
