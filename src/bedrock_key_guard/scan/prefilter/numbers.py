"""Tell whether rows of digits write bytes, as dumps, escapes and lists of numbers do.

Imported where there are such rows, since the hook asks about every file.
"""

from __future__ import annotations

from bedrock_key_guard.scan.prefilter.shapes import BEHIND_ROW, BETWEEN, BLOCK, HEX, rows, shape_of

# For type checkers alone: `typing` would double a start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    # Where a row begins and ends, and whether it is very long.
    Rows = Sequence[tuple[int, int, bool]]

# The forms that are understood.
_HEX_PIECE = b"h" * 24
_HEX_BETWEEN = b"\0\r\n"
_HEX_DIGITS = bytes.maketrans(HEX + b"UX", b"h" * len(HEX) + b"ux")
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
_CELL_TABLE = shape_of(HEX + b"xX \t\n", b"h")
_CELL_DIGITS = bytes.maketrans(HEX + b"X\t\n", b"h" * len(HEX) + b"x  ")
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
# Rows that stand so near to each other are looked at together.
_TOGETHER = 1 << 14


def stretches(data: bytes, letters: bytes, found: Rows) -> Iterator[tuple[int, int]]:
    """Yield the stretches of `data` in which rows that were `found` in its letters write bytes."""
    if _are_digests(data, letters, found):
        return
    joined: list[tuple[int, int, bool]] = []
    for begin, end, is_long in _placed(data, found):
        first, last, was_long = joined[-1] if joined else (0, -1, False)
        if begin <= last and end - first <= _TOGETHER:
            joined[-1] = first, max(end, last), is_long or was_long
        else:
            joined.append((begin, end, is_long))
    for begin, end, is_long in joined:
        if _writes_bytes(data[begin:end], is_long=is_long):
            yield begin, end


def _are_digests(data: bytes, letters: bytes, found: Rows) -> bool:
    """Return whether nothing stands between the digits of any row, as it does in all dumps."""
    at = 0
    for begin, end, is_long in found:
        middle = (begin + end) // 2
        at = -1 if is_long else data.find(letters[middle - 12 : middle + 12], at)
        if at < 0:
            return False
    return True


def _placed(data: bytes, found: Rows) -> Iterator[tuple[int, int, bool]]:
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
    import re  # which would double a start

    return bool(re.search(_LETTERS_IN_DECIMAL, numbers))
