"""Bound what one file may cost, however it was made."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.model.findings import GapKind

SPENT = (
    "to read what is packed or encoded in it would take more work than a file of its size may cost"
)
NO_MEMORY = "to read what is encoded in it takes more memory than there is"
TOO_LARGE = "what is encoded in it is larger than can be decoded at once"
TOO_SHORT = "it ends too early"
BROKEN = "its compressed data is broken"
DAMAGED = "a header in it is damaged"
NESTED = "what is in it is nested more deeply than can be followed"
# Work is counted, not timed, so that the same file gives the same answer on any machine. The unit
# is about ten nanoseconds, and these are what was measured, rounded up to a power of two: a byte
# that came out of a container, a byte that is decoded or taken apart as text, a token in it, an
# attempt to read a key, a part that is opened, a program that is started.
UNPACKED, DECODED, TOKEN, ATTEMPT, STEP, START = 1 << 1, 1 << 3, 1 << 7, 1 << 13, 1 << 13, 1 << 21


class Unreadable(Exception):  # noqa: N818  # it says what a part is, and stops nothing
    """Leave out a part: `missing` because of a limit, `unopened` because nobody could read it.

    The reason is in words that follow the part's name. With the module that it `wants`, if any, it
    could be read.
    """

    def __init__(self, reason: str, kind: GapKind = "unopened", *, wants: str = "") -> None:
        super().__init__(reason)
        self.wants = wants
        self.reason = reason
        self.kind: GapKind = kind


class Broken(Unreadable):
    """Leave out what is no output of the compression that it was taken for."""

    def __init__(self) -> None:
        super().__init__(BROKEN)


class Spent(Unreadable):
    """Leave out what a file may not cost: nothing more of it is unpacked or decoded."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "missing")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bound one outer file, for everything inside it together.

    `work` is what any file may cost, some one and a half seconds, and `effort` what each of its
    bytes adds. Text that is worth decoding takes some thirty units a byte, of which packages,
    databases and documents have little; what is packed and holds none may unpack to more than a
    hundred times its size. `depth` is how many containers may be in each other. The others bound
    memory, in bytes: `held` is how much of a part is kept where it has to be read out of order, and
    `dictionary` is for decompressors. `pack` is how large a Git pack may be, the only thing that is
    written to disk.
    """

    work: int = 1 << 27
    effort: int = 256
    depth: int = 5
    held: int = 32 << 20
    dictionary: int = 80 << 20
    pack: int = 256 << 20


LIMITS = Limits()


class Budget:
    """Count what one outer file has cost so far, through all that is packed or encoded in it.

    `spent` is that, in units of work.
    `stopped` is why nothing more of it is unpacked or decoded, once that is so. What stands in the
    file as it is, is searched all the same: that costs no more than its size. `left_out` is which
    limits left out files that were decoded out of text. `room` is how much more of its zips may be
    held at once.
    """

    def __init__(self, limits: Limits = LIMITS, size: int = 0) -> None:
        """Begin for a file of `size` bytes, as far as that is known beforehand."""
        self.limits = limits
        self.stopped = ""
        self.left_out: dict[str, None] = {}
        self.room = limits.held >> 3
        self._size = size
        self.spent = self._dictionaries = self._nested = 0

    @contextmanager
    def bound(self) -> Iterator[None]:
        """End what is done within where the budget ends, or memory, or the depth of calls."""
        try:
            yield
        except MemoryError:
            self._stop(NO_MEMORY)
        except RecursionError:
            self._stop(NESTED)
        except Spent:
            pass

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Count how deep files are decoded out of text in each other. Raises Spent beyond it."""
        if self._nested >= self.limits.depth:
            raise self._stop(NESTED)
        self._nested += 1
        try:
            yield
        finally:
            self._nested -= 1

    def charge(self, work: int) -> None:
        """Count work that is done whatever it costs."""
        self.spent += work

    def spend(self, work: int) -> None:
        """Count work that is about to be done. Raises Spent beyond the limit, and then on."""
        self.spent += work
        if self.stopped or self.spent > self.limits.work + self.limits.effort * self._size:
            raise self._stop(SPENT)

    def read(self, size: int) -> None:
        """Note how many bytes of the outer file were read so far."""
        self._size = max(self._size, size)

    def unpack(self, size: int) -> None:
        """Count bytes that came out of a container. Raises Spent beyond the limit."""
        self.spend(UNPACKED * size)

    def unpacked(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield blocks that came out of a container, and count them. Raises Spent."""
        for block in blocks:
            self.unpack(len(block))
            yield block

    @contextmanager
    def dictionary(self) -> Iterator[int]:
        """Lend memory to a decompressor: for one inside another, half as much."""
        self._dictionaries += 1
        try:
            yield self.limits.dictionary >> (self._dictionaries - 1)
        finally:
            self._dictionaries -= 1

    def _stop(self, reason: str) -> Spent:
        """Return what ends all that is unpacked and decoded; the first reason is kept."""
        self.stopped = self.stopped or reason
        return Spent(self.stopped)
