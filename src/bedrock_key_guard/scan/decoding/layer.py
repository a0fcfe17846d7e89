"""Hold decoded bytes together with the way back to the bytes that they came from."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Protocol

from bedrock_key_guard.scan.prefilter.shapes import BLOCK


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


@dataclass(frozen=True, slots=True)
class Listed:
    """Describe bytes that each stood at a place of their own."""

    places: list[int]
    name: str = ""

    def source(self, position: int) -> int:
        """Return where the byte at `position` began."""
        return self.places[position]

    def names(self, begin: int, end: int) -> tuple[str, ...]:  # noqa: ARG002  # the same everywhere
        """Return the one name, if there is one."""
        return (self.name,) if self.name else ()


def block_starts(data: bytes, left_out: bytes) -> list[int]:
    """Return where each block of `data` begins once `left_out` is, and where all ends."""
    kept = (
        len(data[begin : begin + BLOCK].translate(None, left_out))
        for begin in range(0, len(data), BLOCK)
    )
    return list(accumulate(kept, initial=0))


@dataclass(slots=True)
class Thinned:
    """Describe what is left of `data`, at `start`, without some letters, and what that is called.

    The way back is worked out only when it is asked for: seldom is there a key.
    """

    data: bytes
    left_out: bytes
    start: int
    name: str = ""
    starts: list[int] = field(default_factory=list)

    def source(self, position: int) -> int:
        """Return where the byte at `position` stood."""
        self.starts = self.starts or block_starts(self.data, self.left_out)
        block = bisect_right(self.starts, position) - 1
        at, left = block * BLOCK, position + 1 - self.starts[block]
        while left and at < len(self.data):
            piece = self.data[at : at + left]
            at += len(piece)
            left -= len(piece.translate(None, self.left_out))
        return self.start + at - 1

    def names(self, begin: int, end: int) -> tuple[str, ...]:
        """Return the name, if anything was left out between two positions."""
        if not self.name or self.source(end - 1) - self.source(begin) == end - 1 - begin:
            return ()
        return (self.name,)


@dataclass(frozen=True, slots=True)
class Packed:
    """Describe bytes that are read only when they are unpacked, all from one `place`."""

    place: tuple[int, int]
    name: str

    def source(self, position: int) -> int:
        """Return where the place begins, or ends."""
        return self.place[1] - 1 if position else self.place[0]

    def names(self, begin: int, end: int) -> tuple[str, ...]:  # noqa: ARG002  # the same everywhere
        """Return the one name."""
        return (self.name,)


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
        place = self._outside(begin, end)
        return self.outer.span(*place) if self.outer else place

    def names(self, begin: int, end: int) -> tuple[str, ...]:
        """Return what was undone to read from `begin` to `end`, the outermost encoding first."""
        own = self.shape.names(begin, end)
        return self.outer.names(*self._outside(begin, end)) + own if self.outer else own

    def _outside(self, begin: int, end: int) -> tuple[int, int]:
        """Return where in the layer outside some bytes stand."""
        first, last = self.shape.source(begin), self.shape.source(max(end - 1, begin))
        return min(first, last), max(first, last) + 1


@dataclass(frozen=True, slots=True)
class File:
    """Hold a decoded block that is a file, or holds one: only whole it can be opened.

    `kind` is what kind its surroundings say that it is, where its own first bytes do not tell.
    """

    layer: Layer
    kind: str = ""
