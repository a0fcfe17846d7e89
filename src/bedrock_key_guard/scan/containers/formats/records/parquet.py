"""Read Parquet's files (its parquet.thrift): pages one after the other, and before each its size.

Only the end of a file names what the pages are compressed with. What comes out of one proves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

from bedrock_key_guard.scan.containers import lz
from bedrock_key_guard.scan.containers.compressed import GZIP, ZSTD
from bedrock_key_guard.scan.containers.members import OpenedMember
from bedrock_key_guard.scan.limits import Broken, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.scan.containers.cursor import Cursor
    from bedrock_key_guard.scan.containers.members import Members
    from bedrock_key_guard.scan.limits import Budget

Fields = dict[int, Union[int, "Fields"]]
_MAGIC, _HEAD = 4, 1 << 13
# The fields of a PageHeader, and of what it holds in the second version of a page.
_TYPE, _WHOLE, _PACKED, _SECOND, _LEVELS = 1, 2, 3, 8, (5, 6)
# The types of Thrift's compact protocol that a header may have.
_BOOLEANS, _BYTE, _NUMBERS, _DOUBLE, _TEXT, _STRUCT = (1, 2), 3, (4, 5, 6), 7, 8, 12
_DEEPEST = 4


def members(cursor: Cursor, budget: Budget) -> Members:
    """Yield the pages of a file, and then what stands behind them."""
    cursor.exactly(_MAGIC)
    number = 0
    while header := _header(cursor):
        number += 1
        yield OpenedMember(f"page {number}", _page(cursor, header, budget))
    yield OpenedMember("rest", cursor.rest())


def _header(cursor: Cursor) -> Fields:
    """Return what stands before a page, nothing where none comes."""
    data = cursor.up_to(_HEAD)
    try:
        fields, end = _struct(data, 0)
    except (IndexError, Broken):
        fields, end = {}, 0
    is_page = {_TYPE, _WHOLE, _PACKED} <= fields.keys() and len(fields) > _PACKED
    cursor.unread(data[end:] if is_page else data)
    return fields if is_page else {}


def _page(cursor: Cursor, header: Fields, budget: Budget) -> Iterator[bytes]:
    """Yield what a page holds; the levels before it are not compressed in the second version."""
    whole, packed, second = (header.get(each) for each in (_WHOLE, _PACKED, _SECOND))
    if not isinstance(whole, int) or not isinstance(packed, int):
        raise Broken
    data = lz.held(cursor, packed)
    if isinstance(second, dict):
        levels = sum(each for name in _LEVELS if isinstance(each := second.get(name), int))
        data, whole = data[levels:], whole - levels
    yield _undone(data, whole, budget)


def _undone(data: bytes, whole: int, budget: Budget) -> bytes:
    """Return what comes out of a page, or the page where that is known by its first bytes."""
    if len(data) == whole or data.startswith((GZIP.magic, ZSTD.magic)):
        return data
    for block in (lz.snappy_block, lz.lz4_block):
        undone = lz.tried(block, data, budget)
        if undone is not None and len(undone) == whole:
            return undone
    raise Unreadable("what it is compressed with cannot be undone")


def _struct(data: bytes, at: int, depth: int = 0) -> tuple[Fields, int]:
    """Return the fields of a struct by their numbers, and where it ends.

    Raises IndexError where it does not, Broken where it is none.
    """
    fields: Fields = {}
    number = 0
    while head := data[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            number, at = _number(data, at)
        fields[number], at = _value(data, at, head & 15, depth)
    return fields, at + 1


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[int | Fields, int]:
    if kind in _BOOLEANS:
        return 2 - kind, at
    if kind in _NUMBERS:
        return _number(data, at)
    if kind == _STRUCT and depth < _DEEPEST:
        return _struct(data, at, depth + 1)
    if kind == _TEXT:
        size, at = lz.varint(data, at)
        return 0, at + size
    if kind in (_BYTE, _DOUBLE):
        return 0, at + (1 if kind == _BYTE else 8)
    raise Broken


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number whose lowest bit is its sign, and where it ends."""
    number, at = lz.varint(data, at)
    return number >> 1 ^ -(number & 1), at
