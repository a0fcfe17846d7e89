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

# Nothing more is imported here, for type checkers neither: `typing` alone would double a start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def _shape(letters: bytes, mark: bytes) -> bytes:
    """Return the table that writes `mark` for some letters and NUL for all others."""
    others = bytes(range(256)).translate(None, letters)
    return bytes.maketrans(letters + others, mark * len(letters) + bytes(len(others)))


WORD = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
BETWEEN = bytes(range(256)).translate(None, WORD.replace(b"_", b""))
# A window that follows another must begin so many bytes before its end.
OVERLAP = 2048
_HEX = b"0123456789ABCDEFabcdef"
# Base64 of ASCII, of which each byte has its first bit clear: so of four characters the first,
# second and third have one clear, and the fourth may be any. A key in base64 in base64 is longer
# than this, and what is no base64 of text is shorter.
_TEXT = b"t" * 36
ASCII_QUAD = (
    b"ACDIJKLMNOPQRSTUVWXYZabcdef",
    b"ACDEFGHQSTUVWXgijklmnwyz0123",
    b"ABEFIJMNQRUVYZcdghklopstwx014589",
)
_QUAD_TABLES = tuple(_shape(each, b"t") for each in ASCII_QUAD)
_QUAD = 4
# One letter in so many is looked at, which is enough to see a row of one kind.
_TEXT_STEP = 16
_TEXT_SAMPLE = b"t" * (len(_TEXT) * _QUAD // _TEXT_STEP)
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
_RUN_TABLE = _shape(WORD + b"+/", b"a")
# Eighty bytes in hex, whatever stands between them, and then the forms that are understood: a key
# is longer than any digest.
HEX_RUN = b"h" * 160
# A row of a dump: sixteen bytes, and an offset that stands before them.
HEX_ROW = b"h" * 36
_HEX_PIECE = b"h" * 24
HEX_TABLE = _shape(_HEX + b"xXuU", b"h")
_HEX_STEP = 4
_HEX_SAMPLE = b"h" * (len(HEX_ROW) // _HEX_STEP)
_HYPHENATED_TABLE = _shape(_HEX + b"xXuU-", b"h")
_HEX_BETWEEN = b"\0\r\n"
_HEX_DIGITS = bytes.maketrans(_HEX + b"UX", b"h" * len(_HEX) + b"ux")
_HEX_FORMS = tuple(
    form * times
    for times, *forms in (
        (1, _HEX_PIECE, b"hh;&#h"),
        (8, b"=hh", b"%hh", b"hh:", b"hh-", b"hh  ", b"hh,", b"hh, "),
        (8, b"hxhh,", b"hxhh, ", b"hxhh ", b"#xhh;&"),
        (8, b"hhh\\", b"xhh\\", b"uhhhh\\", b"u{hh}\\", b"uhhhhhhhh\\"),
    )
    for form in forms
)
# Cells of a dump, in as many digits as a base needs for one byte, two, four or eight, and as many
# of them as stand in a row, with one blank between. In decimal they may have fewer digits.
_CELL_TABLE = _shape(_HEX + b"xX \t\n", b"h")
_CELL_DIGITS = bytes.maketrans(_HEX + b"X\t\n", b"h" * len(_HEX) + b"x  ")
_CELL_DECIMALS = bytes.maketrans(b"0123456789\t\n", b"h" * 10 + b"  ")
_CELL_BETWEEN, _CELLS = b"\0\r", b"h" * 24
_CELL_FORMS = tuple(
    (b"h" * digits + b" ") * times
    for times, *some in ((8, 2, 4, 5, 6), (4, 8, 9, 11), (2, 16, 19, 22))
    for digits in some
)
_FEWER = ((b"hhh ", b"hh "), (b"h" * 10, b"h" * 9))
# Numbers of two digits (those of three look the same) and commas, whatever stands between them.
_DECIMALS = b"dd," * 40
_LETTER = rb"(?:4[35789]|5[0-7]|6[15-9]|[78][0-9]|9[057-9]|1[01][0-9]|12[0-2])"
# It begins with what each has: with a comma it is found four times as fast.
_LETTERS_IN_DECIMAL = rb",(?:%b,){59}" % _LETTER
_DECIMAL_TABLE = bytes.maketrans(b"0123456789", b"d" * 10)
_DECIMAL_BETWEEN = b"\0\t\n\r "
# So many escapes in so many bytes are more than text needs.
BLOCK = 1024
# How far behind the end of a row most of a key may stand.
BEHIND_ROW = 4096
# Rows that stand so near to each other are looked at together.
_TOGETHER = 1 << 14
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


def texts(letters: bytes) -> Iterator[tuple[int, int]]:
    """Yield where letters look like base64 of ASCII, and longer than any identifier."""
    for phase in range(_QUAD):
        sample = letters[phase::_TEXT_STEP].translate(_QUAD_TABLES[0])
        for first, last in rows(sample, _TEXT_SAMPLE):
            begin = phase + max((first - 1) * _TEXT_STEP + _QUAD, 0)
            end = phase + last * _TEXT_STEP
            shapes = [
                letters[begin + at : end + at : _QUAD].translate(table)
                for at, table in enumerate(_QUAD_TABLES)
            ]
            for run_begin, run_end in _common(shapes, _TEXT):
                yield begin + run_begin * _QUAD, min(begin + run_end * _QUAD, len(letters))


def rows(shape: bytes, row: bytes) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a shape, from NUL to NUL, that are as long as `row` or longer."""
    begin = shape.find(row)
    while begin >= 0:
        end = shape.find(b"\0", begin)
        end = len(shape) if end < 0 else end
        yield begin, end
        begin = shape.find(row, end)


def _common(shapes: Sequence[bytes], row: bytes) -> Iterator[tuple[int, int]]:
    """Yield the stretches that are long rows in all shapes."""
    for begin, end in rows(shapes[0], row):
        if len(shapes) == 1:
            yield begin, end
            continue
        for first, last in _common([shape[begin:end] for shape in shapes[1:]], row):
            yield begin + first, begin + last


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
    found = [*_hex_rows(letters)]
    if not found or _are_digests(data, letters, found):
        return
    stretches: list[tuple[int, int, bool]] = []
    for begin, end, is_long in _placed(data, found):
        first, last, was_long = stretches[-1] if stretches else (0, -1, False)
        if begin <= last and end - first <= _TOGETHER:
            stretches[-1] = first, max(end, last), is_long or was_long
        else:
            stretches.append((begin, end, is_long))
    for begin, end, is_long in stretches:
        if _writes_bytes(data[begin:end], is_long=is_long):
            yield begin, end


def _hex_rows(letters: bytes) -> Iterator[tuple[int, int, bool]]:
    """Yield rows of digits that are longer than a digest, and whether they are very long."""
    sample = letters[::_HEX_STEP].translate(_HYPHENATED_TABLE)
    for first, last in rows(sample, _HEX_SAMPLE):
        begin, end = max((first - 1) * _HEX_STEP, 0), last * _HEX_STEP
        digits = letters[begin:end].translate(HEX_TABLE, b"-")
        if HEX_ROW in digits:
            yield begin, end, HEX_RUN in digits


def _are_digests(data: bytes, letters: bytes, found: Sequence[tuple[int, int, bool]]) -> bool:
    """Return whether nothing stands between the digits of any row, as it does in all dumps."""
    at = 0
    for begin, end, is_long in found:
        middle = (begin + end) // 2
        at = -1 if is_long else data.find(letters[middle - 12 : middle + 12], at)
        if at < 0:
            return False
    return True


def _placed(data: bytes, found: Iterable[tuple[int, int, bool]]) -> Iterator[tuple[int, int, bool]]:
    """Yield in which blocks of `data` rows stand that were found in its letters, in their order."""
    at, before, size = -BLOCK, 0, 0
    for begin, end, is_long in found:
        first = -1
        for offset in (begin, end - 1):
            while before + size <= offset and at + BLOCK < len(data):
                at, before = at + BLOCK, before + size
                size = len(data[at : at + BLOCK].translate(None, BETWEEN))
            first = at if first < 0 else first
        yield first, at + BLOCK + BEHIND_ROW, is_long


def _writes_bytes(data: bytes, *, is_long: bool) -> bool:
    """Return whether `data` writes bytes as a dump does or, where a row `is_long`, in any form."""
    if _writes_cells(data):
        return True
    written = data.translate(_HEX_DIGITS, _HEX_BETWEEN)
    return is_long and (any(form in written for form in _HEX_FORMS) or _decimal(data))


def _writes_cells(data: bytes) -> bool:
    """Return whether rows of numbers stand in `data` as those of a dump do."""
    data = data.translate(None, _CELL_BETWEEN)
    found = rows(data.translate(_CELL_TABLE), _CELLS)
    cells = b"-".join(data[begin:end] for begin, end in found)
    written = _with_one_blank(cells.translate(_CELL_DIGITS).replace(b"hx", b""))
    if any(form in written for form in _CELL_FORMS):
        return True
    decimals = _with_one_blank(cells.translate(_CELL_DECIMALS))
    return any(form in decimals.replace(*fewer) for fewer in _FEWER for form in _CELL_FORMS)


def _with_one_blank(cells: bytes) -> bytes:
    for blanks in (b" " * 16, b" " * 5, b"  ", b"  "):
        cells = cells.replace(blanks, b" ")
    return cells


def _decimal(data: bytes) -> bool:
    """Return whether so many numbers may be letters, digits, `+`, `/`, `=`, `-` or `_`."""
    numbers = data.translate(None, _DECIMAL_BETWEEN)
    if _DECIMALS not in numbers.translate(_DECIMAL_TABLE).replace(b"ddd", b"dd"):
        return False
    import re

    return bool(re.search(_LETTERS_IN_DECIMAL, numbers))
