"""Read files that are compressed whole: one stream, or several one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers.compressed import GZIP_MAGIC, ZSTD_MAGIC, Codec, unpack
from bedrock_key_guard.scan.containers.members import Gap, Member, Reader, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.scan.containers.limits import Budget
    from bedrock_key_guard.scan.containers.streams import Cursor

_EXTRA, _NAME, _COMMENT = 0x04, 0x08, 0x10
_LONGEST_HEADER = 1 << 16
# A frame that holds what its writer liked, and nothing compressed (RFC 8878, 3.1.2).
_SKIPPABLE = b"\x2a\x4d\x18"


def reader(codec: Codec, magic: bytes) -> Reader:
    """Return a reader of streams that begin with `magic`, one after the other."""

    def read(cursor: Cursor, budget: Budget) -> Iterator[Member | Gap]:
        name = _gzip_header(cursor)[0] if magic == GZIP_MAGIC else b""
        yield Member(name_of(name, "latin-1"), _streams(cursor, codec, magic, budget))

    return read


def _streams(cursor: Cursor, codec: Codec, magic: bytes, budget: Budget) -> Iterator[bytes]:
    """Yield what all streams hold; padding and other bytes behind them are no part of any."""
    while _comes(cursor, magic):
        budget.member()
        header = _gzip_header(cursor)[1] if magic == GZIP_MAGIC else 0
        yield from unpack(cursor, codec, budget, header=header)


def _comes(cursor: Cursor, magic: bytes) -> bool:
    """Move to the next stream, and tell whether there is one."""
    while start := cursor.up_to(8):
        if not start.strip(b"\0"):
            continue
        if magic == ZSTD_MAGIC and start[1:4] == _SKIPPABLE and start[0] & 0xF0 == 0x50:
            cursor.pass_over(int.from_bytes(start[4:], "little"))
            continue
        rest = start.lstrip(b"\0") + cursor.up_to(len(start) - len(start.lstrip(b"\0")))
        cursor.unread(rest)
        return rest.startswith(magic)
    return False


def _gzip_header(cursor: Cursor) -> tuple[bytes, int]:
    """Return the name in a gzip header and how long all of it is, a key in a comment included.

    The cursor stays where it was.
    """
    head = cursor.up_to(10)
    flags = head[3] if len(head) == 10 else 0
    if flags & (_EXTRA | _NAME | _COMMENT):
        head += cursor.up_to(_LONGEST_HEADER)
    cursor.unread(head)
    end, name = 10, b""
    if flags & _EXTRA:
        end += 2 + int.from_bytes(head[10:12], "little")
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            text = head[end:].partition(b"\0")[0]
            end += len(text) + 1
            name = text if flag == _NAME else name
    return name, end
