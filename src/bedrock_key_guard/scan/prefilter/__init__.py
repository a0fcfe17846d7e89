"""Ask at the speed of `bytes.find` whether bytes may hold a key, however it is written.

One `find` for each literal runs at memory speed; a regular expression with alternation or
lookbehind runs ten times slower. So literals come first, and structure is checked at a hit; what
has no literal is seen by its shape. What is left is for the matcher, which alone says what is a
key: the prefilter says yes to all that the matcher finds, and to a little more.
"""

from __future__ import annotations

from bedrock_key_guard.scan.prefilter.heuristics import WORD, compressed, dense, has_hex, texts
from bedrock_key_guard.scan.prefilter.literals import (
    BASE64,
    BODIES,
    GZIP_IN_BASE64,
    has_literal,
)

BETWEEN = bytes(range(256)).translate(None, WORD.replace(b"_", b""))
# A window that follows another must begin so many bytes before its end.
OVERLAP = 2048


def may_hold_key(data: bytes) -> bool:
    """Return whether `data` may hold a key, in any encoding that the scanner can undo."""
    letters = data.translate(None, BETWEEN)
    return (
        has_literal(letters)
        or any(True for _ in texts(letters))
        or any(True for _ in dense(data))
        or has_hex(data, letters)
        or any(True for _ in compressed(data))
    )


def has_base64(data: bytes, letters: bytes) -> bool:
    """Return whether base64 may hold a key, or what leads to one."""
    return (
        any(literal in letters for literal in (*BODIES, *BASE64, GZIP_IN_BASE64))
        or any(True for _ in texts(letters))
        or any(True for _ in compressed(data))
    )
