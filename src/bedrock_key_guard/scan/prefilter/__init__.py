"""Ask at the speed of `bytes.find` whether bytes may hold a key, however it is written.

One `find` for each literal runs at memory speed; a regular expression with alternation or
lookbehind runs ten times slower. So literals come first, and structure is checked at a hit. What
was encoded twice, escaped letter by letter or written as numbers has no literal; but it is a long
or dense stretch of one kind, which text seldom has, and is seen by that shape. What is left is for
the matcher, which alone says what is a key: the prefilter says yes to all that the matcher finds,
and to a little more.
"""

from __future__ import annotations

from bedrock_key_guard.scan.prefilter.literals import (
    BASE64,
    BODIES,
    PACKED_IN_BASE64,
    has_literal,
)
from bedrock_key_guard.scan.prefilter.shapes import (
    BETWEEN,
    BLOCK,
    WORD,
    digit_rows,
    rows,
    shape_of,
    texts,
)

# Nothing more is imported here, for type checkers neither: `typing` alone would double a start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# A window that follows another must begin so many bytes before its end.
OVERLAP = 2048
# Base64 of a file that holds others: a long run with one of its beginnings. They are those of zlib
# (RFC 1950, any level), LZMA, PDF, SQLite, ar, cpio, rpm, Git's packs and bundles,
# frames of LZ4 and Snappy, Avro, ORC and Parquet.
_PACKED = (
    *(b"eA", b"eF", b"eJ", b"eN", b"XQAA", b"JVBERi0", b"U1FMaXRlIGZvcm1hdCAz", b"ITxhcmNoPg"),
    *(b"MDcwNzA", b"7avu2", b"UEFDSw", b"IyB2MiBnaXQgYnVuZGxl", b"IyB2MyBnaXQgYnVuZGxl"),
    *(b"BCJNG", b"/wYAAHNOYVBw", b"T2JqAQ", b"T1JD", b"UEFSMR"),
)
# Deflate itself has no sign; so say draw.io, SAML, PHP, Node.js and .NET, before its base64.
_DEFLATE = (b"<diagram", b"SAMLRe", b"gzinflate", b"inflateRaw", b"DeflateStream")
SAYS_WITHIN = 96
_RUN = b"a" * 60
_RUN_TABLE = shape_of(WORD + b"+/", b"a")
_DENSE = 20
_ESCAPES = (
    (b"%", (b"%2", b"%3", b"%4", b"%5", b"%6", b"%7")),
    (b"&", (b"&#", b";#")),
    (b"\\", (b"\\x", b"\\u0", b"\\u{", b"\\U0", b"\\1", b"\\0")),
)


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
        any(literal in letters for literal in (*BODIES, *BASE64, *PACKED_IN_BASE64))
        or any(True for _ in texts(letters))
        or any(True for _ in compressed(data))
    )


def compressed(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the long runs of base64 that begin as what is compressed, or are said to be."""
    for begin, end in rows(data.translate(_RUN_TABLE), _RUN):
        if data.startswith(_PACKED, begin) or says_deflate(
            data[max(begin - SAYS_WITHIN, 0) : begin]
        ):
            yield begin, end


def says_deflate(before: bytes) -> bool:
    """Return whether what stands `before` base64 says that it holds deflate."""
    return any(word in before for word in _DEFLATE)


def dense(data: bytes) -> Iterator[int]:
    """Yield the blocks in which hardly a character is written as itself."""
    for first, escapes in _ESCAPES:
        at = data.find(first)
        while at >= 0:
            begin = at - at % BLOCK
            end = begin + BLOCK
            if (
                data.count(first, at, end) >= _DENSE
                and sum(data.count(escape, begin, end) for escape in escapes) >= _DENSE
            ):
                yield begin
            at = data.find(first, end)


def has_hex(data: bytes, letters: bytes) -> bool:
    """Return whether any row of hex may be more than a digest."""
    return any(True for _ in hexes(data, letters))


def hexes(data: bytes, letters: bytes) -> Iterator[tuple[int, int]]:
    """Yield the stretches of `data` with long rows of digits that may be bytes."""
    if found := [*digit_rows(letters)]:
        from bedrock_key_guard.scan.prefilter.numbers import stretches

        yield from stretches(data, letters, found)
