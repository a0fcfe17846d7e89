"""See long stretches of one kind by the shape that letters have: base64 of text, and digits.

A table writes one mark for all letters of a kind, so that `find` sees a row of them.
"""

from __future__ import annotations

# Nothing more is imported here, for type checkers neither: `typing` alone would double a start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def shape_of(letters: bytes, mark: bytes) -> bytes:
    """Return the table that writes `mark` for some letters and NUL for all others."""
    others = bytes(range(256)).translate(None, letters)
    return bytes.maketrans(letters + others, mark * len(letters) + bytes(len(others)))


WORD = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
BETWEEN = bytes(range(256)).translate(None, WORD.replace(b"_", b""))
# So many escapes in so many bytes are more than text needs.
BLOCK = 1024
# How far behind the end of a row most of a key may stand.
BEHIND_ROW = 4096
# Base64 of ASCII, of which each byte has its first bit clear: so of four characters the first,
# second and third have one clear, and the fourth may be any. A key in base64 in base64 is longer
# than this, and what is no base64 of text is shorter.
_TEXT = b"t" * 36
ASCII_QUAD = (
    b"ACDIJKLMNOPQRSTUVWXYZabcdef",
    b"ACDEFGHQSTUVWXgijklmnwyz0123",
    b"ABEFIJMNQRUVYZcdghklopstwx014589",
)
_QUAD_TABLES = tuple(shape_of(each, b"t") for each in ASCII_QUAD)
_QUAD = 4
# One letter in so many is looked at, which is enough to see a row of one kind.
_TEXT_STEP = 16
_TEXT_SAMPLE = b"t" * (len(_TEXT) * _QUAD // _TEXT_STEP)
HEX = b"0123456789ABCDEFabcdef"
# Eighty bytes in hex, whatever stands between them: a key
# is longer than any digest.
HEX_RUN = b"h" * 160
# A row of a dump: sixteen bytes, and an offset that stands before them.
HEX_ROW = b"h" * 36
HEX_TABLE = shape_of(HEX + b"xXuU", b"h")
_HEX_STEP = 4
_HEX_SAMPLE = b"h" * (len(HEX_ROW) // _HEX_STEP)
_HYPHENATED_TABLE = shape_of(HEX + b"xXuU-", b"h")


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


def digit_rows(letters: bytes) -> Iterator[tuple[int, int, bool]]:
    """Yield rows of digits that are longer than a digest, and whether they are very long."""
    sample = letters[::_HEX_STEP].translate(_HYPHENATED_TABLE)
    for first, last in rows(sample, _HEX_SAMPLE):
        begin, end = max((first - 1) * _HEX_STEP, 0), last * _HEX_STEP
        digits = letters[begin:end].translate(HEX_TABLE, b"-")
        if HEX_ROW in digits:
            yield begin, end, HEX_RUN in digits
