"""Open a member of a zip, as its header or the directory says how it is packed."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers import compressed
from bedrock_key_guard.scan.containers.formats.markup import text_of_markup
from bedrock_key_guard.scan.containers.formats.zip_directory import IN_ZIP64, STORED, Entry
from bedrock_key_guard.scan.containers.members import Gap, Members, OpenedMember
from bedrock_key_guard.scan.limits import Broken, Budget, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model.findings import GapKind
    from bedrock_key_guard.scan.containers.cursor import Cursor

_DESCRIPTOR = b"PK\x07\x08"
_DESCRIPTOR_SIZE = 16
_LZMA, _UNKNOWN = 14, (1 << 64) - 1
_CODECS = {8: compressed.DEFLATE, 12: compressed.BZIP2, 93: compressed.ZSTD, 95: compressed.XZ}
_MARKUP = (".xml", ".html", ".xhtml", ".rels", ".fodt")


def opened(cursor: Cursor, entry: Entry, budget: Budget) -> Members:
    """Yield the member whose bytes come next, or why it cannot be read; none where it is empty."""
    if entry.encrypted:
        yield _passed_over(cursor, entry, "it is encrypted", "encrypted")
    elif entry.method in _CODECS:
        # What is packed knows its own end: a size that lies hides nothing behind it.
        yield _file(entry, compressed.unpack(cursor, _CODECS[entry.method], budget))
    elif entry.method == _LZMA:
        yield _file(entry, _lzma(cursor, entry, budget))
    elif entry.method == STORED and entry.size is None:
        yield _file(entry, cursor.before(_DESCRIPTOR, _tells_size, _DESCRIPTOR_SIZE))
    elif entry.method == STORED and entry.size:
        yield _file(entry, cursor.member(entry.size))
    elif entry.method != STORED:
        yield _passed_over(cursor, entry, f"its compression method {entry.method} is unknown")


def _tells_size(size: int, descriptor: bytes) -> bool:
    """Return whether a descriptor is that of so many stored bytes."""
    return int.from_bytes(descriptor[8:12], "little") == size & IN_ZIP64


def _file(entry: Entry, blocks: Iterator[bytes]) -> OpenedMember:
    is_markup = entry.name.lower().endswith(_MARKUP)
    sound = blocks if entry.checksum is None else _checked(blocks, entry.checksum)
    return OpenedMember(entry.name, sound, text_of_markup if is_markup else None)


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
    size = _UNKNOWN if entry.unpacked is None else entry.unpacked
    head = cursor.exactly(length) + size.to_bytes(8, "little")
    yield from compressed.unpack(cursor, compressed.LZMA, budget, head=head)
