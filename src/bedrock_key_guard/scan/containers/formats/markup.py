"""Take the text out of markup, which Office programs write in pieces.

Word splits a word into runs (`<w:t>AB</w:t></w:r><w:r><w:t>SK</w:t>`) wherever it was edited or its
spelling was doubted (ECMA-376, part 1, 17.3.2). A paragraph or a cell becomes a line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers.cursor import BLOCK, Cursor
from bedrock_key_guard.scan.limits import DECODED, TOKEN, Budget

if TYPE_CHECKING:
    from collections.abc import Iterator


# Tags that end a line when they are closed, and those that end one wherever they stand.
_LINE_END = re.compile(
    rb"<(?:/(?:[A-Za-z0-9_.-]{1,64}:)?(?:p|si|c|h|row|tr|td|li|br|tab)"
    rb"|(?:[A-Za-z0-9_.-]{1,64}:)?(?:br|tab))(?![A-Za-z0-9])[^<>]*>\s*"
)
_TAG = re.compile(rb"<[^<>\0]*>\s*")
# White space behind a tag goes with it, but the end of a line stays; no markup has this in it.
_MARK = b"\0"
_LONGEST_TAG = 1 << 16
# What a tag costs beyond its bytes.
_TAGGED = TOKEN >> 1


def text_of_markup(cursor: Cursor, budget: Budget) -> Iterator[bytes]:
    """Yield the text of a document in XML or HTML, its tags left out."""
    window = b""
    while block := cursor.read(BLOCK):
        window += block
        budget.spend(DECODED * len(block) + _TAGGED * block.count(b"<"))
        cut = window.rfind(b"<")
        # The white space behind a tag goes with it, so the last tag waits for what follows.
        cut = cut if cut >= 0 and len(window) - cut < _LONGEST_TAG else len(window)
        yield _without_tags(window[:cut])
        window = window[cut:]
    yield _without_tags(window)


def _without_tags(text: bytes) -> bytes:
    return _TAG.sub(b"", _LINE_END.sub(_MARK, text)).replace(_MARK, b"\n")
