"""Hold decoded bytes together with the way back to the bytes that they came from."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import Protocol

from bedrock_key_guard.scan.prefilter.heuristics import BLOCK


class Shape(Protocol):
    """Lead from decoded bytes back to their source."""

    def source(self, position: int) -> int:
        """Return where the byte at `position` began."""
        ...

    def names(self, begin: int, end: int) -> tuple[str, ...]:
        """Return what was undone between two positions."""
        ...


@dataclass(frozen=True, slots=True)
class Regular:
    """Describe bytes that each took the same room: `times / per` source bytes from `start` on."""

    start: int
    times: int = 1
    per: int = 1
    name: str = ""

    def source(self, position: int) -> int:
        """Return where the byte at `position` began."""
        return self.start + position * self.times // self.per

    def names(self, begin: int, end: int) -> tuple[str, ...]:  # noqa: ARG002  # the same everywhere
        """Return the one name, if there is one."""
        return (self.name,) if self.name else ()


@dataclass(slots=True)
class Pieces:
    """Describe bytes copied in pieces, between which something was decoded or left out."""

    starts: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def piece(self, position: int, source: int) -> None:
        """Note that from `position` on bytes stand as they did from `source` on."""
        self.starts.append(position)
        self.sources.append(source)

    def mark(self, position: int, kind: str) -> None:
        """Note what was undone right before `position`."""
        self.marks.append(position)
        self.kinds.append(kind)

    def source(self, position: int) -> int:
        """Return where the byte at `position` began."""
        index = bisect_right(self.starts, position) - 1
        return self.sources[index] + position - self.starts[index]

    def names(self, begin: int, end: int) -> tuple[str, ...]:
        """Return what was undone after `begin` and before `end`, each once."""
        inside = slice(bisect_right(self.marks, begin), bisect_left(self.marks, end))
        return tuple(dict.fromkeys(self.kinds[inside]))


def block_starts(data: bytes, left_out: bytes) -> list[int]:
    """Return where each block of `data` begins once `left_out` is, and where all ends."""
    kept = (
        len(data[begin : begin + BLOCK].translate(None, left_out))
        for begin in range(0, len(data), BLOCK)
    )
    return list(accumulate(kept, initial=0))


@dataclass(slots=True)
class Thinned:
    """Describe what is left of `data`, at `start`, without some letters.

    The way back is worked out only when it is asked for: seldom is there a key.
    """

    data: bytes
    left_out: bytes
    start: int
    starts: list[int] = field(default_factory=list)

    def source(self, position: int) -> int:
        """Return where the byte at `position` stood."""
        self.starts = self.starts or block_starts(self.data, self.left_out)
        block = bisect_right(self.starts, position) - 1
        places = range(block * BLOCK, len(self.data))
        kept = (place for place in places if self.data[place] not in self.left_out)
        return self.start + next(islice(kept, position - self.starts[block], None))

    def names(self, begin: int, end: int) -> tuple[str, ...]:  # noqa: ARG002  # nothing undone
        """Return nothing: what was left out has no name."""
        return ()


@dataclass(frozen=True, slots=True)
class Layer:
    """Hold bytes and how they were won from the layer outside; `depth` counts what was undone."""

    data: bytes
    shape: Shape
    outer: Layer | None = None
    depth: int = 0

    def origin(self, position: int) -> int:
        """Return where the byte at `position` began in the outermost source."""
        position = self.shape.source(position)
        return self.outer.origin(position) if self.outer else position

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Return where in the outermost source the bytes from `begin` to `end` stand."""
        if self.outer is None:
            return self.shape.source(begin), self.shape.source(end - 1) + 1
        return self.outer.span(*self._outside(begin, end))

    def names(self, begin: int, end: int) -> tuple[str, ...]:
        """Return what was undone to read from `begin` to `end`, the outermost encoding first."""
        own = self.shape.names(begin, end)
        return self.outer.names(*self._outside(begin, end)) + own if self.outer else own

    def _outside(self, begin: int, end: int) -> tuple[int, int]:
        """Return where in the layer outside some bytes stand: all of it, if they cannot be told."""
        first, last = self.shape.source(begin), self.shape.source(max(end - 1, begin))
        if self.outer and isinstance(self.shape, Regular) and not self.shape.times:
            return first, len(self.outer.data)
        return min(first, last), max(first, last) + 1
