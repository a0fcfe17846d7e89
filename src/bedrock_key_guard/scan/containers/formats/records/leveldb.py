"""Read a table of LevelDB (its doc/table_format.md): blocks in Snappy, and an index at the end."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

from bedrock_key_guard.scan.containers import lz
from bedrock_key_guard.scan.containers.members import UNREAD_END, Gap, OpenedMember, Section
from bedrock_key_guard.scan.limits import DAMAGED, TOKEN, Broken, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.scan.containers.cursor import Cursor
    from bedrock_key_guard.scan.containers.members import Members
    from bedrock_key_guard.scan.limits import Budget

    Handle = tuple[int, int]

_FOOTER, _LARGEST = 48, 8 << 20
_PLAIN, _SNAPPY = 0, 1


def members(cursor: Cursor, budget: Budget) -> Members:
    """Yield the blocks that are compressed; the others are in the file as they are."""
    with cursor.held(budget) as file:
        if file is None:
            yield Gap("", UNREAD_END["leveldb"])
            return
        try:
            for at, size in _handles(file, budget):
                packed, kind = _block(file, at, size, budget)
                if kind == _SNAPPY:
                    yield OpenedMember(f"block at {at}", _undone(packed, budget))
                elif kind != _PLAIN:
                    yield Gap(f"block at {at}", "what it is compressed with cannot be undone")
        except IndexError:
            raise Unreadable(DAMAGED) from None


def _undone(packed: bytes, budget: Budget) -> Iterator[bytes]:
    yield lz.unpacked(lz.snappy, packed, budget)


def _handles(file: IO[bytes], budget: Budget) -> Iterator[Handle]:
    """Yield where the blocks are, and how large. Raises IndexError, Unreadable where damaged."""
    here = file.tell()
    end = file.seek(0, io.SEEK_END)
    file.seek(here)
    footer = Section(file, max(end - _FOOTER, 0), budget).read(_FOOTER)
    _, at = _handle(footer, 0)
    place, _ = _handle(footer, at)
    index, kind = _block(file, *place, budget)
    if kind == _SNAPPY:
        index = lz.unpacked(lz.snappy, index, budget)
    entries = len(index) - 4 - 4 * int.from_bytes(index[-4:], "little")
    at = 0
    while at < entries:
        budget.spend(TOKEN)
        _, at = lz.varint(index, at)
        key, at = lz.varint(index, at)
        size, at = lz.varint(index, at)
        yield _handle(index, at + key)[0]
        at += key + size


def _handle(data: bytes, at: int) -> tuple[Handle, int]:
    place, at = lz.varint(data, at)
    size, at = lz.varint(data, at)
    return (place, size), at


def _block(file: IO[bytes], at: int, size: int, budget: Budget) -> tuple[bytes, int]:
    """Return a block, and how it is compressed. Raises Broken where it is not there."""
    data = Section(file, at, budget).read(size + 1) if size < _LARGEST else b""
    if len(data) <= size:
        raise Broken
    return data[:-1], data[-1]
