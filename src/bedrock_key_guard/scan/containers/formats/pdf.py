"""Read the streams of PDF files, and the text in them.

The syntax is that of ISO 32000-1: 7.3.8 (streams), 7.4 (filters), 9.4 (text). Streams are found
from front to back by the word itself, so it takes no cross-reference table, sound or not.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers.cursor import BLOCK, Cursor
from bedrock_key_guard.scan.containers.formats.pdf_filters import DECODERS
from bedrock_key_guard.scan.containers.members import Ending, Gap, Members, OpenedMember, Stream
from bedrock_key_guard.scan.limits import DECODED, TOKEN, TOO_SHORT, Budget, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator


_CONTEXT = 2048
_OBJECT = re.compile(rb"(\d{1,9})\s+\d{1,5}\s+obj\b")
_FILTERS = re.compile(rb"/(?:Filter|F)\s*(?:\[([^\]]{0,512})\]|(/\w{1,32}))")
_NAME = re.compile(rb"/(\w{1,32})")
_ATTACHED = re.compile(rb"/Type\s*/EmbeddedFile\b")
# In the trailer, or in the stream that stands for one (7.5.5, 7.5.8). Many such documents open
# without a password: it is for those who would print or change them (7.6.3).
_ENCRYPTED = re.compile(rb"/Encrypt[\s<\d]")
ENCRYPTED = "it is encrypted, with a password or without"
# Pictures, in which no text is written.
_PICTURES = {b"DCTDecode", b"DCT", b"JPXDecode", b"JBIG2Decode", b"CCITTFaxDecode", b"CCF"}
_WHITE = re.compile(rb"\s+")


def members(cursor: Cursor, budget: Budget) -> Members:
    """Yield the streams of a document."""
    number, encrypted = 0, False
    ending = Ending(cursor, _CONTEXT)
    cursor = Cursor(ending, claim=cursor.claim)
    while (before := cursor.until(b"stream", _CONTEXT)) is not None:
        encrypted = encrypted or _ENCRYPTED.search(before) is not None
        if before.endswith(b"end") or not before.rstrip().endswith(b">>"):
            continue
        number += 1
        yield from _stream(cursor, before, f"stream {number}", budget)
    if encrypted or _ENCRYPTED.search(ending.last):
        yield Gap("", ENCRYPTED)


def _stream(cursor: Cursor, before: bytes, name: str, budget: Budget) -> Members:
    objects = list(_OBJECT.finditer(before))
    dictionary = before[objects[-1].end() :] if objects else before
    name = f"object {int(objects[-1][1])}" if objects else name
    filters = _filters(dictionary)
    unknown = [each for each in filters if each not in DECODERS]
    if _PICTURES.intersection(unknown):
        return
    if unknown:
        yield Gap(name, f"its filter {unknown[0].decode('ascii', 'replace')!r} is not known")
        return
    _past_newline(cursor)
    # What is deflated knows its own end, and may hold the word that marks it.
    deflated = filters[:1] in ([b"FlateDecode"], [b"Fl"])
    blocks = cursor.rest() if deflated else _up_to_end(cursor)
    source = cursor if deflated else Cursor(Stream(blocks))
    for each in filters:
        blocks = DECODERS[each](source, budget)
        source = Cursor(Stream(blocks))
    # What is attached is a file of its own, and no page.
    is_file = _ATTACHED.search(dictionary) is not None
    yield OpenedMember(name, blocks, None if is_file else text_of_page)


def _up_to_end(cursor: Cursor) -> Iterator[bytes]:
    if not (yield from cursor.before(b"endstream")):
        raise Unreadable(TOO_SHORT)


def _filters(dictionary: bytes) -> list[bytes]:
    found = _FILTERS.search(dictionary)
    return _NAME.findall(found[1] or found[2] or b"") if found else []


def _past_newline(cursor: Cursor) -> None:
    start = cursor.up_to(2)
    cursor.unread(start[2:] if start == b"\r\n" else start[1:] if start[:1] in b"\r\n" else start)


# A literal string, a hexadecimal one, or the end of a text object.
_SHOWN = re.compile(
    rb"\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.){0,1024}\))*)\)|<([0-9A-Fa-f\s]{2,})>|\bET\b", re.DOTALL
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|\r\n|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b""}
_LONGEST_STRING = 1 << 16


def text_of_page(cursor: Cursor, budget: Budget) -> Iterator[bytes]:
    """Yield the text that a page shows: its strings put together, a line for each text object.

    Letters are placed one by one or in groups (`[(AB) -20 (SK)] TJ`). Strings of fonts whose codes
    are not those of ASCII come out as they are.
    """
    window = b""
    while block := cursor.read(BLOCK):
        window += block
        budget.spend(DECODED * len(block))
        end = 0
        for shown in _SHOWN.finditer(window):
            budget.spend(TOKEN)
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
