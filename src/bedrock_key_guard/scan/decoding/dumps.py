"""Read the dumps of bytes that `od`, `xxd`, `hexdump`, debuggers and their likes print.

A row is an offset, cells, and often the same bytes as text. Nobody says which tool it was: offsets
that grow by the same number tell how many bytes a row has, and of the forms that a cell can have
those are right in which the first cells of a row make as many. So the text beside them, which may
look like more cells, is left out. Where there are no offsets, a row is nothing but cells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, groupby, pairwise
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.decoding.layer import Layer, Listed, Regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Row = re.Match[bytes]
    Rows = list[Row]
    # The bytes of a cell, each with where it is written.
    Cell = list[tuple[int, int]]


def _in_lines(row: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return how the first row is found, and the others: by a literal, which is much sooner."""
    return re.compile(row), re.compile(rb"\n" + row)


# A dump from its beginning.
_LEAD, _BESIDE = rb"[ \t#>*/;|+-]{0,24}(?:0[xX])?", rb"[^0-9A-Za-z\n][^\n]{0,700}"
ROWS = re.compile(
    rb"(?m)^%b0{4,16}%b(?:\n(?:%b[0-9A-Fa-f]{4,16}%b|\*|[ \t]{4}[^\n]{0,700}))+"
    % (_LEAD, _BESIDE, _LEAD, _BESIDE)
)
_ROW = _in_lines(
    rb"%b(?P<offset>[0-9A-Fa-f]{4,16})(?: ?<[^<>\n]{1,99}>)?[:hH]?"
    rb"(?P<cells>[ \t|]{1,24}[^\s|][^\n]{0,640})(?=\n|\Z)" % _LEAD
)
# One letter in four columns, or what has none in two or three of them.
_LETTER = rb"(?:   [ -~]|  \\[0abfnrtv]|  [a-z]{2}| [0-7]{3}| [a-z]{3})"
_BARE = _in_lines(
    rb"(?P<cells>%b{2,64}|[ \t]{1,24}-?[0-9A-Fa-f]{2,22}(?:[ \t]{1,24}-?[0-9A-Fa-f]{1,22}){0,63})"
    rb"[ \t]{0,24}\r?(?=\n|\Z)" % _LETTER
)
# The bases in which tools count; that of `od` is eight.
_BASES = (16, 10, 8)
# How a dump writes rows that are like the one before, and how many of them are taken for a key's.
_SAME, _MOST_ALIKE = b"\n*", 12
# It may show each row in two ways, the second time without the offset.
_AGAIN = re.compile(rb"(?:\n[ \t]{4}[^\n]{0,640})?")
_FEWEST, _SMALLEST, _LARGEST = 40, 4, 256


@dataclass(frozen=True, slots=True)
class _Form:
    """Say how a cell is written, and which bytes its digits are, the first digits first.

    `apart` is how far from each other the bytes of a cell are written.
    """

    name: str
    cell: re.Pattern[bytes]
    value: Callable[[bytes], bytes]
    apart: int = 0

    def bytes_of(self, cell: Row) -> Cell:
        """Return the bytes of a cell."""
        begin = cell.start(1)
        return [(byte, begin + self.apart * at) for at, byte in enumerate(self.value(cell[1]))]


def _cell(digits: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"[ \t|-]{0,24}(?<![^\s|-])(?:0[xX])?(%b)(?![^\s|-])" % digits)


def _numbers(name: str, base: int, size: int, digits: bytes) -> _Form:
    """Return the form of numbers of so many bytes; those with a sign wrap around."""
    whole = 1 << 8 * size
    return _Form(name, _cell(digits), lambda cell: (int(cell, base) % whole).to_bytes(size, "big"))


_FORMS = (
    _Form("hex", _cell(rb"(?:[0-9A-Fa-f]{2}){1,64}"), lambda cell: bytes.fromhex(cell.decode()), 2),
    *(
        _numbers("octal", 8, size, rb"0?[0-7]{%d}" % digits)
        for size, digits in ((1, 3), (2, 6), (4, 11), (8, 22))
    ),
    *(
        _numbers("decimal", 10, size, rb"-?[0-9]{1,%d}" % digits)
        for size, digits in ((1, 3), (2, 5), (4, 10), (8, 20))
    ),
    _numbers("binary", 2, 1, rb"[01]{8}"),
    _Form(
        "characters",
        re.compile(rb"(?=%b) {1,3}([^ \n]{1,3}|(?<=   ) )" % _LETTER),
        lambda cell: cell if len(cell) == 1 else b"\n",
    ),
)


def from_dump(layer: Layer) -> Iterator[Layer]:
    """Yield what each dump shows, in every form that its cells may have and in both byte orders."""
    for rows, width in chain(_counted(layer.data), _uncounted(layer.data)):
        known: set[str] = set()
        for form in _FORMS:
            # Where nothing tells their size, cells are as small as they can be.
            fits = width or form.name not in known
            cells = list(_cells(layer.data, rows, width, form)) if fits else []
            known |= {form.name} if cells else set()
            if sum(map(len, cells)) >= _FEWEST:
                yield _layer(layer, form, chain.from_iterable(cells))
                if any(len(cell) > 1 for cell in cells):
                    yield _layer(layer, form, chain.from_iterable(each[::-1] for each in cells))


def _layer(layer: Layer, form: _Form, written: Iterable[tuple[int, int]]) -> Layer:
    """Return the bytes that are written at these places."""
    data, places = zip(*written, strict=True)
    listed = Layer(bytes(data), Listed(list(places)), layer, layer.depth)
    return Layer(listed.data, Regular(0, name=form.name), listed, layer.depth + 1)


def _cells(data: bytes, rows: Rows, width: int, form: _Form) -> Iterator[Cell]:
    """Yield the cells of all rows, if the first has as many of this form as make its bytes."""
    begin, end = rows[0].span("cells")
    if end - begin < 2 * width:
        return
    cells, after = _of_row(data, (begin, end), width, form)
    if sum(map(len, cells)) != width if width else after < end:
        return
    # Where text stands beside the cells, it does so in the same column.
    columns = after - begin if data[after:end].strip() else end
    for row, alike in groupby(rows):
        begin, end = row.span("cells")
        cells, _ = _of_row(data, (begin, min(end, begin + columns)), width, form)
        for _ in alike:
            yield from cells


def _of_row(data: bytes, place: tuple[int, int], width: int, form: _Form) -> tuple[list[Cell], int]:
    """Return the cells at a place that make so many bytes, all if `width` is 0, and their end."""
    cells: list[Cell] = []
    size, (begin, end) = 0, place
    while (size < width or not width) and (found := form.cell.match(data, begin, end)):
        cells.append(form.bytes_of(found))
        size, begin = size + len(cells[-1]), found.end()
    return cells, begin


def _counted(data: bytes) -> Iterator[tuple[Rows, int]]:
    """Yield rows whose offsets grow at a constant distance, and that distance."""
    rows: Rows = []
    widths: dict[int, int] = {}
    for row in _found(_ROW, data):
        further = _widths(data, rows[-1], row, widths) if rows else {}
        if not further:
            yield from _filled(rows, widths)
            rows = []
        rows.append(row)
        widths = further
    yield from _filled(rows, widths)


def _filled(rows: Rows, widths: dict[int, int]) -> Iterator[tuple[Rows, int]]:
    """Yield the rows for each width, those that were left out as often as it says."""
    for width, base in {width: base for base, width in widths.items()}.items():
        offsets = [_at(row, base) for row in rows]
        times = [(second - first) // width for first, second in pairwise(offsets)]
        yield [row for row, n in zip(rows, (*times, 1), strict=True) for _ in range(n)], width


def _uncounted(data: bytes) -> Iterator[tuple[Rows, int]]:
    """Yield rows of nothing but cells, and 0."""
    rows: Rows = []
    for row in _found(_BARE, data):
        if rows and row.start() != rows[-1].end():
            yield rows, 0
            rows = []
        rows.append(row)
    if rows:
        yield rows, 0


def _found(pattern: tuple[re.Pattern[bytes], re.Pattern[bytes]], data: bytes) -> Iterator[Row]:
    first, further = pattern
    if found := first.match(data):
        yield found
    yield from further.finditer(data)


def _widths(data: bytes, before: Row, row: Row, widths: dict[int, int]) -> dict[int, int]:
    """Return, for each base in which a row can follow another, how many bytes a row has."""
    between = data[before.end() : row.start()]
    most = 1 if _AGAIN.fullmatch(between) else _MOST_ALIKE * (between.rstrip(b"\r") == _SAME)
    counted = {base: _at(row, base) - _at(before, base) for base in widths or _BASES}
    if not widths:
        return {b: n for b, n in counted.items() if most == 1 and _SMALLEST <= n <= _LARGEST}
    return {
        b: widths[b] for b, n in counted.items() if 0 < n <= most * widths[b] and not n % widths[b]
    }


def _at(row: Row, base: int) -> int:
    """Return the offset of a row, far from all others if it is none in this base."""
    try:
        return int(row["offset"], base)
    except ValueError:
        return -1 << 99
