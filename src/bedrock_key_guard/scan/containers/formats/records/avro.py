"""Read Avro's files (its specification, "Object Container Files"): blocks behind their sizes.

The head names what the blocks are compressed with, for most of that has no sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers import lz
from bedrock_key_guard.scan.containers.compressed import DEFLATE, unpack
from bedrock_key_guard.scan.containers.members import Gap, OpenedMember, name_of
from bedrock_key_guard.scan.limits import DAMAGED, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.scan.containers.cursor import Cursor
    from bedrock_key_guard.scan.containers.members import Members
    from bedrock_key_guard.scan.limits import Budget

_MAGIC, _SYNC, _SUM = 4, 16, 4
_WIDEST, _LONGEST = 10, 1 << 22
# What these make is known by its first bytes.
_SIGNED = (b"", b"null", b"bzip2", b"xz", b"zstandard")


def members(cursor: Cursor, budget: Budget) -> Members:
    """Yield the blocks of a file. Raises Unreadable where its head or a block is damaged."""
    cursor.exactly(_MAGIC)
    codec, sync = _codec(cursor), cursor.exactly(_SYNC)
    if codec not in (b"deflate", b"snappy", *_SIGNED):
        yield Gap("", f"what {name_of(codec)} compressed cannot be read")
        return
    number = 0
    while cursor.read(1):
        cursor.unread(b"\0")
        number, _, size = number + 1, _number(cursor), _number(cursor)
        block = cursor.part(size)
        yield OpenedMember(f"block {number}", _records(block, codec, size, budget))
        block.skip()
        if cursor.exactly(_SYNC) != sync:
            raise Unreadable(DAMAGED)


def _records(block: Cursor, codec: bytes, size: int, budget: Budget) -> Iterator[bytes]:
    if codec == b"deflate":
        return unpack(block, DEFLATE, budget)
    if codec == b"snappy":
        return lz.block_of(lz.snappy, block, size - _SUM, budget)
    return block.member(size)


def _codec(cursor: Cursor) -> bytes:
    """Return what the map at the head says of the codec, b"" where nothing."""
    codec = b""
    while count := _number(cursor):
        if count < 0:
            _number(cursor)
        for _ in range(abs(count)):
            key, value = _text(cursor), _text(cursor)
            codec = value if key == b"avro.codec" else codec
    return codec


def _text(cursor: Cursor) -> bytes:
    size = _number(cursor)
    if not 0 <= size <= _LONGEST:
        raise Unreadable(DAMAGED)
    return cursor.exactly(size)


def _number(cursor: Cursor) -> int:
    """Return a number whose lowest bit is its sign."""
    number = 0
    for place in range(_WIDEST):
        byte = cursor.exactly(1)[0]
        number |= (byte & 127) << 7 * place
        if byte < 128:
            return number >> 1 ^ -(number & 1)
    raise Unreadable(DAMAGED)
