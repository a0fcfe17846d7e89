"""Make and watch files that can only be read forwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers.limits import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from bedrock_key_guard.scan.containers.limits import Budget
    from bedrock_key_guard.scan.matching.windows import Readable


class Stream:
    """Make a file of blocks: `read` gives as many bytes as it is asked for, until the end."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        """Take `blocks`, which may raise Unreadable; what came before is given out first."""
        self._blocks = blocks
        self._rest = b""
        self._broken: Unreadable | None = None

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, fewer than `size` only at the end. Raises Unreadable once."""
        if len(self._rest) >= size:
            data, self._rest = self._rest[:size], self._rest[size:]
            return data
        pieces, length = [self._rest], len(self._rest)
        try:
            while length < size and (block := next(self._blocks, None)) is not None:
                pieces.append(block)
                length += len(block)
        except Unreadable as broken:
            self._broken, self._blocks = broken, iter(())
        data = b"".join(pieces)
        self._rest = data[size:]
        if not data and self._broken:
            reason, self._broken = self._broken, None
            raise reason
        return data[:size]


class After:
    """Give back what was read to know what it is, and then go on."""

    def __init__(self, start: bytes, source: Readable) -> None:
        """Give out `start`, and then `source`."""
        self._start = start
        self._at = 0
        self._source = source

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, none at the end."""
        # The start comes alone, for the source may end in an error.
        piece = self._start[self._at : self._at + size]
        self._at += len(piece)
        return piece or self._source.read(size)


class Ending:
    """Let bytes through, and keep the last of them."""

    def __init__(self, source: Readable, keep: int) -> None:
        """Keep the last `keep` bytes of `source`, and count them all."""
        self.last = b""
        self.size = 0
        self._source = source
        self._keep = keep

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, none at the end."""
        block = self._source.read(size) or b""
        if block:
            self.size += len(block)
            self.last = (self.last + block)[-self._keep :]
        return block


class Section:
    """Read a file from one place on; whoever else reads it does not see that."""

    def __init__(self, file: IO[bytes], begin: int, budget: Budget | None = None) -> None:
        """Begin at an offset of `file`; what is read again at will is spent of a budget."""
        self._file = file
        self._at = begin
        self._budget = budget

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, none at the end."""
        here = self._file.tell()
        self._file.seek(self._at)
        data = self._file.read(size)
        self._file.seek(here)
        self._at += len(data)
        if self._budget:
            self._budget.spend(len(data))
        return data
