"""Keep stretches of a file in order, those that touch as one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Stretches:
    """Say whether a stretch shares a byte with any of many others, however many these are."""

    def __init__(self, places: Iterable[tuple[int, int]] = ()) -> None:
        """Begin with `places`, each from its first byte to behind its last."""
        self._begins: list[int] = []
        self._ends: list[int] = []
        for begin, end in places:
            self.add(begin, end)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(list(zip(self._begins, self._ends, strict=True)))

    def add(self, begin: int, end: int) -> None:
        """Add a stretch."""
        first, last = bisect_left(self._ends, begin), bisect_right(self._begins, end)
        if first < last:
            begin, end = min(begin, self._begins[first]), max(end, self._ends[last - 1])
        self._begins[first:last] = [begin]
        self._ends[first:last] = [end]

    def overlap(self, begin: int, end: int) -> bool:
        """Return whether any stretch shares a byte with the one from `begin` to `end`."""
        before = bisect_left(self._begins, end) - 1
        return before >= 0 and self._ends[before] > begin
