"""Tell at the speed of `bytes.find` whether bytes may hold a key, however it is written.

One `find` for each literal runs at memory speed; a regular expression with alternation or
lookbehind runs ten times slower. So literals come first, and structure is checked at a hit. With
everything but letters and digits taken out, one literal covers UTF-8, UTF-16 and UTF-32, every
wrap and every split string; what has no literal is seen by its shape.
"""

from __future__ import annotations

from bedrock_key_guard.keys.prefixes import (
    BEDROCK_LONG_TERM,
    BEDROCK_SHORT_TERM,
    CLAUDE_PLATFORM_SHORT_TERM,
)
from bedrock_key_guard.scan.shapes import WORD, compressed, dense, has_hex, texts

# Nothing more is imported here, for type checkers neither: `typing` alone would double a start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_BEDROCK = (BEDROCK_LONG_TERM.encode(), BEDROCK_SHORT_TERM.encode())
# The prefixes of other long-term families are too common in binaries: those keys are known by their
# bodies.
NARROW = (*_BEDROCK, CLAUDE_PLATFORM_SHORT_TERM.encode())
# In UTF-16 of either byte order the letters of an ASCII word stand two bytes apart, with NUL
# between them, so one literal serves both.
WIDE = tuple(b"\0".join(prefix[i : i + 1] for i in range(len(prefix))) for prefix in NARROW)
# What every key has in its body, so that its prefix may be split or escaped in any way: `-at-` and
# a digit at the three alignments of base64, and for short-term keys `amazonaws`, and what stands in
# `CallWithBearerToken`, where they have them.
BODIES = (b"LWF0LT", b"1hdC0", b"tYXQt", b"hbWF6b25hd3", b"FsbFdpdGhC")
# Bedrock's two prefixes in base64 at the three alignments, less what depends on the neighbours.
BASE64 = (
    b"QUJTS",
    b"FCU0",
    b"BQlNL",
    b"YmVkcm9jay1hcGkta2V5L",
    b"JlZHJvY2stYXBpLWtleS",
    b"iZWRyb2NrLWFwaS1rZXkt",
)
GZIP_IN_BASE64 = b"H4sI"
# Searched for where only letters, digits and `-` are left.
LITERALS = (*NARROW, *BODIES, *BASE64, GZIP_IN_BASE64)
# Searched for in bytes as they are.
ANCHORS = (*LITERALS, *WIDE)
# The ten that cover most.
HISTORY_ANCHORS = (*_BEDROCK, *WIDE[: len(_BEDROCK)], *BASE64)

# Letters that text seldom has are found ten times as fast as whole literals. Of each, the literals
# that hold it; what holds none of them is looked for as it is.
_SELDOM = {
    b"X": (b"tYXQt", b"JlZHJvY2stYXBpLWtleS", b"iZWRyb2NrLWFwaS1rZXkt"),
    b"Q": (b"QUJTS", b"BQlNL"),
    b"Y": (b"YmVkcm9jay1hcGkta2V5L",),
    b"B": (NARROW[0],),
    b"H": (GZIP_IN_BASE64,),
    b"W": (b"LWF0LT", b"hbWF6b25hd3"),
    b"F": (b"FCU0", b"FsbFdpdGhC"),
}
_LONGEST = max(len(literal) for literal in LITERALS)
_WHOLE = tuple(each for each in LITERALS if each not in sum(_SELDOM.values(), ()))
# One in so many letters is still seldom.
_RARITY = 128

BETWEEN = bytes(byte for byte in range(256) if byte not in WORD or byte == ord("_"))
_DECODED = b"-at-"
_ACCOUNT_LENGTH = 12
# A window that follows another must begin so many bytes before its end.
OVERLAP = 2048


def any_anchor(data: bytes) -> bool:
    """Tell whether `data` may hold a key, in any encoding that the scanner can undo."""
    letters = data.translate(None, BETWEEN)
    return (
        _has_literal(letters)
        or any(True for _ in decoded(letters))
        or any(True for _ in texts(letters))
        or any(True for _ in dense(data))
        or has_hex(data, letters)
        or any(True for _ in compressed(data))
    )


def _has_literal(letters: bytes) -> bool:
    return any(literal in letters for literal in _WHOLE) or any(
        _has_any(letters, letter, literals) for letter, literals in _SELDOM.items()
    )


def _has_any(letters: bytes, letter: bytes, literals: tuple[bytes, ...]) -> bool:
    """Look for literals by the one letter that they share, as long as that is seldom."""
    starts = tuple(literal[literal.index(letter) :] for literal in literals)
    at = letters.find(letter)
    patience = len(letters) // _RARITY
    while at >= 0 and patience:
        if letters.startswith(starts, at):
            around = letters[max(at - _LONGEST, 0) : at + _LONGEST]
            if any(literal in around for literal in literals):
                return True
        patience -= 1
        at = letters.find(letter, at + 1)
    return at >= 0 and any(literal in letters for literal in literals)


def decoded(letters: bytes) -> Iterator[int]:
    """Yield where a name ends in `-at-` and an account, as in a long-term key that was decoded."""
    offset = letters.find(_DECODED)
    while offset >= 0:
        begin = offset + len(_DECODED)
        account = letters[begin : begin + _ACCOUNT_LENGTH]
        if len(account) == _ACCOUNT_LENGTH and account.isdigit():
            yield offset
        offset = letters.find(_DECODED, begin)


def has_base64(data: bytes, letters: bytes) -> bool:
    """Tell whether base64 may hold a key, or what leads to one."""
    return (
        any(literal in letters for literal in (*BODIES, *BASE64, GZIP_IN_BASE64))
        or any(True for _ in texts(letters))
        or any(True for _ in compressed(data))
    )
