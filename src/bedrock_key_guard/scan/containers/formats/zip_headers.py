"""Read a zip from front to back, as the headers before its members say.

Where the end of a zip is not at hand, these are held against its directory when that comes.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers.formats.zip_directory import (
    ENCRYPTED,
    IN_ZIP64,
    LOCAL,
    MARKED_END,
    RECORD,
    STORED,
    Entry,
    decoded_name,
    directories,
    record_at,
    widened,
)
from bedrock_key_guard.scan.containers.formats.zip_members import opened
from bedrock_key_guard.scan.prefilter.signatures import (
    ZIP_LISTED,
    ZIP_NAME,
    ends_of_zip,
    is_zip_member,
)

if TYPE_CHECKING:
    from bedrock_key_guard.scan.containers.cursor import Cursor
    from bedrock_key_guard.scan.containers.members import Ending, Members
    from bedrock_key_guard.scan.limits import Budget

HEADER = struct.Struct("<4s5H3I2H")
_RECORD_SIZES = struct.Struct("<28x3H")
_SIZE_FOLLOWS = 0x0008
# A member's method, whether it is encrypted, and how many bytes of it are stored as they are.
_Facts = tuple[int, bool, int]


@dataclass(slots=True)
class Headers:
    """Keep what the headers before members say, and what the last directory lists, by places."""

    count: int = 0
    _seen: dict[int, _Facts] = field(default_factory=dict)
    _listed: dict[int, _Facts] = field(default_factory=dict)
    _begin: int = 0
    _end: int = 0

    def add(self, place: int, entry: Entry, size: int) -> None:
        """Note a member, and how many bytes it turned out to have."""
        self.count += 1
        self._seen[place] = _facts(entry, size)

    def listed(self, cursor: Cursor) -> None:
        """Read a record of a directory; its signature has just been read."""
        begin = cursor.position - len(ZIP_LISTED)
        data = ZIP_LISTED + cursor.up_to(RECORD.size - len(ZIP_LISTED))
        if len(data) == RECORD.size:
            data += cursor.up_to(sum(_RECORD_SIZES.unpack_from(data)))
        if begin != self._end:
            self._begin = begin
            self._listed.clear()
        self._end = cursor.position
        # More than there are members need not be kept: they cannot all be right.
        if (record := record_at(data, 0)) and len(self._listed) <= len(self._seen):
            offset, entry, _ = record
            self._listed[offset] = _facts(entry, entry.size or 0)

    def contradict(self, ending: Ending) -> bool:
        """Return whether a directory that the end of the zip tells of says anything else."""
        before = ending.size - len(ending.last)
        file = io.BytesIO(ending.last)
        return any(
            (self._begin, self._end) != (before + each.end - each.size, before + each.end)
            or self._differ(self._begin - each.offset)
            for at in ends_of_zip(ending.last, ending.size)
            for each in directories(file, at)
        )

    def _differ(self, moved: int) -> bool:
        return any(
            facts != self._seen.get(offset + moved, self._seen.get(offset))
            for offset, facts in self._listed.items()
        )


def in_order(
    cursor: Cursor, budget: Budget, headers: Headers | None = None, *, most: int = -1
) -> Members:
    """Yield members as the headers before them say, at `most` so many; fill `headers`."""
    while most and cursor.until(b"PK") is not None:
        signature = b"PK" + cursor.up_to(2)
        if signature == ZIP_LISTED and headers and headers.count:
            headers.listed(cursor)
            continue
        if signature != LOCAL:
            cursor.unread(signature[2:])
            continue
        place = cursor.position - len(LOCAL)
        if (entry := _entry(cursor)) is not None:
            most -= 1
            begin = cursor.position
            yield from opened(cursor, entry, budget)
            if headers:
                headers.add(place, entry, cursor.position - begin)


def _entry(cursor: Cursor) -> Entry | None:
    """Parse a local header, None where chance wrote its signature."""
    record = cursor.up_to(HEADER.size - len(LOCAL))
    if len(record) < HEADER.size - len(LOCAL):
        return None
    header = HEADER.unpack(LOCAL + record)
    flags, method, (crc, packed, size, name_size, extra_size) = header[2], header[3], header[6:]
    name = cursor.up_to(min(name_size, ZIP_NAME))
    if not is_zip_member(record + name):
        cursor.unread(record + name)
        return None
    name += cursor.up_to(name_size - len(name))
    unpacked, known = widened(cursor.up_to(extra_size), size, packed)
    if (flags & _SIZE_FOLLOWS and not packed) or (packed == IN_ZIP64 and not known):
        known = None
    marked = known is None or flags & MARKED_END or size == IN_ZIP64
    checksum = None if flags & _SIZE_FOLLOWS else crc
    encrypted = bool(flags & ENCRYPTED)
    text = decoded_name(name, flags)
    return Entry(text, method, encrypted, known, None if marked else unpacked, checksum)


def _facts(entry: Entry, size: int) -> _Facts:
    is_plain = entry.method == STORED and not entry.encrypted
    return entry.method, entry.encrypted, size if is_plain else 0
