"""Bound what one file may cost, however it was made."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["missing", "opaque"]
CUT_SHORT = "what is compressed in its text unpacks to more than the limits"


class Unreadable(Exception):  # noqa: N818  # it says what a part is, and stops nothing
    """Leave out a part: `missing` because of a limit, `opaque` because nobody could read it."""

    def __init__(self, reason: str, kind: Kind = "opaque") -> None:
        """Say why, in words that follow the part's name."""
        super().__init__(reason)
        self.reason = reason
        self.kind: Kind = kind


@dataclass(frozen=True, slots=True)
class Limits:
    """Bound one outer file: sizes in bytes, all of them for everything inside it together.

    `ratio` is how often its own size the file may unpack to, beyond `free` bytes, and `usual` how
    often beyond `output` bytes: what people pack is larger than a bomb, and grows less. `held` is
    how much of a part is kept in memory where it has to be read out of order. `pack` is how large
    a Git pack may be, the only thing that is written to disk.
    """

    depth: int = 5
    members: int = 200_000
    ratio: int = 200
    usual: int = 20
    free: int = 1 << 20
    output: int = 1 << 30
    held: int = 32 << 20
    dictionary: int = 80 << 20
    pack: int = 256 << 20


class Budget:
    """Count what one outer file has cost so far."""

    def __init__(self, limits: Limits, size: int = 0) -> None:
        """Begin for a file of `size` bytes, as far as that is known beforehand."""
        self.limits = limits
        self.exhausted = False
        self._size = size
        self._read = self._unpacked = self._members = self._dictionaries = 0

    def read(self, size: int) -> None:
        """Note how many bytes of the outer file were read so far."""
        self._read = size

    def unpack(self, size: int) -> None:
        """Count bytes that came out of a container. Raises Unreadable beyond the limits."""
        self._unpacked += size
        size = max(self._size, self._read)
        most = self.limits.free + self.limits.ratio * size
        if self._unpacked > max(self.limits.output, self.limits.usual * size):
            self._stop(f"the file unpacks to more than {self.limits.output >> 20} MiB")
        if self._unpacked > most:
            self._stop(f"the file unpacks to more than {self.limits.ratio} times its size")

    def member(self) -> None:
        """Count a member. Raises Unreadable beyond the limit."""
        self._members += 1
        if self._members > self.limits.members:
            self._stop(f"the file has more than {self.limits.members:,} members")

    @contextmanager
    def dictionary(self) -> Iterator[int]:
        """Lend memory to a decompressor: for one inside another, half as much."""
        self._dictionaries += 1
        try:
            yield self.limits.dictionary >> (self._dictionaries - 1)
        finally:
            self._dictionaries -= 1

    def _stop(self, reason: str) -> None:
        self.exhausted = True
        raise Unreadable(reason, "missing")
