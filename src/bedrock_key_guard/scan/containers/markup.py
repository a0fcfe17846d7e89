"""Take the text out of markup, which Office programs write in pieces.

Word splits a word into runs (`<w:t>AB</w:t></w:r><w:r><w:t>SK</w:t>`) wherever it was edited or its
spelling was doubted (ECMA-376, part 1, 17.3.2). A paragraph or a cell becomes a line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers.streams import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.scan.containers.streams import Cursor

_TAG = re.compile(rb"<(/?)(?:[A-Za-z0-9_.-]{1,64}:)?([A-Za-z0-9]{0,16})[^<>]*>\s*")
_ENDS_A_LINE = (b"p", b"si", b"c", b"h", b"row", b"tr", b"td", b"li", b"br", b"tab")
_OPENED_ONLY = (b"br", b"tab")
_LONGEST_TAG = 1 << 16


def text_of_markup(cursor: Cursor) -> Iterator[bytes]:
    """Yield the text of a document in XML or HTML, its tags left out."""
    window = b""
    while block := cursor.read(BLOCK):
        window += block
        cut = window.rfind(b"<")
        # The white space behind a tag goes with it, so the last tag waits for what follows.
        cut = cut if cut >= 0 and len(window) - cut < _LONGEST_TAG else len(window)
        yield _TAG.sub(_replacement, window[:cut])
        window = window[cut:]
    yield _TAG.sub(_replacement, window)


def _replacement(tag: re.Match[bytes]) -> bytes:
    ends = tag[2] in _ENDS_A_LINE and (tag[1] or tag[2] in _OPENED_ONLY)
    return b"\n" if ends else b""
