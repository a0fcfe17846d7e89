"""Read the central directory of a zip: common tools open it by that, and by nothing else.

The layout is PKWARE's APPNOTE.TXT, 4.3.12 to 4.3.16. As those tools do, this looks for a zip from
the end of the file, so it may stand behind anything.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from bedrock_key_guard.scan.containers.limits import TOKEN, Budget
from bedrock_key_guard.scan.containers.members import name_of
from bedrock_key_guard.scan.containers.streams import Section
from bedrock_key_guard.scan.prefilter.signatures import TAIL, ZIP_LISTED, ends_of_zip

if TYPE_CHECKING:
    from collections.abc import Iterator

_RECORD = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LOCATOR, _END_64 = b"PK\x06\x07", struct.Struct("<4sQ2H2I4Q")
_LOCATOR_SIZE = 20
ENCRYPTED, MARKED_END, _UTF_8 = 0x0001, 0x0002, 0x0800
_ZIP64_EXTRA, IN_ZIP64 = 1, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold what a header says of a member; `size` is that of the packed bytes, None where unknown.

    `unpacked` is None where it is unknown, or need not be known because the data mark their end;
    `checksum` is None where it follows later.
    """

    name: str
    method: int
    encrypted: bool
    size: int | None
    unpacked: int | None
    checksum: int | None


def entries_in(file: IO[bytes], budget: Budget) -> list[tuple[int, Entry]]:
    """Return what the directories of a zip list, by where in `file` the members begin.

    A file may have several ends, of which one tool takes the last and another the first.
    """
    here = file.tell()
    size = file.seek(0, io.SEEK_END)
    file.seek(here)
    first = max(size - TAIL, 0)
    tail = Section(file, first).read(TAIL)
    found: dict[tuple[int, int, bool], tuple[int, Entry]] = {}
    for at in ends_of_zip(tail):
        for offset, entry in _listed(file, first + at, budget):
            found.setdefault((offset, entry.method, entry.encrypted), (offset, entry))
    return sorted(found.values(), key=lambda each: each[0])


def _listed(file: IO[bytes], end: int, budget: Budget) -> Iterator[tuple[int, Entry]]:
    """Yield what one directory lists; what is before the zip moves all that it says."""
    size, offset, end = _directory(file, end)
    begin = end - size
    if Section(file, max(begin, 0)).read(len(ZIP_LISTED)) != ZIP_LISTED:
        begin = offset
    data = Section(file, begin).read(min(size, budget.limits.held))
    at, moved = 0, begin - offset
    while data.startswith(ZIP_LISTED, at) and at + _RECORD.size <= len(data):
        budget.spend(TOKEN)
        place, entry, at = _entry(data, at)
        if 0 <= place + moved < begin:
            yield place + moved, entry


def _directory(file: IO[bytes], end: int) -> tuple[int, int, int]:
    """Return a directory's size, its offset as the zip counts, and where it ends in the file."""
    *_, size, offset, _ = _END.unpack(Section(file, end).read(_END.size))
    before = end - _LOCATOR_SIZE - _END_64.size
    if before >= 0 and Section(file, before + _END_64.size).read(4) == _LOCATOR:
        signature, *_, wide_size, wide_offset = _END_64.unpack(
            Section(file, before).read(_END_64.size)
        )
        if signature == b"PK\x06\x06":
            return wide_size, wide_offset, before
    return size, offset, end


def _entry(data: bytes, at: int) -> tuple[int, Entry, int]:
    """Return where a member begins, what is said of it, and where the next record does."""
    record = _RECORD.unpack_from(data, at)
    flags, method, crc, packed, size = record[3], record[4], *record[7:10]
    name_size, extra_size, comment_size, offset = *record[10:13], record[16]
    begin = at + _RECORD.size
    extra = data[begin + name_size : begin + name_size + extra_size]
    unpacked, known, place = widened(extra, size, packed, offset)
    name = decoded_name(data[begin : begin + name_size], flags)
    marked = bool(flags & MARKED_END)
    entry = Entry(name, method, bool(flags & ENCRYPTED), known, None if marked else unpacked, crc)
    return place or 0, entry, begin + name_size + extra_size + comment_size


def decoded_name(raw: bytes, flags: int) -> str:
    """Return a member's name in the encoding that its flags tell."""
    return name_of(raw, "utf-8" if flags & _UTF_8 else "cp437")


def widened(extra: bytes, *values: int) -> tuple[int | None, ...]:
    """Return sizes and offsets, those that did not fit from the extra field, or None."""
    wide = _wide_values(extra)
    return tuple(next(wide, None) if value == IN_ZIP64 else value for value in values)


def _wide_values(extra: bytes) -> Iterator[int]:
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == _ZIP64_EXTRA:
            field = extra[4 : 4 + length]
            yield from (value for (value,) in struct.iter_unpack("<Q", field[: len(field) & ~7]))
            return
        extra = extra[4 + length :]
