"""Search for what a key has in each encoding, where only letters, digits and `-` are left.

With everything else taken out, one literal covers UTF-8, UTF-16 and UTF-32, every wrap and every
split string. Most literals have capitals and digits, which are a twentieth of a text: they are
searched for in those alone first, and whole only where that found something.
"""

from __future__ import annotations

from bedrock_key_guard.keys.prefixes import (
    BEDROCK_LONG_TERM,
    BEDROCK_SHORT_TERM,
    CLAUDE_PLATFORM_SHORT_TERM,
)

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
# What every key has in its body, so that its prefix may be split or escaped in any way, or be of no
# known family: `-at-` and a digit at the three alignments of base64, and for short-term keys
# `amazonaws`, and what stands in `CallWithBearerToken`, where they have them.
ALIASES = (b"LWF0LT", b"1hdC0", b"tYXQt")
BODIES = (*ALIASES, b"hbWF6b25hd3", b"FsbFdpdGhC")
# Bedrock's two prefixes in base64 at the three alignments, less what depends on the neighbours.
BASE64 = (
    b"QUJTS",
    b"FCU0",
    b"BQlNL",
    b"YmVkcm9jay1hcGkta2V5L",
    b"JlZHJvY2stYXBpLWtleS",
    b"iZWRyb2NrLWFwaS1rZXkt",
)
# How gzip, zip, bzip2, xz and zstd begin in base64, or soon go on, where only letters are left.
PACKED_IN_BASE64 = (b"H4sI", b"UEsDB", b"FBWSZTW", b"Td6WFoA", b"KLUv")
# What `git diff --binary` writes before base85.
_PATCH = b"GITbinarypatch"
# Searched for where only letters, digits and `-` are left.
LITERALS = (*NARROW, *BODIES, *BASE64, *PACKED_IN_BASE64, _PATCH)
# Searched for in bytes as they are.
ANCHORS = (*LITERALS, *WIDE)
# The ten that cover most.
HISTORY_LITERALS = (*_BEDROCK, *WIDE[: len(_BEDROCK)], *BASE64)

# How the first row of a dump begins, and the next two: in hex, in decimal, and as `od` counts. What
# is dumped as letters shows nothing else of a key, once an offset stands in each of its signs.
_FIRST_ROW, _THREE_ROWS = b"000000", 160
_FURTHER_ROWS = ((b"000010", b"000020"), (b"000016", b"000032"), (b"000020", b"000040"))
_DECODED = b"-at-"
_ACCOUNT_LENGTH = 12
# All but capitals, digits and `-`.
_SMALL = bytes(range(256)).translate(None, b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_FEWEST_CAPITALS = 3
_CAPITALS = tuple((literal.translate(None, _SMALL), literal) for literal in LITERALS)
_BY_CAPITALS = tuple(
    (capitals, literal)
    for capitals, literal in _CAPITALS
    if len(capitals.replace(b"-", b"")) >= _FEWEST_CAPITALS
)
_WHOLE = tuple(literal for literal in LITERALS if literal not in dict(_BY_CAPITALS).values())
_AS_DIGITS = bytes.maketrans(b"0123456789", b"d" * 10)
_ACCOUNT = _DECODED.translate(None, _SMALL) + b"d" * _ACCOUNT_LENGTH


def has_literal(letters: bytes) -> bool:
    """Return whether a literal stands in `letters`, a key that was decoded, or a dump."""
    if any(literal in letters for literal in _WHOLE):
        return True
    capitals = letters.translate(None, _SMALL)
    return (
        any(some in capitals and literal in letters for some, literal in _BY_CAPITALS)
        or (_ACCOUNT in capitals.translate(_AS_DIGITS) and any(True for _ in decoded(letters)))
        or (_FIRST_ROW in capitals and any(True for _ in dumped(letters)))
    )


def decoded(letters: bytes) -> Iterator[int]:
    """Yield where a name ends in `-at-` and an account, as in a long-term key that was decoded."""
    offset = letters.find(_DECODED)
    while offset >= 0:
        begin = offset + len(_DECODED)
        account = letters[begin : begin + _ACCOUNT_LENGTH]
        if len(account) == _ACCOUNT_LENGTH and account.isdigit():
            yield offset
        offset = letters.find(_DECODED, begin)


def dumped(letters: bytes) -> Iterator[int]:
    """Yield where the first row of a dump may begin, before the second and the third."""
    offset = letters.find(_FIRST_ROW)
    while offset >= 0:
        rows = letters[offset : offset + _THREE_ROWS]
        if any(0 < rows.find(second) < rows.find(third) for second, third in _FURTHER_ROWS):
            yield offset
        offset = letters.find(_FIRST_ROW, offset + len(_FIRST_ROW))
