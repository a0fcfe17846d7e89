"""Turn offsets into lines and columns, counting each stretch of a file once."""

from __future__ import annotations

from dataclasses import dataclass

_NEWLINES = {"": b"\n", "utf-16-le": b"\n\0", "utf-16-be": b"\0\n"}
_BOMS = {"": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
# A window reaches at least so far back from any key in it; in a longer line, bytes are counted.
LONGEST_LINE = 1 << 16
_CONTEXT = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """Hold a line and a column, from 1, and the text around on that line."""

    line: int
    column: int
    text: bytes


class Lines:
    """Count the lines of one encoding through the windows of a file, forwards only."""

    def __init__(self, encoding: str) -> None:
        """Begin at line 1, offset 0."""
        self._newline = _NEWLINES[encoding]
        self._bom = _BOMS[encoding]
        self._width = 2 if encoding else 1
        self._line = 1
        self._line_start = 0
        self._seen = 0

    def advance(self, window: bytes, base: int, offset: int) -> None:
        """Count the newlines up to `offset` of the file, of which `window` begins at `base`."""
        begin, end = self._seen - base, offset - base
        count = window.count(self._newline, begin, end)
        if count:
            self._line += count
            last = window.rfind(self._newline, begin, end)
            self._line_start = base + last + len(self._newline)
        self._seen = offset

    def place(self, window: bytes, base: int, offset: int) -> Place:
        """Return where `offset` of the file is; offsets never go backwards."""
        self.advance(window, base, offset)
        start, end = max(self._line_start - base, 0), offset - base
        stop = window.find(self._newline, end)
        stop = len(window) if stop < 0 else stop
        text = window[max(start, end - _CONTEXT) : min(stop, end + _CONTEXT)]
        return Place(self._line, self._column(window[start:end], offset), text)

    def _column(self, before: bytes, offset: int) -> int:
        length = offset - self._line_start
        if length > LONGEST_LINE:
            return length // self._width + 1
        text = before.removeprefix(self._bom) if self._line == 1 else before
        return (_characters(text) if self._width == 1 else len(text) // self._width) + 1


def _characters(text: bytes) -> int:
    """Count characters where the text is UTF-8, bytes where it is not."""
    try:
        return len(text.decode())
    except UnicodeDecodeError:
        return len(text)
