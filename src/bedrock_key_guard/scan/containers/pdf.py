"""Read the streams of PDF files, and the text in them.

The syntax is that of ISO 32000-1: 7.3.8 (streams), 7.4 (filters), 9.4 (text). Streams are found
from front to back by the word itself, so it takes no cross-reference table, sound or not.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers import compressed
from bedrock_key_guard.scan.containers.limits import Unreadable
from bedrock_key_guard.scan.containers.members import Gap, Member
from bedrock_key_guard.scan.containers.streams import BLOCK, Cursor, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bedrock_key_guard.scan.containers.limits import Budget

_CONTEXT = 2048
_OBJECT = re.compile(rb"(\d{1,9})\s+\d{1,5}\s+obj\b")
_FILTERS = re.compile(rb"/(?:Filter|F)\s*(?:\[([^\]]{0,512})\]|(/\w{1,32}))")
_NAME = re.compile(rb"/(\w{1,32})")
# Pictures, in which no text is written.
_PICTURES = {b"DCTDecode", b"DCT", b"JPXDecode", b"JBIG2Decode", b"CCITTFaxDecode", b"CCF"}
_WHITE = re.compile(rb"\s+")


def members(cursor: Cursor, budget: Budget) -> Iterator[Member | Gap]:
    """Yield the streams of a document."""
    number = 0
    while (before := cursor.until(b"stream", _CONTEXT)) is not None:
        if before.endswith(b"end") or not before.rstrip().endswith(b">>"):
            continue
        number += 1
        yield from _stream(cursor, before, f"stream {number}", budget)


def _stream(cursor: Cursor, before: bytes, name: str, budget: Budget) -> Iterator[Member | Gap]:
    objects = list(_OBJECT.finditer(before))
    dictionary = before[objects[-1].end() :] if objects else before
    name = f"object {int(objects[-1][1])}" if objects else name
    filters = _filters(dictionary)
    unknown = [each for each in filters if each not in _DECODERS]
    if _PICTURES.intersection(unknown):
        return
    if unknown:
        yield Gap(name, f"its filter {unknown[0].decode('ascii', 'replace')!r} is not known")
        return
    _past_newline(cursor)
    source = cursor
    blocks = iter(()) if filters else cursor.before(b"endstream")
    for each in filters:
        blocks = _DECODERS[each](source, budget)
        source = Cursor(Stream(blocks))
    yield Member(name, blocks, text_of_page)


def _filters(dictionary: bytes) -> list[bytes]:
    found = _FILTERS.search(dictionary)
    return _NAME.findall(found[1] or found[2] or b"") if found else []


def _past_newline(cursor: Cursor) -> None:
    start = cursor.up_to(2)
    cursor.unread(start[2:] if start == b"\r\n" else start[1:] if start[:1] in b"\r\n" else start)


def _flate(cursor: Cursor, budget: Budget) -> Iterator[bytes]:
    try:
        yield from compressed.unpack(cursor, compressed.ZLIB, budget)
    except Unreadable as broken:
        if broken.reason != compressed.BROKEN:
            raise
        raise Unreadable("it is encrypted or broken") from None


def _ascii_hex(cursor: Cursor, budget: Budget) -> Iterator[bytes]:
    """Undo ASCIIHexDecode, which `>` ends; a last lone digit stands before a 0."""
    digits = b""
    for text in cursor.before(b">"):
        digits += re.sub(rb"[^0-9A-Fa-f]", b"", text)
        cut = len(digits) & ~1
        budget.unpack(cut // 2)
        yield binascii.unhexlify(digits[:cut])
        digits = digits[cut:]
    if digits:
        yield binascii.unhexlify(digits + b"0")


def _ascii_85(cursor: Cursor, budget: Budget) -> Iterator[bytes]:
    """Undo ASCII85Decode, which `~>` ends; five characters are four bytes, `z` is four zeros."""
    rest = b""
    for text in cursor.before(b"~>"):
        rest = re.sub(rb"[^!-uz]", b"", rest + text.replace(b"z", b"!!!!!"))
        cut = len(rest) // 5 * 5
        budget.unpack(cut // 5 * 4)
        yield _of_base_85(rest[:cut])
        rest = rest[cut:]
    if len(rest) > 1:
        yield _of_base_85(rest)


def _of_base_85(text: bytes) -> bytes:
    try:
        return base64.a85decode(text)
    except ValueError:
        return b""


_DECODERS: dict[bytes, Callable[[Cursor, Budget], Iterator[bytes]]] = {
    b"FlateDecode": _flate,
    b"Fl": _flate,
    b"ASCIIHexDecode": _ascii_hex,
    b"AHx": _ascii_hex,
    b"ASCII85Decode": _ascii_85,
    b"A85": _ascii_85,
}

# A literal string, a hexadecimal one, or the end of a text object.
_SHOWN = re.compile(
    rb"\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.){0,1024}\))*)\)|<([0-9A-Fa-f\s]{2,})>|\bET\b", re.DOTALL
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|\r\n|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b""}
_LONGEST_STRING = 1 << 16


def text_of_page(cursor: Cursor) -> Iterator[bytes]:
    """Yield the text that a page shows: its strings put together, a line for each text object.

    Letters are placed one by one or in groups (`[(AB) -20 (SK)] TJ`). Strings of fonts whose codes
    are not those of ASCII come out as they are.
    """
    window = b""
    while block := cursor.read(BLOCK):
        window += block
        end = 0
        for shown in _SHOWN.finditer(window):
            yield _text(shown)
            end = shown.end()
        window = window[max(end, len(window) - _LONGEST_STRING) :]


def _text(shown: re.Match[bytes]) -> bytes:
    if shown[1] is not None:
        return _ESCAPE.sub(_unescaped, shown[1])
    if shown[2] is not None:
        digits = _WHITE.sub(b"", shown[2])
        return binascii.unhexlify(digits + b"0" * (len(digits) % 2))
    return b"\n"


def _unescaped(escape: re.Match[bytes]) -> bytes:
    if escape[1]:
        return bytes([int(escape[1], 8) & 0xFF])
    return _ESCAPED.get(escape[2] or b"\n", escape[2] or b"")
