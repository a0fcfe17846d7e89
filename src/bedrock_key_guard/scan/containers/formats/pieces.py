"""Put a stream together that its writer cut into pieces, with the length of each before it.

PostgreSQL's custom format (`pg_dump -Fc`, WriteData in pg_backup_custom.c) and HTTP's chunks
(RFC 9112, 7.1) are such. Nobody asks which format it is: what is a length before the stream has to
be one again behind so many bytes, or the stream goes on in one piece.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bedrock_key_guard.scan.containers.cursor import Cursor

# A number of four bytes, before it its sign where there is one, or hexadecimal digits on a line.
_LITTLE, _BIG, _CHUNK = "little", "big", "chunk"
_WIDTHS = {_LITTLE: 5, _BIG: 4, _CHUNK: 24}
_SIZE = re.compile(rb"(?:\r\n)?([0-9A-Fa-f]{1,8})(?:;[^\r\n]{0,8})?\r\n")
_LAST_LINE = re.compile(rb"[0-9A-Fa-f]{1,8}(?:;[^\r\n]{0,8})?\r\n\Z")
_LEAST, _MOST = 16, 1 << 24


def in_pieces(cursor: Cursor, before: bytes) -> _Pieces | None:
    """Return what reads on at the cursor without lengths; None where none is `before` it."""
    chunk = _LAST_LINE.search(before)
    for form, width in _WIDTHS.items():
        size = len(chunk[0]) if form == _CHUNK and chunk else width
        length, _ = _length(form, before[-size:])
        if length:
            return _Pieces(cursor, form, length)
    return None


def _length(form: str, data: bytes) -> tuple[int, int]:
    """Return the length that begins `data`, 0 where none does, and how many bytes it takes."""
    if form == _CHUNK:
        size = _SIZE.match(data)
        length, width = (int(size[1], 16), size.end()) if size else (0, 0)
    else:
        width = _WIDTHS[form]
        is_one = len(data) >= width and not (form == _LITTLE and data[0])
        length = int.from_bytes(data[width - 4 : width], "big" if form == _BIG else "little")
        length *= is_one
    return (length, width) if _LEAST <= length <= _MOST else (0, 0)


class _Pieces:
    """Read the pieces behind each other; a `read` gives bytes of one."""

    def __init__(self, cursor: Cursor, form: str, left: int) -> None:
        self._cursor = cursor
        self._form = form
        self._left = left

    def read(self, size: int, /) -> bytes:
        if not self._left:
            head = self._cursor.up_to(_WIDTHS[self._form])
            length, width = _length(self._form, head)
            self._cursor.unread(head[width:])
            # What is no length belongs to the stream, which was in one piece all along.
            self._left = length or 1 << 62
        block = self._cursor.read(min(size, self._left))
        self._left -= len(block)
        return block
