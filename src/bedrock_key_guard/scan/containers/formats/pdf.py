"""Read the streams of PDF files, and the text in them.

The syntax is that of ISO 32000-1: 7.3.8 (streams), 7.4 (filters). Streams are found
from front to back by the word itself, so it takes no cross-reference table, sound or not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers.cursor import Cursor
from bedrock_key_guard.scan.containers.formats.pdf_filters import DECODERS
from bedrock_key_guard.scan.containers.formats.pdf_text import ShownText
from bedrock_key_guard.scan.containers.members import Ending, Gap, Members, OpenedMember, Stream
from bedrock_key_guard.scan.limits import TOO_SHORT, Budget, Unreadable

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


def members(cursor: Cursor, budget: Budget) -> Members:
    """Yield the streams of a document, and what its pages show in fonts of their own codes."""
    number, encrypted, shown = 0, False, ShownText(budget)
    ending = Ending(cursor, _CONTEXT)
    cursor = Cursor(ending, claim=cursor.claim)
    while (before := cursor.until(b"stream", _CONTEXT)) is not None:
        encrypted = encrypted or _ENCRYPTED.search(before) is not None
        if before.endswith(b"end") or not before.rstrip().endswith(b">>"):
            continue
        number += 1
        yield from _stream(cursor, before, f"stream {number}", shown, budget)
    yield from shown.members()
    if encrypted or _ENCRYPTED.search(ending.last):
        yield Gap("", ENCRYPTED)


def _stream(cursor: Cursor, before: bytes, name: str, shown: ShownText, budget: Budget) -> Members:
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
    yield OpenedMember(name, blocks, None if is_file else shown.page())


def _up_to_end(cursor: Cursor) -> Iterator[bytes]:
    if not (yield from cursor.before(b"endstream")):
        raise Unreadable(TOO_SHORT)


def _filters(dictionary: bytes) -> list[bytes]:
    found = _FILTERS.search(dictionary)
    return _NAME.findall(found[1] or found[2] or b"") if found else []


def _past_newline(cursor: Cursor) -> None:
    start = cursor.up_to(2)
    cursor.unread(start[2:] if start == b"\r\n" else start[1:] if start[:1] in b"\r\n" else start)
