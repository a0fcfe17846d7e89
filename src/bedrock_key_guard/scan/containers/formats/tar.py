"""Read tar archives: POSIX ustar and pax, GNU, and what was there before.

The layouts are those of POSIX.1-2017 (pax, "ustar Interchange Format") and of GNU tar's manual
("Basic Tar Format"). Nothing is followed and nothing is written: a link is only its header.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers.members import Gap, Members, OpenedMember, name_of
from bedrock_key_guard.scan.limits import DAMAGED, Budget

if TYPE_CHECKING:
    from bedrock_key_guard.scan.containers.cursor import Cursor

_RECORD = 512
_LONG_NAME, _PAX = b"L", b"x"
_ABOUT_OTHERS = (b"L", b"K", b"x", b"g", b"X")
# Links, devices, folders and FIFOs: their size says nothing about bytes that follow.
_EMPTY = (b"1", b"2", b"3", b"4", b"5", b"6")
_SPARSE = b"S"
_ASCII = bytes(range(128))
# A name or a pax header beyond this is not looked at.
_LONGEST_HEADER = 1 << 20


@dataclass(frozen=True, slots=True)
class _Header:
    name: bytes
    size: int
    kind: bytes
    more_sparse: bool


def members(cursor: Cursor, _: Budget) -> Members:
    """Yield the files in an archive; damaged headers are passed over, to the next good one."""
    name, size, damaged = b"", -1, False
    while record := cursor.up_to(_RECORD):
        header = _header(record)
        if header is None:
            damaged = damaged or bool(record.strip(b"\0"))
        elif header.kind in _ABOUT_OTHERS:
            name, size = _about_next(cursor, header, name, size)
        else:
            length = header.size if size < 0 else size
            yield from _member(cursor, header, name or header.name, length)
            name, size = b"", -1
    if damaged:
        yield Gap("", DAMAGED)


def _member(cursor: Cursor, header: _Header, name: bytes, size: int) -> Members:
    if header.kind in _EMPTY:
        return
    more = header.more_sparse
    while more:
        more = cursor.exactly(_RECORD)[504] != 0
    yield OpenedMember(name_of(name), cursor.member(size))
    cursor.pass_over(-size % _RECORD)


def _header(record: bytes) -> _Header | None:
    """Parse a header, None where its checksum is wrong."""
    if len(record) < _RECORD or not _is_sound(record):
        return None
    size = _number(record[124:136])
    if size is None:
        return None
    name = record[:100].partition(b"\0")[0]
    prefix = record[345:500].partition(b"\0")[0] if record[257:263] == b"ustar\0" else b""
    kind = record[156:157]
    more = kind == _SPARSE and record[482] != 0
    return _Header(prefix + b"/" + name if prefix else name, size, kind, more)


def _is_sound(record: bytes) -> bool:
    """Return whether the checksum is right, which some programs made of signed bytes."""
    summed = record[:148] + b" " * 8 + record[156:]
    total, expected = sum(summed), _number(record[148:156])
    return expected in (total, total - 256 * len(summed.translate(None, _ASCII)))


def _number(field: bytes) -> int | None:
    """Read octal digits, or the base-256 number of GNU tar."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.partition(b"\0")[0].strip()
    try:
        return int(digits, 8) if digits.isdigit() else None if digits else 0
    except ValueError:
        return None


def _about_next(cursor: Cursor, header: _Header, name: bytes, size: int) -> tuple[bytes, int]:
    """Return the name and size (-1 for none) that a special header gives the member after it."""
    # No member claims these bytes: a name may be a key, too.
    data = cursor.head(header.size, _LONGEST_HEADER)
    cursor.pass_over(-header.size % _RECORD)
    if header.kind == _LONG_NAME:
        return data.partition(b"\0")[0], size
    if header.kind != _PAX:
        return name, size
    values = _pax(data)
    name = values.get(b"GNU.sparse.name") or values.get(b"path") or name
    digits = values.get(b"size", b"")
    return name, int(digits) if digits.isdigit() and len(digits) < 20 else size


def _pax(data: bytes) -> dict[bytes, bytes]:
    """Parse records `<length> <name>=<value>` and a newline, as far as they are sound."""
    values = {}
    while data:
        digits = data.partition(b" ")[0]
        if not digits.isdigit() or not len(digits) < int(digits[:9]) <= len(data):
            break
        name, _, value = data[len(digits) + 1 : int(digits) - 1].partition(b"=")
        values[name] = value
        data = data[int(digits) :]
    return values
