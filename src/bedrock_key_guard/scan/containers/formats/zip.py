"""Read zip archives from front to back: docx, xlsx, pptx, odt, jar, whl and apk are such.

The layout is PKWARE's APPNOTE.TXT. Members are taken from where they lie, not from the directory at
the end: so nothing is read twice, what the directory hides is seen, and the file may be a stream.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers import compressed
from bedrock_key_guard.scan.containers.formats.markup import text_of_markup
from bedrock_key_guard.scan.containers.limits import Broken, Budget, Unreadable
from bedrock_key_guard.scan.containers.members import Gap, Member, name_of
from bedrock_key_guard.scan.prefilter.signatures import ZIP_NAME, is_zip_member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model.findings import GapKind
    from bedrock_key_guard.scan.containers.streams import Cursor

_LOCAL = b"PK\x03\x04"
_DESCRIPTOR = b"PK\x07\x08"
_DESCRIPTOR_SIZE = 16
_HEADER = struct.Struct("<5H3I2H")
_ENCRYPTED, _MARKED_END, _SIZE_FOLLOWS, _UTF_8 = 0x0001, 0x0002, 0x0008, 0x0800
_ZIP64_EXTRA, _IN_ZIP64 = 1, 0xFFFFFFFF
_STORED, _LZMA = 0, 14
_CODECS = {8: compressed.DEFLATE, 12: compressed.BZIP2, 93: compressed.ZSTD, 95: compressed.XZ}
_MARKUP = (".xml", ".html", ".xhtml", ".rels", ".fodt")


@dataclass(frozen=True, slots=True)
class _Entry:
    """Hold what a local header says; `size` is that of the packed bytes, None where unknown.

    `unpacked` is None where it is unknown, or need not be known because the data mark their end;
    `checksum` is None where it follows later.
    """

    name: str
    method: int
    encrypted: bool
    size: int | None
    unpacked: int | None
    checksum: int | None


def members(cursor: Cursor, budget: Budget) -> Iterator[Member | Gap]:
    """Yield the members of an archive; whatever lies between them is passed over."""
    start = cursor.up_to(len(_LOCAL))
    cursor.unread(start)
    count = 0
    while cursor.until(_LOCAL) is not None:
        entry = _entry(cursor)
        if entry is not None:
            count += 1
            yield from _member(cursor, entry, budget)
    # Where it only seemed that a zip comes behind something else, nothing was left out.
    if not count and start.startswith(b"PK"):
        raise Unreadable("it has no members that can be read")


def _entry(cursor: Cursor) -> _Entry | None:
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
    extra = cursor.up_to(extra_size)
    known: int | None = _zip64_size(extra, size) if packed == _IN_ZIP64 else packed
    if flags & _SIZE_FOLLOWS and not packed:
        known = None
    text = name_of(name, "utf-8" if flags & _UTF_8 else "cp437")
    unpacked = None if known is None or flags & _MARKED_END or size == _IN_ZIP64 else size
    checksum = None if flags & _SIZE_FOLLOWS else crc
    return _Entry(text, method, bool(flags & _ENCRYPTED), known, unpacked, checksum)


def _zip64_size(extra: bytes, size: int) -> int | None:
    """Return the packed size from the extra field, None where it follows later or is not there."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == _ZIP64_EXTRA:
            begin = 4 + (8 if size == _IN_ZIP64 else 0)
            field = extra[begin : begin + 8]
            return int.from_bytes(field, "little") or None
        extra = extra[4 + length :]
    return None


def _member(cursor: Cursor, entry: _Entry, budget: Budget) -> Iterator[Member | Gap]:
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
    return int.from_bytes(descriptor[8:12], "little") == size & _IN_ZIP64


def _file(entry: _Entry, blocks: Iterator[bytes]) -> Member:
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


def _passed_over(cursor: Cursor, entry: _Entry, reason: str, kind: GapKind = "unopened") -> Gap:
    cursor.pass_over(entry.size or 0)
    return Gap(entry.name, reason, kind)


def _lzma(cursor: Cursor, entry: _Entry, budget: Budget) -> Iterator[bytes]:
    """Unpack LZMA by giving it the header that it has in a file of its own."""
    _, length = struct.unpack("<2H", cursor.exactly(4))
    if length != 5:
        raise Broken
    size = -1 if entry.unpacked is None else entry.unpacked
    head = cursor.exactly(length) + size.to_bytes(8, "little", signed=True)
    yield from compressed.unpack(cursor, compressed.LZMA, budget, head=head)
