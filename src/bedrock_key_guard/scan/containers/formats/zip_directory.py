"""Read the central directory of a zip: common tools open it by that, and by nothing else.

The layout is PKWARE's APPNOTE.TXT, 4.3.12 to 4.3.16. As those tools do, this looks for a zip from
the end of the file, so it may stand behind anything. Where tools look in two places, both are
looked at.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from bedrock_key_guard.scan.containers.members import Section, name_of
from bedrock_key_guard.scan.limits import TOKEN, Budget
from bedrock_key_guard.scan.prefilter.signatures import (
    TAIL,
    ZIP64_LOCATOR,
    ZIP64_LOCATOR_SIZE,
    ZIP_LISTED,
    ends_of_zip,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL = b"PK\x03\x04"
RECORD = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LOCATOR, _END_64 = struct.Struct("<4sIQI"), struct.Struct("<4sQ2H2I4Q")
ENCRYPTED, MARKED_END, _UTF_8 = 0x0001, 0x0002, 0x0800
STORED = 0
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


# Some hundred bytes of memory each.
MOST_LISTED = 1 << 18


@dataclass(frozen=True, slots=True)
class Directory:
    """Say where a directory is said to be: its size, its offset as the zip counts, its end."""

    size: int
    offset: int
    end: int


def entries_in(file: IO[bytes], budget: Budget) -> list[tuple[int, Entry]]:
    """Return what the directories of a zip list, by where in `file` the members begin.

    What is listed under several names is one member. There are at most MOST_LISTED and one.
    """
    size = _size(file)
    first = max(size - TAIL, 0)
    found: dict[tuple[int, Entry], tuple[int, Entry]] = {}
    for at in ends_of_zip(Section(file, first).read(TAIL), size):
        for directory in directories(file, first + at):
            for place, entry in _listed(file, size, directory, budget):
                found.setdefault((place, replace(entry, name="")), (place, entry))
                if len(found) > MOST_LISTED:
                    break
    return sorted(found.values(), key=lambda each: each[0])


def directories(file: IO[bytes], end: int) -> Iterator[Directory]:
    """Yield the directories that an end of a zip tells of: its own, and that of a larger zip."""
    *_, size, offset, _ = _END.unpack(Section(file, end).read(_END.size))
    if IN_ZIP64 not in (size, offset):
        yield Directory(size, offset, end)
    locator = Section(file, max(end - ZIP64_LOCATOR_SIZE, 0)).read(ZIP64_LOCATOR_SIZE)
    if not locator.startswith(ZIP64_LOCATOR):
        return
    _, _, place, _ = _LOCATOR.unpack(locator)
    for at in dict.fromkeys((end - _LOCATOR.size - _END_64.size, place)):
        record = Section(file, at).read(_END_64.size) if 0 <= at < end else b""
        if len(record) == _END_64.size and record.startswith(b"PK\x06\x06"):
            *_, size, offset = _END_64.unpack(record)
            yield Directory(size, offset, at)


def _listed(
    file: IO[bytes], size: int, directory: Directory, budget: Budget
) -> Iterator[tuple[int, Entry]]:
    """Yield what one directory lists; what is before the zip moves all that it says."""
    for begin in dict.fromkeys((directory.end - directory.size, directory.offset)):
        if not 0 <= begin < directory.end:
            continue
        data = Section(file, begin).read(min(directory.end - begin, budget.limits.held))
        at = 0
        while (record := record_at(data, at)) is not None:
            budget.spend(TOKEN)
            offset, entry, at = record
            places = dict.fromkeys((offset + begin - directory.offset, offset))
            members = (each for each in places if 0 <= each < size and _is_member(file, each))
            yield next(members, begin), entry


def record_at(data: bytes, at: int) -> tuple[int, Entry, int] | None:
    """Return where a member begins, what is said of it, and where the next record does."""
    if not data.startswith(ZIP_LISTED, at) or at + RECORD.size > len(data):
        return None
    record = RECORD.unpack_from(data, at)
    flags, method, crc, packed, size = record[3], record[4], *record[7:10]
    name_size, extra_size, comment_size, offset = *record[10:13], record[16]
    begin = at + RECORD.size
    extra = data[begin + name_size : begin + name_size + extra_size]
    unpacked, known, place = widened(extra, size, packed, offset)
    name = decoded_name(data[begin : begin + name_size], flags)
    marked = bool(flags & MARKED_END)
    entry = Entry(name, method, bool(flags & ENCRYPTED), known, None if marked else unpacked, crc)
    return place or 0, entry, begin + name_size + extra_size + comment_size


def _is_member(file: IO[bytes], place: int) -> bool:
    return Section(file, place).read(len(LOCAL)) == LOCAL


def _size(file: IO[bytes]) -> int:
    here = file.tell()
    size = file.seek(0, io.SEEK_END)
    file.seek(here)
    return size


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
