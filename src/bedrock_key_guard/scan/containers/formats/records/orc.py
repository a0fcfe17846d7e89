"""Read ORC's files (its specification, "Compression"): chunks behind their sizes.

Only the end of a file names what the chunks are compressed with: what comes out of them proves it.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers import lz
from bedrock_key_guard.scan.containers.compressed import DEFLATE, ZSTD, unpack
from bedrock_key_guard.scan.containers.cursor import BLOCK, Cursor
from bedrock_key_guard.scan.containers.members import Ending, Gap, OpenedMember
from bedrock_key_guard.scan.limits import STEP, Broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.scan.containers.compressed import Codec
    from bedrock_key_guard.scan.containers.members import Members
    from bedrock_key_guard.scan.limits import Budget

_MAGIC, _HEAD = b"ORC", 3
# What ends a file is no longer, and names the codec by a number: 0 is none.
_END, _CODEC, _NONE, _KNOWN = 256, 2, 0, (0, 1, 2, 4, 5)


def members(cursor: Cursor, budget: Budget) -> Members:
    """Yield what all chunks hold, and then what stands behind them.

    Nothing is claimed of the chunks: a file that is not compressed may look as if it had some.
    """
    cursor.exactly(_HEAD)
    yield OpenedMember("chunks", _chunks(cursor, budget))
    rest = Ending(cursor, _END)
    yield OpenedMember("rest", iter(lambda: rest.read(BLOCK), b""))
    if _codec(rest.last) not in _KNOWN:
        yield Gap("chunks", "what they are compressed with cannot be undone")


def _chunks(cursor: Cursor, budget: Budget) -> Iterator[bytes]:
    """Yield what each chunk holds, up to what is none."""
    while len(head := cursor.up_to(_HEAD)) == _HEAD:
        budget.spend(STEP >> 2)
        size, is_original = divmod(int.from_bytes(head, "little"), 2)
        data = cursor.up_to(size)
        undone = data if is_original else _undone(data, budget)
        if len(data) < size or undone is None:
            cursor.unread(head + data)
            return
        yield undone
    cursor.unread(head)


def _undone(data: bytes, budget: Budget) -> bytes | None:
    """Return what a chunk holds, None where it is compressed with nothing that is known."""
    tries = (
        lz.tried(undo, data, budget) for undo in (_deflate, _zstd, lz.snappy_block, lz.lz4_block)
    )
    return next((undone for undone in tries if undone is not None), None)


def _deflate(data: bytes, budget: Budget) -> bytes:
    return _whole(data, DEFLATE, budget)


def _zstd(data: bytes, budget: Budget) -> bytes:
    if not data.startswith(ZSTD.magic):
        raise Broken
    return _whole(data, ZSTD, budget)


def _whole(data: bytes, codec: Codec, budget: Budget) -> bytes:
    """Return what one stream holds. Raises Broken where it is not all of the data."""
    cursor = Cursor(io.BytesIO(data))
    undone = b"".join(unpack(cursor, codec, budget))
    if cursor.read(1):
        raise Broken
    return undone


def _codec(end: bytes) -> int:
    """Return the number that stands for a codec in the message at the end of a file.

    A byte behind it tells how long it is. Its first two fields are numbers.
    """
    fields = end[-1 - end[-1] : -1] if end else b""
    try:
        _, at = lz.varint(fields, 1)
        return fields[at + 1] if fields[at] >> 3 == _CODEC else _NONE
    except (IndexError, Broken):
        return _NONE
