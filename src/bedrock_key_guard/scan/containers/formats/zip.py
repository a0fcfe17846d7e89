"""Read zip archives: docx, xlsx, pptx, odt, jar, whl and apk are such.

The layout is PKWARE's APPNOTE.TXT. A zip is read from front to back, and what its central directory
lists is read as that says, whatever stands before it. What the directory hides is read as well.
Where the end is not at hand, the headers before the members tell what these are, and are compared
with the directory when that comes.
"""

from __future__ import annotations

import struct
import zlib
from typing import IO, TYPE_CHECKING

from bedrock_key_guard.scan.containers import compressed
from bedrock_key_guard.scan.containers.formats.markup import text_of_markup
from bedrock_key_guard.scan.containers.formats.zip_directory import (
    ENCRYPTED,
    IN_ZIP64,
    MARKED_END,
    Entry,
    decoded_name,
    entries_in,
    widened,
)
from bedrock_key_guard.scan.containers.limits import Broken, Budget, Unreadable
from bedrock_key_guard.scan.containers.members import Gap, Member
from bedrock_key_guard.scan.containers.streams import Cursor, Section
from bedrock_key_guard.scan.prefilter.signatures import ZIP_LISTED, ZIP_NAME, is_zip_member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model.findings import GapKind

_LOCAL = b"PK\x03\x04"
_DESCRIPTOR = b"PK\x07\x08"
_DESCRIPTOR_SIZE = 16
_HEADER = struct.Struct("<5H3I2H")
# Of a record in the directory: its flags, its method and how long its name is.
_LISTED = struct.Struct("<4x2H16xH16x")
_SIZE_FOLLOWS = 0x0008
_STORED, _LZMA = 0, 14
_CODECS = {8: compressed.DEFLATE, 12: compressed.BZIP2, 93: compressed.ZSTD, 95: compressed.XZ}
_MARKUP = (".xml", ".html", ".xhtml", ".rels", ".fodt")
CONTRADICTS = "its header and the directory of the zip contradict each other"
ABSENT = "the directory of the zip lists it where no member is"


def members(cursor: Cursor, budget: Budget) -> Iterator[Member | Gap]:
    """Yield the members of an archive; whatever lies between them is passed over."""
    start = cursor.up_to(len(_LOCAL))
    cursor.unread(start)
    with cursor.held(budget) as file:
        listed = entries_in(file, budget) if file else []
        if file and listed:
            yield from _listed(cursor, file, listed, budget)
            return
    count = 0
    for each in _in_order(cursor, budget):
        count += 1
        yield each
    # Where it only seemed that a zip comes behind something else, nothing was left out.
    if not count and start.startswith(b"PK"):
        raise Unreadable("it has no members that can be read")


def _listed(
    cursor: Cursor, file: IO[bytes], listed: list[tuple[int, Entry]], budget: Budget
) -> Iterator[Member | Gap]:
    """Yield what the directory lists, and between that, what it does not."""
    for offset, entry in listed:
        before = offset - cursor.position
        if before > 0:
            yield from _in_order(cursor.part(before), budget)
            cursor.pass_over(offset - cursor.position)
        # Members may share their bytes; whoever comes second reads them out of order.
        here = cursor if before >= 0 else Cursor(Section(file, offset))
        head = Section(file, offset).read(len(_LOCAL) + _HEADER.size)
        if len(head) < len(_LOCAL) + _HEADER.size or not head.startswith(_LOCAL):
            yield Gap(entry.name, ABSENT)
            continue
        _, flags, method, *_, name_size, extra_size = _HEADER.unpack_from(head, len(_LOCAL))
        here.pass_over(len(head) + name_size + extra_size)
        yield from _member(here, entry, budget)
        if (method, bool(flags & ENCRYPTED)) != (entry.method, entry.encrypted):
            yield Gap(entry.name, CONTRADICTS)
            yield from _in_order(Cursor(Section(file, offset)), budget, most=1)
    yield from _in_order(cursor, budget, directory=False)


def _in_order(
    cursor: Cursor, budget: Budget, *, most: int = -1, directory: bool = True
) -> Iterator[Member | Gap]:
    """Yield members as the headers before them say, at `most` so many.

    The records of a directory that come behind them are compared with them.
    """
    seen: dict[bytes, set[tuple[int, bool]]] = {}
    while most and cursor.until(b"PK") is not None:
        signature = b"PK" + cursor.up_to(2)
        if signature == ZIP_LISTED and seen and directory:
            yield from _compared(cursor, seen)
        elif signature != _LOCAL:
            cursor.unread(signature[2:])
        elif (found := _entry(cursor)) is not None:
            name, entry = found
            seen.setdefault(name, set()).add((entry.method, entry.encrypted))
            most -= 1
            yield from _member(cursor, entry, budget)


def _compared(cursor: Cursor, seen: dict[bytes, set[tuple[int, bool]]]) -> Iterator[Gap]:
    """Yield a gap where a record of the directory tells of another member than there was."""
    record = cursor.up_to(_LISTED.size)
    if len(record) < _LISTED.size:
        return
    flags, method, name_size = _LISTED.unpack(record)
    name = cursor.up_to(name_size)
    if (method, bool(flags & ENCRYPTED)) not in seen.get(name, ()):
        yield Gap(decoded_name(name, flags), CONTRADICTS if name in seen else ABSENT)


def _entry(cursor: Cursor) -> tuple[bytes, Entry] | None:
    """Parse a local header, None where chance wrote its signature, or it holds no bytes."""
    record = cursor.up_to(_HEADER.size)
    if len(record) < _HEADER.size:
        return None
    _, flags, method, _, _, crc, packed, size, name_size, extra_size = _HEADER.unpack(record)
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
    return name, Entry(text, method, encrypted, known, None if marked else unpacked, checksum)


def _member(cursor: Cursor, entry: Entry, budget: Budget) -> Iterator[Member | Gap]:
    if entry.encrypted:
        yield _passed_over(cursor, entry, "it is encrypted", "encrypted")
    elif entry.method in _CODECS:
        # What is packed knows its own end: a size that lies hides nothing behind it.
        yield _file(entry, compressed.unpack(cursor, _CODECS[entry.method], budget))
    elif entry.method == _LZMA:
        yield _file(entry, _lzma(cursor, entry, budget))
    elif entry.method == _STORED and entry.size is None:
        yield _file(entry, cursor.before(_DESCRIPTOR, _tells_size, _DESCRIPTOR_SIZE))
    elif entry.method == _STORED and entry.size:
        yield _file(entry, cursor.member(entry.size))
    elif entry.method != _STORED:
        yield _passed_over(cursor, entry, f"its compression method {entry.method} is unknown")


def _tells_size(size: int, descriptor: bytes) -> bool:
    """Return whether a descriptor is that of so many stored bytes."""
    return int.from_bytes(descriptor[8:12], "little") == size & IN_ZIP64


def _file(entry: Entry, blocks: Iterator[bytes]) -> Member:
    is_markup = entry.name.lower().endswith(_MARKUP)
    sound = blocks if entry.checksum is None else _checked(blocks, entry.checksum)
    return Member(entry.name, sound, text_of_markup if is_markup else None)


def _checked(blocks: Iterator[bytes], checksum: int) -> Iterator[bytes]:
    """Yield what is packed. Raises Unreadable at its end where it is not what was packed."""
    found = 0
    for block in blocks:
        found = zlib.crc32(block, found)
        yield block
    if found != checksum:
        raise Unreadable("its checksum is wrong")


def _passed_over(cursor: Cursor, entry: Entry, reason: str, kind: GapKind = "unopened") -> Gap:
    cursor.pass_over(entry.size or 0)
    return Gap(entry.name, reason, kind)


def _lzma(cursor: Cursor, entry: Entry, budget: Budget) -> Iterator[bytes]:
    """Unpack LZMA by giving it the header that it has in a file of its own."""
    _, length = struct.unpack("<2H", cursor.exactly(4))
    if length != 5:
        raise Broken
    size = -1 if entry.unpacked is None else entry.unpacked
    head = cursor.exactly(length) + size.to_bytes(8, "little", signed=True)
    yield from compressed.unpack(cursor, compressed.LZMA, budget, head=head)
