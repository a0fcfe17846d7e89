"""Undo the quick compressions that only copy what came before: LZ4, Snappy and LZF.

What a block of them begins with is no sign: a frame or a record says where one is, and how long.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers.members import OpenedMember
from bedrock_key_guard.scan.limits import TOKEN, Broken, Budget, Spent, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bedrock_key_guard.scan.containers.cursor import Cursor
    from bedrock_key_guard.scan.containers.members import Members, Reader

    Unpack = Callable[[Cursor, Budget], Iterator[bytes]]
    Block = Callable[[bytes, bytearray, Budget], None]

# How large a block may be that is held, and how far back LZ4 copies.
_LARGEST, _WINDOW = 8 << 20, 1 << 16
LZ4_SIGN = b"\x04\x22\x4d\x18"
_RAW, _BLOCK_SUM, _SIZE, _SUM, _DICTIONARY = 1 << 31, 0x10, 0x08, 0x04, 0x01


def unpacked(block: Block, data: bytes, budget: Budget) -> bytes:
    """Return what a whole block holds. Raises Broken where it is none, Spent beyond the budget."""
    out = bytearray()
    _append(block, data, out, budget)
    return bytes(out)


def _append(block: Block, data: bytes, out: bytearray, budget: Budget) -> None:
    try:
        block(data, out, budget)
    except IndexError:
        raise Broken from None


def lz4(data: bytes, out: bytearray, budget: Budget) -> None:
    """Undo a block of LZ4 (lz4_Block_format.md), which may copy from what is in `out` before."""
    at = 0
    while True:
        token, at = data[at], at + 1
        size, at = _long(data, at, token >> 4)
        at = _literal(data, at, size, out, budget)
        if at == len(data):
            return
        distance = data[at] | data[at + 1] << 8
        size, at = _long(data, at + 2, token & 15)
        _copy(out, distance, size + 4, budget)


def _long(data: bytes, at: int, size: int) -> tuple[int, int]:
    """Return a size of LZ4, to which bytes are added for as long as they are full."""
    more = 255 if size == 15 else 0
    while more == 255:
        more, at = data[at], at + 1
        size += more
    return size, at


def snappy(data: bytes, out: bytearray, budget: Budget) -> None:
    """Undo a block of Snappy (its format_description.txt), which begins with how much it holds."""
    whole, at = varint(data, 0)
    while at < len(data):
        tag, at = data[at], at + 1
        kind, size = tag & 3, (tag >> 2) + 1
        if not kind:
            width = max(size - 60, 0)
            size = int.from_bytes(data[at : at + width], "little") + 1 if width else size
            at = _literal(data, at + width, size, out, budget)
            continue
        high = (tag >> 5) << 8
        width = (1, 2, 4)[kind - 1]
        distance = int.from_bytes(data[at : at + width], "little")
        distance, size = (high | distance, (size - 1 & 7) + 4) if kind == 1 else (distance, size)
        at += width
        _copy(out, distance, size, budget)
    if len(out) != whole:
        raise Broken


def lzf(data: bytes, out: bytearray, budget: Budget) -> None:
    """Undo a block of LibLZF (lzf_d.c)."""
    at = 0
    while at < len(data):
        control, at = data[at], at + 1
        if control < 32:
            at = _literal(data, at, control + 1, out, budget)
            continue
        size = control >> 5
        if size == 7:
            size, at = size + data[at], at + 1
        _copy(out, ((control & 31) << 8 | data[at]) + 1, size + 2, budget)
        at += 1


def _literal(data: bytes, at: int, size: int, out: bytearray, budget: Budget) -> int:
    """Take letters as they are, and return where they end."""
    budget.spend(TOKEN)
    budget.unpack(size)
    piece = data[at : at + size]
    if len(piece) < size:
        raise Broken
    out += piece
    return at + size


def _copy(out: bytearray, distance: int, size: int, budget: Budget) -> None:
    """Write once more what stands so far back, again and again where that is less than `size`."""
    budget.spend(TOKEN)
    budget.unpack(size)
    begin = len(out) - distance
    if not 0 < distance <= len(out):
        raise Broken
    piece = out[begin : begin + size]
    out += (piece * (size // len(piece) + 1))[:size]


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, and where it ends. Raises IndexError where it does not.

    The lowest bits come first.
    """
    number = shift = 0
    while True:
        byte, at = data[at], at + 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, at
        if shift > 63:
            raise Broken


snappy_block, lz4_block = partial(unpacked, snappy), partial(unpacked, lz4)


def tried(undo: Callable[[bytes, Budget], bytes], data: bytes, budget: Budget) -> bytes | None:
    """Return what a block holds, None where it is not compressed so.

    Raises Spent beyond the budget, Unreadable where a module could read it that is not here.
    """
    try:
        return undo(data, budget)
    except Unreadable as gap:
        if gap.wants or isinstance(gap, Spent):
            raise
        return None


def block_of(block: Block, cursor: Cursor, size: int, budget: Budget) -> Iterator[bytes]:
    """Yield what the next `size` bytes hold, which are one block."""
    yield unpacked(block, held(cursor, size), budget)


def reader(unpack: Unpack) -> Reader:
    """Return a reader of files that are frames, one after the other."""

    def read(cursor: Cursor, budget: Budget) -> Members:
        yield OpenedMember("", unpack(cursor, budget))

    return read


def lz4_frames(cursor: Cursor, budget: Budget) -> Iterator[bytes]:
    """Yield what frames of LZ4 hold (lz4_Frame_format.md). Raises Unreadable where one breaks."""
    while (head := cursor.up_to(4)) == LZ4_SIGN:
        yield from _lz4_frame(cursor, budget)
    cursor.unread(head)


def _lz4_frame(cursor: Cursor, budget: Budget) -> Iterator[bytes]:
    flags = cursor.exactly(2)[0]
    cursor.exactly(8 * bool(flags & _SIZE) + 4 * bool(flags & _DICTIONARY) + 1)
    out = bytearray()
    while size := int.from_bytes(cursor.exactly(4), "little"):
        begin, data = len(out), held(cursor, size & ~_RAW)
        cursor.exactly(4 * bool(flags & _BLOCK_SUM))
        if size & _RAW:
            _literal(data, 0, len(data), out, budget)
        else:
            _append(lz4, data, out, budget)
        yield bytes(out[begin:])
        if len(out) > _LARGEST:
            del out[:-_WINDOW]
    cursor.exactly(4 * bool(flags & _SUM))


def snappy_frames(cursor: Cursor, budget: Budget) -> Iterator[bytes]:
    """Yield what chunks of Snappy hold (its framing_format.txt), up to what is none."""
    while (head := cursor.up_to(4))[1:] and (kind := head[0]) not in range(2, 0x80):
        data = held(cursor, int.from_bytes(head[1:], "little"))
        if kind < 2:
            yield data[4:] if kind else unpacked(snappy, data[4:], budget)
    cursor.unread(head)


def lzf_blocks(cursor: Cursor, budget: Budget) -> Iterator[bytes]:
    """Yield what the blocks of LibLZF's own program hold (lzf.c)."""
    while (head := cursor.up_to(5)).startswith((b"ZV\0", b"ZV\1")):
        size = int.from_bytes(head[3:], "big")
        if head[2]:
            cursor.exactly(2)
        data = held(cursor, size)
        yield unpacked(lzf, data, budget) if head[2] else data
    cursor.unread(head)


def held(cursor: Cursor, size: int) -> bytes:
    """Return a block for a member. Raises Unreadable where it is larger than writers make any."""
    if not 0 <= size <= _LARGEST:
        raise Broken
    begin = cursor.position
    data = cursor.exactly(size)
    cursor.claim(begin, cursor.position)
    return data
