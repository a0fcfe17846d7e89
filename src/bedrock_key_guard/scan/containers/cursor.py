"""Move forwards through a source, in pieces of any size, without holding more than a block."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.limits import TOO_SHORT, Unreadable

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import IO

    from bedrock_key_guard.scan.limits import Budget
    from bedrock_key_guard.scan.matching.windows import Readable

BLOCK = 1 << 16
# What is read at first where a marker may be near.
_NEAR = 1 << 12
Claim = Callable[[int, int], None]


class Cursor:
    """Move through a source forwards; what was read too much can be given back.

    `file` is the same source for reading out of order, where it allows that. `claim` is told from
    where to where the source was a member's, so that nobody scans those bytes a second time.
    """

    def __init__(
        self, source: Readable, file: IO[bytes] | None = None, claim: Claim | None = None
    ) -> None:
        """Begin where `source` is."""
        self.file = file
        self._source = source
        self._claim = claim
        self._kept = b""
        self._at = self._base = 0

    @property
    def position(self) -> int:
        """Return how far from its beginning the source was read."""
        return self._base + self._at

    def claim(self, begin: int, end: int) -> None:
        """Note that from one position to another the source was a member's."""
        if self._claim is not None and begin < end:
            self._claim(begin, end)

    def read(self, size: int, /) -> bytes:
        """Return some of the next bytes, at most `size`, none at the end."""
        self._fill()
        piece = self._kept[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def unread(self, data: bytes) -> None:
        """Give back what was just read."""
        if len(data) <= self._at:
            self._at -= len(data)
        else:
            self._base = self.position - len(data)
            self._kept, self._at = data + self._kept[self._at :], 0

    def up_to(self, size: int) -> bytes:
        """Return `size` bytes, or what is left of them."""
        end = self._at + size
        if end > len(self._kept):
            return b"".join(self.blocks(size))
        data, self._at = self._kept[self._at : end], end
        return data

    def exactly(self, size: int) -> bytes:
        """Return `size` bytes. Raises Unreadable where fewer are left."""
        data = self.up_to(size)
        if len(data) < size:
            raise Unreadable(TOO_SHORT)
        return data

    def head(self, size: int, limit: int) -> bytes:
        """Return the first `limit` of the next `size` bytes, and move behind them all."""
        data = self.up_to(min(size, limit))
        self.pass_over(size - len(data))
        return data

    def blocks(self, size: int) -> Iterator[bytes]:
        """Yield the next `size` bytes, or what is left of them."""
        while size > 0 and (block := self.read(min(size, BLOCK))):
            size -= len(block)
            yield block

    def member(self, size: int) -> Iterator[bytes]:
        """Yield the next `size` bytes. Raises Unreadable at the end where fewer are left."""
        for block in self._claimed(self.blocks(size)):
            size -= len(block)
            yield block
        if size > 0:
            raise Unreadable(TOO_SHORT)

    def part(self, size: int) -> Cursor:
        """Return a cursor on the next `size` bytes alone."""
        begin = self.position
        claim = self._claim and (lambda first, end: self.claim(begin + first, begin + end))
        return Cursor(_Part(self, size), claim=claim)

    @contextmanager
    def held(self, budget: Budget) -> Iterator[IO[bytes] | None]:
        """Lend the source for reading out of order, None where it is more than may be held.

        Raises Unreadable at the end where the source does.
        """
        if self.file is not None:
            yield self.file
            return
        data, is_whole, broken = b"", False, None
        try:
            while len(data) <= budget.room and not is_whole:
                block = self.read(budget.room + 1 - len(data))
                data, is_whole = data + block, not block
        except MemoryError:  # what came before is read all the same, and the rest raises again
            is_whole = False
        except Unreadable as error:
            is_whole, broken = True, error
        self.unread(data)
        if not is_whole:
            yield None
            return
        budget.room -= len(data)
        try:
            yield io.BytesIO(data)
        finally:
            budget.room += len(data)
        if broken:
            raise broken

    def rest(self) -> Iterator[bytes]:
        """Yield all that is left, for a member."""
        return self._claimed(iter(lambda: self.read(BLOCK), b""))

    def _claimed(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.claim(self.position - len(block), self.position)
            yield block

    def pass_over(self, size: int) -> None:
        """Move on by `size` bytes, which are no member's."""
        for _ in self.blocks(size):
            pass

    def skip(self) -> None:
        """Read to the end of the source."""
        while self.read(BLOCK):
            pass

    def until(self, marker: bytes, context: int = 0) -> bytes | None:
        """Move behind the next `marker`, and return up to `context` bytes before it.

        At the end of the source it returns None.
        """
        overlap = len(marker) - 1
        before = b""
        while self._fill():
            begin = self._at
            found = (before + self._kept[begin : begin + overlap]).find(marker)
            end = begin + found - len(before) if found >= 0 else self._kept.find(marker, begin)
            if found >= 0 or end >= 0:
                self._at = end + len(marker)
                passed = self._kept[max(begin, end - context) : max(end, begin)]
                before = before[: len(before) + min(end - begin, 0)]
                return (before + passed)[-context:] if context else b""
            keep = max(context, overlap)
            before = (before + self._kept[max(begin, len(self._kept) - keep) :])[-keep:]
            self._at = len(self._kept)
        return None

    def line(self, limit: int) -> bytes:
        """Return a line with its end, or what there is of it within `limit` bytes."""
        line = b""
        while len(line) < limit and not line.endswith(b"\n") and self._fill():
            end = self._kept.find(b"\n", self._at, self._at + limit - len(line)) + 1
            stop = end or min(len(self._kept), self._at + limit - len(line))
            line += self._kept[self._at : stop]
            self._at = stop
        return line

    def before(
        self, marker: bytes, ends: Callable[[int, bytes], bool] | None = None, size: int = 0
    ) -> Generator[bytes, None, bool]:
        """Yield what comes before the next `marker`, move up to it, and return whether it came.

        A marker at which `ends` returns False for its distance, and for `size` bytes from there, is
        none.
        """
        passed, window, piece = 0, b"", _NEAR
        while block := self.read(piece):
            window += block
            piece = min(4 * piece, BLOCK)
            begin, at = self.position - len(window), window.find(marker)
            while 0 <= at <= len(window) - size:
                if ends is None or ends(passed + at, window[at : at + size]):
                    self.unread(window[at:])
                    self.claim(begin, begin + at)
                    yield window[:at]
                    return True
                at = window.find(marker, at + 1)
            # Half a marker, or one that `ends` cannot judge yet, waits for the next block.
            settled = at if at >= 0 else max(len(window) - len(marker) + 1, 0)
            self.claim(begin, begin + settled)
            yield window[:settled]
            passed, window = passed + settled, window[settled:]
        yield window
        return False

    def _fill(self) -> bool:
        if self._at >= len(self._kept):
            self._base, self._kept, self._at = self.position, b"", 0
            self._kept = self._source.read(BLOCK)
        return bool(self._kept)


class _Part:
    """Read so many bytes of a cursor, none of them before they are asked for."""

    def __init__(self, cursor: Cursor, size: int) -> None:
        self._cursor = cursor
        self._left = size

    def read(self, size: int, /) -> bytes:
        block = self._cursor.read(min(size, self._left)) if self._left else b""
        self._left -= len(block)
        return block
