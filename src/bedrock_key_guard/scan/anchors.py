"""Tell at the speed of `bytes.find` whether bytes may hold a key, however it is written.

One `find` for each literal runs at memory speed; a regular expression with alternation or
lookbehind runs ten times slower. So literals come first, and structure is checked at a hit. With
everything but letters and digits taken out, one literal covers UTF-8, UTF-16 and UTF-32, every
wrap and every split string; what has no literal (base64 in base64, letters escaped one by one)
shows as a long or dense stretch of one kind.
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

_WORD = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
_HEX = b"0123456789ABCDEFabcdef"
BETWEEN = bytes(byte for byte in range(256) if byte not in _WORD or byte == ord("_"))
# Base64 of text: each fourth character is one of these, in UTF-16 too. A key in base64 in base64 is
# longer than this, and text that is no base64 is shorter.
_TEXT = b"t" * 36
_TEXT_TABLE = bytes(116 if byte in b"ACDIJKLMNOPQRSTUVWXYZabcdef" else 0 for byte in range(256))
_QUAD = 4
# Base64 of what zlib compressed: a long run with one of its beginnings (RFC 1950, any level).
_ZLIB = (b"eA", b"eF", b"eJ", b"eN")
_RUN = b"a" * 60
_RUN_TABLE = bytes(97 if byte in _WORD + b"+/" else 0 for byte in range(256))
# Eighty bytes in hex, whatever stands between them, and then the forms that are understood: a key
# is longer than any digest.
HEX_RUN = b"h" * 160
_HEX_PIECE = b"h" * 24
HEX_TABLE = bytes(104 if byte in _HEX + b"xXuU" else byte for byte in range(256))
_HEX_BETWEEN = b"\0\r\n"
_HEX_DIGITS = bytes(104 if byte in _HEX else byte for byte in range(256))
_HEX_FORMS = tuple(
    form * times
    for times, *forms in (
        (1, _HEX_PIECE, b"hh;&#h"),
        (8, b"=hh", b"%hh", b"hh:", b"hh ", b"hh  ", b"hhhh ", b"hh,", b"hh, "),
        (8, b"hxhh,", b"hxhh, ", b"hxhh ", b"#xhh;&"),
        (8, b"hhh\\", b"xhh\\", b"uhhhh\\", b"u{hh}\\", b"Uhhhhhhhh\\"),
    )
    for form in forms
)
# So many escapes in so many bytes are more than text needs.
BLOCK = 1024
_DENSE = 20
_ESCAPES = (
    (b"%", (b"%2", b"%3", b"%4", b"%5", b"%6", b"%7")),
    (b"&", (b"&#",)),
    (b"\\", (b"\\x", b"\\u0", b"\\u{", b"\\U0", b"\\1", b"\\0")),
)
_DECODED = b"-at-"
_ACCOUNT_LENGTH = 12
# A window that follows another must begin so many bytes before its end.
OVERLAP = 2048


def any_anchor(data: bytes) -> bool:
    """Tell whether `data` may hold a key, in any encoding that the scanner can undo."""
    letters = data.translate(None, BETWEEN)
    return (
        any(literal in letters for literal in LITERALS)
        or any(True for _ in texts(letters))
        or any(True for _ in compressed(data))
        or any(True for _ in decoded(letters))
        or any(True for _ in dense(data))
        or is_hex(data, letters.translate(HEX_TABLE))
    )


def texts(letters: bytes) -> Iterator[tuple[int, int]]:
    """Yield where letters look like base64 of text, and longer than any identifier."""
    shape = letters.translate(_TEXT_TABLE)
    for phase in range(_QUAD):
        quads = shape[phase::_QUAD]
        begin = quads.find(_TEXT)
        while begin >= 0:
            end = quads.find(b"\0", begin)
            end = len(quads) if end < 0 else end
            yield phase + begin * _QUAD, min(phase + end * _QUAD, len(letters))
            begin = quads.find(_TEXT, end)


def compressed(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the long runs of base64 that begin as zlib's do."""
    shape = data.translate(_RUN_TABLE)
    begin = shape.find(_RUN)
    while begin >= 0:
        end = shape.find(b"\0", begin)
        end = len(shape) if end < 0 else end
        if data.startswith(_ZLIB, begin):
            yield begin, end
        begin = shape.find(_RUN, end)


def decoded(letters: bytes) -> Iterator[int]:
    """Yield where a name ends in `-at-` and an account, as in a long-term key that was decoded."""
    offset = letters.find(_DECODED)
    while offset >= 0:
        begin = offset + len(_DECODED)
        account = letters[begin : begin + _ACCOUNT_LENGTH]
        if len(account) == _ACCOUNT_LENGTH and account.isdigit():
            yield offset
        offset = letters.find(_DECODED, begin)


def dense(data: bytes) -> Iterator[int]:
    """Yield the blocks in which hardly a character is written as itself."""
    for first, escapes in _ESCAPES:
        for begin in _crowded(data, first):
            end = begin + BLOCK
            if sum(data.count(escape, begin, end) for escape in escapes) >= _DENSE:
                yield begin


def _crowded(data: bytes, byte: bytes) -> Iterator[int]:
    """Yield the blocks that hold many of one byte, by halves and not one by one."""
    waiting = [(0, BLOCK << (len(data) // BLOCK).bit_length())]
    while waiting:
        begin, end = waiting.pop()
        if data.count(byte, begin, end) < _DENSE:
            continue
        if end - begin == BLOCK:
            yield begin
            continue
        part = max((end - begin) // 16, BLOCK)
        waiting += ((at, at + part) for at in range(begin, min(end, len(data)), part))


def is_hex(data: bytes, letters: bytes) -> bool:
    """Tell whether a long row of hex digits is text; `letters` is what the row was seen in."""
    if HEX_RUN not in letters:
        return False
    digits = data.translate(_HEX_DIGITS, _HEX_BETWEEN)
    return any(form in digits for form in _HEX_FORMS)
