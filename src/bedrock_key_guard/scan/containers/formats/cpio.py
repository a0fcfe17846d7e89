"""Read cpio archives, in all four layouts, and what an RPM package holds, which is one of them.

The layouts are those of cpio(5): `newc` (with `crc`), `odc`, and the old binary one in either byte
order. That of RPM is in its manual ("RPM V4 package format").
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers.members import Members, OpenedMember, name_of
from bedrock_key_guard.scan.limits import DAMAGED, Budget, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.scan.containers.cursor import Cursor

_LAST = b"TRAILER!!!"
_LONGEST_NAME = 1 << 16
_RPM_LEAD, _RPM_HEADER = 96, b"\x8e\xad\xe8\x01"


@dataclass(frozen=True, slots=True)
class _Layout:
    """Say where a header has a member's sizes, and to what name and bytes are padded."""

    length: int
    name_size: slice
    size: slice
    padding: int
    base: int = 16

    def numbers(self, header: bytes) -> tuple[int, int]:
        """Return how long the name is and how many bytes follow. Raises ValueError."""
        fields = header[self.name_size], header[self.size]
        if not all(field.isalnum() for field in fields):
            raise ValueError
        return int(fields[0], self.base), int(fields[1], self.base)


_NEWC = _Layout(110, slice(94, 102), slice(54, 62), 4)
_LAYOUTS = {
    b"070701": _NEWC,
    b"070702": _NEWC,
    b"070707": _Layout(76, slice(59, 65), slice(65, 76), 1, 8),
}
_BINARY = _Layout(26, slice(20, 22), slice(22, 26), 2)
_BINARIES = {b"\xc7\x71": "<", b"\x71\xc7": ">"}


def members(cursor: Cursor, _: Budget) -> Members:
    """Yield the files in an archive. Raises Unreadable where a header is damaged."""
    while True:
        name_size, size, padding, length = _header(cursor)
        name = cursor.exactly(min(name_size, _LONGEST_NAME))
        cursor.pass_over(name_size - len(name) + -(length + name_size) % padding)
        if name.rstrip(b"\0") == _LAST:
            yield from _behind(cursor)
            return
        if size:
            yield OpenedMember(name_of(name.rstrip(b"\0")), cursor.member(size))
        cursor.pass_over(-size % padding)


def _behind(cursor: Cursor) -> Iterator[OpenedMember]:
    """Yield what comes after the end: the archives that a kernel starts with are more than one."""
    while padding := cursor.up_to(512):
        if rest := padding.lstrip(b"\0"):
            cursor.unread(rest)
            yield OpenedMember("", cursor.rest())


def _header(cursor: Cursor) -> tuple[int, int, int, int]:
    """Return the sizes of the next member's name and bytes, and of padding and header."""
    magic = cursor.up_to(6)
    order = _BINARIES.get(magic[:2])
    layout = _BINARY if order else _LAYOUTS.get(magic)
    if layout is None:
        raise Unreadable(DAMAGED)
    header = magic + cursor.exactly(layout.length - len(magic))
    if order:
        name_size, high, low = struct.unpack(f"{order}3H", header[20:26])
        return name_size, high << 16 | low, layout.padding, layout.length
    try:
        return *layout.numbers(header), layout.padding, layout.length
    except ValueError:
        raise Unreadable(DAMAGED) from None


def rpm_members(cursor: Cursor, _: Budget) -> Members:
    """Yield the archive behind a package's two headers. Raises Unreadable where one is damaged."""
    cursor.pass_over(_RPM_LEAD)
    for alignment in (8, 1):
        header = cursor.exactly(16)
        if not header.startswith(_RPM_HEADER):
            raise Unreadable(DAMAGED)
        entries, size = struct.unpack(">2I", header[8:])
        cursor.pass_over(16 * entries + size + -size % alignment)
    yield OpenedMember("payload", cursor.rest())
