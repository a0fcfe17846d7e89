"""Read the records of SQLite files, page by page, without SQLite: the file is not to be trusted.

The layout is https://sqlite.org/fileformat2.html. What fits into a page stands there in one piece;
a longer record goes on in a chain of other pages, which is followed.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from bedrock_key_guard.scan.containers.members import Gap, Members, OpenedMember
from bedrock_key_guard.scan.limits import Budget, Unreadable
from bedrock_key_guard.scan.prefilter import OVERLAP, may_hold_key
from bedrock_key_guard.scan.prefilter.signatures import CONTAINER_MAGICS, holds_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.scan.containers.cursor import Cursor

_INDEX_INTERIOR, _TABLE_INTERIOR, _INDEX_LEAF, _TABLE_LEAF = 2, 5, 10, 13
# With what all other pages begin than those in a chain and those that are free.
_KINDS = bytes((_INDEX_INTERIOR, _TABLE_INTERIOR, _INDEX_LEAF, _TABLE_LEAF))
_FILE_HEADER = 100
# How many bytes of pages are looked at together: a multiple of every page's size.
_PAGES = 1 << 20
_MAGICS = tuple(start for start, _ in CONTAINER_MAGICS if len(start) > 2)
_SIZES = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)


@dataclass(frozen=True, slots=True)
class _Database:
    file: IO[bytes]
    page_size: int
    usable: int
    budget: Budget

    def page(self, number: int) -> bytes:
        """Return a page, counted from 1; a short one where the file ends."""
        if not 0 < number < 1 << 32:
            return b""
        return self.read((number - 1) * self.page_size, self.page_size)

    def read(self, begin: int, size: int) -> bytes:
        """Return bytes from anywhere; whoever reads the file on does not see that."""
        here = self.file.tell()
        self.file.seek(begin)
        data = self.file.read(size)
        self.file.seek(here)
        return data


@dataclass(frozen=True, slots=True)
class _Record:
    """Hold a row's number, its full size, what was read of it, and the page where it goes on."""

    row: int | None
    size: int
    payload: bytes
    rest: int


def members(cursor: Cursor, budget: Budget) -> Members:
    """Yield the values that may hold a key or be a container, named by page and row.

    Pages are looked at many at a time. Without a clue to either, nobody has to see those bytes
    again, but for the end, where a key may begin; and only records that go on elsewhere are read.
    """
    database = _open(cursor, budget)
    has_chains = _has_chains(database)
    number, before = 1, b""
    while pages := cursor.up_to(_PAGES):
        clue = _is_clue(before + pages)
        if not clue:
            cursor.claim(cursor.position - len(pages), cursor.position - OVERLAP)
        if clue or has_chains:
            for at in range(0, len(pages), database.page_size):
                page = pages[at : at + database.page_size]
                yield from _values(database, page, number + at // database.page_size, clue=clue)
        number += len(pages) // database.page_size
        before = pages[-OVERLAP:]


def _open(cursor: Cursor, budget: Budget) -> _Database:
    """Return the database; one inside a file is held, for chains go back and forth."""
    file = cursor.file
    if file is None:
        data = cursor.up_to(budget.limits.held + 1)
        if len(data) > budget.limits.held:
            reason = f"it is a database of more than {budget.limits.held >> 20} MiB inside a file"
            raise Unreadable(reason, "missing")
        cursor.unread(data)
        file = io.BytesIO(data)
    head = cursor.up_to(_FILE_HEADER)
    cursor.unread(head)
    size = int.from_bytes(head[16:18], "big")
    size = 1 << 16 if size == 1 else size
    if len(head) < _FILE_HEADER or size < 512 or size & (size - 1) or size - head[20] < 480:
        raise Unreadable("its header is damaged")
    return _Database(file, size, size - head[20], budget)


def _has_chains(database: _Database) -> bool:
    """Return whether a page may be one that a record goes on in: those begin unlike all others."""
    at = database.page_size
    while pages := database.read(at, _PAGES):
        if pages[:: database.page_size].strip(_KINDS):
            return True
        at += len(pages)
    return False


def _is_clue(data: bytes) -> bool:
    return may_hold_key(data) or any(magic in data for magic in _MAGICS) or holds_stream(data)


def _values(database: _Database, page: bytes, number: int, *, clue: bool) -> Members:
    start = _FILE_HEADER if number == 1 else 0
    for record in _records(database, page, start, clue=clue and _is_clue(page)):
        row = "" if record.row is None else f" row {record.row}"
        if record.size > len(record.payload):
            reason = f"a record in it is larger than {database.budget.limits.held >> 21} MiB"
            yield Gap(f"page {number}{row}", reason, "missing")
        for column, value in enumerate(_columns(record.payload), 1):
            if value:
                yield OpenedMember(f"page {number}{row} column {column}", iter((value,)))


def _records(database: _Database, page: bytes, start: int, *, clue: bool) -> Iterator[_Record]:
    """Yield the records of a page that need a look: where it holds a clue, or they go on."""
    kind = page[start] if len(page) > start + 8 else 0
    if kind not in (_INDEX_INTERIOR, _INDEX_LEAF, _TABLE_LEAF):
        return
    pointers = start + (12 if kind == _INDEX_INTERIOR else 8)
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    before = 4 if kind == _INDEX_INTERIOR else 0
    most = _most(database.usable, kind)
    for at in range(pointers, min(pointers + 2 * count, len(page) - 1), 2):
        cell = page[at] << 8 | page[at + 1]
        if clue or _varint(page, cell + before)[0] > most:
            record = _record(database, page, cell, kind)
            if clue or record.rest:
                yield _whole(database, record)


def _record(database: _Database, page: bytes, cell: int, kind: int) -> _Record:
    """Parse a cell, as far as its own page goes."""
    size, at = _varint(page, cell + (4 if kind == _INDEX_INTERIOR else 0))
    row = None
    if kind == _TABLE_LEAF:
        row, at = _varint(page, at)
    local = _local(size, database.usable, kind)
    rest = int.from_bytes(page[at + local : at + local + 4], "big") if local < size else 0
    return _Record(row, size, page[at : at + local], rest)


def _local(size: int, usable: int, kind: int) -> int:
    """Return how much of a record stands on its own page (section 1.6)."""
    most = _most(usable, kind)
    if size <= most:
        return size
    least = (usable - 12) * 32 // 255 - 23
    local = least + (size - least) % (usable - 4)
    return local if local <= most else least


def _most(usable: int, kind: int) -> int:
    """Return how long a record may be that stands on its own page whole."""
    return usable - 35 if kind == _TABLE_LEAF else (usable - 12) * 64 // 255 - 23


def _whole(database: _Database, record: _Record) -> _Record:
    """Follow a record through its chain; it may break off, for what was deleted stays in a file."""
    pieces, left, number = [record.payload], record.size - len(record.payload), record.rest
    if left > database.budget.limits.held // 2:
        return record
    database.budget.unpack(len(record.payload))
    while left > 0 and (page := database.page(number)):
        piece = page[4 : min(database.usable, 4 + left)]
        database.budget.unpack(len(piece))
        pieces.append(piece)
        left -= len(piece)
        number = int.from_bytes(page[:4], "big")
    payload = b"".join(pieces)
    return replace(record, size=len(payload), payload=payload)


def _columns(payload: bytes) -> Iterator[bytes]:
    """Yield the values of a record, empty where they are numbers."""
    size, at = _varint(payload, 0)
    value = size
    while at < min(size, len(payload)) and value < len(payload):
        kind, at = _varint(payload, at)
        length = _SIZES[kind] if kind < len(_SIZES) else (kind - 12) // 2
        yield payload[value : value + length] if kind >= 12 else b""
        value += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of one to nine bytes, and where the next thing stands."""
    if at < len(data) and data[at] < 0x80:
        return data[at], at + 1
    number = 0
    for index in range(8):
        byte = data[at + index] if at + index < len(data) else 0
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, at + index + 1
    last = data[at + 8] if at + 8 < len(data) else 0
    return number << 8 | last, at + 9
