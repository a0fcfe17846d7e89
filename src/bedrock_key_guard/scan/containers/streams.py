"""Read forwards only, in pieces of any size, without holding more than a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers.limits import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from bedrock_key_guard.scan.content import Readable

BLOCK = 1 << 16
TOO_SHORT = "it ends too early"


class Stream:
    """Make a file of blocks: `read` gives as many bytes as it is asked for, until the end."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        """Take `blocks`, which may raise Unreadable; what came before is given out first."""
        self._blocks = blocks
        self._rest = b""
        self._broken: Unreadable | None = None

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, fewer than `size` only at the end. Raises Unreadable once."""
        pieces, length = [self._rest], len(self._rest)
        while length < size and not self._broken:
            block = self._next()
            if block is None:
                break
            pieces.append(block)
            length += len(block)
        data = b"".join(pieces)
        self._rest = data[size:]
        if not data and self._broken:
            broken, self._broken, self._blocks = self._broken, None, iter(())
            raise broken
        return data[:size]

    def _next(self) -> bytes | None:
        try:
            return next(self._blocks, None)
        except Unreadable as broken:
            self._broken = broken
            return None


class Cursor:
    """Move through a source forwards; what was read too much can be given back.

    `file` is the same source for reading out of order, where it allows that.
    """

    def __init__(self, source: Readable, file: IO[bytes] | None = None) -> None:
        """Begin where `source` is."""
        self.file = file
        self._source = source
        self._kept = b""
        self._at = 0

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
            self._kept, self._at = data + self._kept[self._at :], 0

    def up_to(self, size: int) -> bytes:
        """Return `size` bytes, or what is left of them."""
        return b"".join(self.blocks(size))

    def exactly(self, size: int) -> bytes:
        """Return `size` bytes. Raises Unreadable where fewer are left."""
        data = self.up_to(size)
        if len(data) < size:
            raise Unreadable(TOO_SHORT)
        return data

    def blocks(self, size: int) -> Iterator[bytes]:
        """Yield the next `size` bytes, or what is left of them."""
        while size and (block := self.read(min(size, BLOCK))):
            size -= len(block)
            yield block

    def member(self, size: int) -> Iterator[bytes]:
        """Yield the next `size` bytes. Raises Unreadable at the end where fewer are left."""
        for block in self.blocks(size):
            size -= len(block)
            yield block
        if size:
            raise Unreadable(TOO_SHORT)

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

    def before(self, marker: bytes) -> Iterator[bytes]:
        """Yield what comes before the next `marker`, and move behind it."""
        overlap, window = len(marker) - 1, b""
        while block := self.read(BLOCK):
            window += block
            found = window.find(marker)
            if found >= 0:
                self.unread(window[found + len(marker) :])
                yield window[:found]
                return
            settled = max(len(window) - overlap, 0)
            yield window[:settled]
            window = window[settled:]
        yield window

    def _fill(self) -> bool:
        if self._at >= len(self._kept):
            self._kept, self._at = self._source.read(BLOCK), 0
        return bool(self._kept)
