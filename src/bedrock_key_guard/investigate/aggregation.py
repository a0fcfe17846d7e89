"""Aggregate calls one by one into counts, in memory that their number does not make grow.

What comes out is the same whatever the order in which calls come in: of one dimension those values
are counted that have the smallest digests, so whether one is counted depends on itself alone.
"""

from __future__ import annotations

import heapq
import threading
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, get_args

from bedrock_key_guard.model.usage import Breakdown, Dimension, EventPoint, Hour, Tally

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bedrock_key_guard.investigate.calls import Call, Failure

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
MOST_VALUES = 4096
"""Values of one dimension that are counted by themselves: beyond, there are no ten that matter."""


@dataclass(frozen=True, slots=True)
class Values:
    """Hold every value that was counted by itself, in order; `rest` are the others' calls."""

    tallies: tuple[Tally, ...] = ()
    rest: int = 0

    def most_used(self, most: int) -> Breakdown:
        """Return the `most` values with most calls, and what the others come to."""
        ranked = sorted(self.tallies, key=lambda tally: (-tally.calls, tally.value))
        left = ranked[most:]
        return Breakdown(
            tallies=tuple(ranked[:most]),
            more=len(left) + bool(self.rest),
            more_calls=sum(tally.calls for tally in left) + self.rest,
            at_least=bool(self.rest),
        )


@dataclass(frozen=True, slots=True)
class Sums:
    """Hold what calls come to: the guard's own probes apart, and in no other count.

    `since_leak` counts the calls from the leak on, None where nobody knows when it was.
    `failures` count the calls to models that failed, by how.
    """

    total: Tally | None = None
    since_leak: int | None = None
    probes: Tally | None = None
    values: Mapping[Dimension, Values] = field(default_factory=dict)
    failures: Mapping[Failure, Tally] = field(default_factory=dict)
    hours: tuple[Hour, ...] = ()

    def of(self, dimension: Dimension) -> tuple[Tally, ...]:
        """Return the values of one dimension."""
        return self.values.get(dimension, Values()).tallies


class Aggregation:
    """Count calls from any thread, in any order."""

    def __init__(
        self, leaked_at: datetime | None = None, *, most_values: int = MOST_VALUES
    ) -> None:
        """Count at most `most_values` values of each dimension by themselves."""
        self._leaked_at = leaked_at
        self._since_leak = 0
        self._lock = threading.Lock()
        self._total = _Count()
        self._probes = _Count()
        self._values = {dimension: _Bounded(most_values) for dimension in DIMENSIONS}
        self._failures: dict[Failure, _Count] = {}
        self._hours: dict[datetime, _Count] = {}

    def add(self, call: Call) -> None:
        """Count a call."""
        with self._lock:
            if call.is_probe:
                self._probes.add(call)
            else:
                self._add(call)

    @property
    def empty(self) -> bool:
        """Return whether no call has been counted, nor a probe."""
        return not self._total.calls and not self._probes.calls

    def facts(self) -> Sums:
        """Return what the calls up to now come to."""
        with self._lock:
            hours, failed = sorted(self._hours.items()), sorted(self._failures.items())
            return Sums(
                total=self._total.tally("calls"),
                since_leak=None if self._leaked_at is None else self._since_leak,
                probes=self._probes.tally("probes"),
                values={name: values.done() for name, values in self._values.items()},
                failures={how: done for how, n in failed if (done := n.tally(how))},
                hours=tuple(count.hour(begin) for begin, count in hours),
            )

    def _add(self, call: Call) -> None:
        self._total.add(call)
        self._since_leak += self._leaked_at is not None and call.seen.time >= self._leaked_at
        for dimension, values in self._values.items():
            values.add(call.value(dimension), call)
        if call.failure:
            self._failures.setdefault(call.failure, _Count()).add(call)
        hour = call.seen.time.replace(minute=0, second=0, microsecond=0)
        self._hours.setdefault(hour, _Count()).add(call)


class _Count:
    """Count calls, and remember the first and the last."""

    __slots__ = ("calls", "errors", "first", "last")

    first: EventPoint
    last: EventPoint

    def __init__(self) -> None:
        self.calls = self.errors = 0

    def add(self, call: Call) -> None:
        seen = call.seen
        self.first = min(self.first, seen) if self.calls else seen
        self.last = max(self.last, seen) if self.calls else seen
        self.calls += 1
        self.errors += bool(call.error)

    def tally(self, value: str) -> Tally | None:
        if not self.calls:
            return None
        return Tally(value, self.calls, self.errors, self.first, self.last)

    def hour(self, begin: datetime) -> Hour:
        return Hour(begin, self.calls, self.errors, self.first)


class _Bounded:
    """Count calls by value, for the values with the smallest digests."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: dict[str, _Count] = {}
        self._largest: list[tuple[int, str]] = []  # a heap: digests negated, so largest first
        self._calls = 0

    def add(self, value: str, call: Call) -> None:
        if not value:
            return
        self._calls += 1
        if value in self._counts or self._admitted(value):
            self._counts[value].add(call)

    def done(self) -> Values:
        tallies = [count.tally(value) for value, count in sorted(self._counts.items())]
        told_apart = tuple(tally for tally in tallies if tally)
        return Values(told_apart, self._calls - sum(tally.calls for tally in told_apart))

    def _admitted(self, value: str) -> bool:
        """Make room for a value if it is to be counted; one that had to go never comes back."""
        entry = (-_digest(value), value)
        if len(self._largest) >= self._most:
            if entry < self._largest[0]:
                return False
            del self._counts[heapq.heappop(self._largest)[1]]
        heapq.heappush(self._largest, entry)
        self._counts[value] = _Count()
        return True


def _digest(value: str) -> int:
    return int.from_bytes(blake2b(value.encode("utf-8", "replace"), digest_size=8).digest(), "big")
