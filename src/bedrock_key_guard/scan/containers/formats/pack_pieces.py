"""Read of a Git pack what stands in it by itself, where Git cannot put its objects together.

Such a pack is damaged, or thin: some of its objects only say what they change in others, which are
elsewhere. What they add is in the pack all the same. The format is in gitformat-pack(5).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers import compressed
from bedrock_key_guard.scan.containers.limits import Unreadable
from bedrock_key_guard.scan.containers.members import Member
from bedrock_key_guard.scan.containers.streams import Cursor, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.scan.containers.limits import Budget

_HEADER = 12
_OFFSET_DELTA, _REFERENCE_DELTA = 6, 7
_ID_SIZES = (20, 32)
_MORE = 0x80


def pieces(cursor: Cursor, budget: Budget) -> Iterator[Member]:
    """Yield whole objects, and what the others add, up to where the pack is damaged."""
    count = int.from_bytes(cursor.up_to(_HEADER)[8:], "big")
    while count:
        member = _piece(cursor, budget)
        if member is None:
            return
        yield member
        count -= 1


def _piece(cursor: Cursor, budget: Budget) -> Member | None:
    """Return the next object, None where there is no sound one."""
    name = f"object at {cursor.position}"
    try:
        kind = _varint(cursor) >> 4 & 7
        if kind == _OFFSET_DELTA:
            _varint(cursor)
        elif kind == _REFERENCE_DELTA:
            _pass_id(cursor)
        blocks = compressed.unpack(cursor, compressed.ZLIB, budget)
        first = next(blocks, b"")
    except Unreadable as gap:
        if gap.kind == "missing":
            raise
        return None
    whole = chain((first,), blocks)
    return Member(name, _added(whole) if kind in (_OFFSET_DELTA, _REFERENCE_DELTA) else whole)


def _varint(cursor: Cursor) -> int:
    """Move behind a number, and return its first byte."""
    first = byte = cursor.exactly(1)[0]
    while byte & _MORE:
        byte = cursor.exactly(1)[0]
    return first


def _pass_id(cursor: Cursor) -> None:
    """Move behind an object id, which is as long as zlib's next header tells."""
    ahead = cursor.up_to(max(_ID_SIZES) + 2)
    sizes = (size for size in _ID_SIZES if int.from_bytes(ahead[size : size + 2], "big") % 31 == 0)
    cursor.unread(ahead[next(sizes, _ID_SIZES[0]) :])


def _added(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what a delta adds, with a line's end wherever it copies from its base."""
    delta = Cursor(Stream(blocks))
    _varint(delta)
    _varint(delta)
    while head := delta.up_to(1):
        if head[0] & _MORE:
            delta.up_to((head[0] & ~_MORE).bit_count())
            yield b"\n"
        else:
            yield delta.up_to(head[0])
