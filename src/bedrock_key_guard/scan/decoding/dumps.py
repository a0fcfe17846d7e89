"""Read the dumps of bytes that `xxd`, `hexdump`, `od` and their likes print.

A row is an offset, the bytes in hex, and often the same bytes as text. The offsets tell how many
bytes a row has, and the first row tells in which columns they stand: so the text beside them, which
may look like more hex, is left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.decoding.layer import Layer, Listed, Regular

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROW = (
    rb"[ \t#>*/;|+-]{0,24}(?:0[xX])?(?P<offset>[0-9A-Fa-f]{4,16})[:hH]?[ \t|]{1,8}"
    rb"(?P<pairs>[0-9A-Fa-f]{2}(?:[ \t-]{0,3}[0-9A-Fa-f]{2}){0,63})[^\n]{0,160}(?=\n|\Z)"
)
# What begins with a literal is found much sooner.
_FIRST, _FURTHER = re.compile(_ROW), re.compile(rb"\n" + _ROW)
_PAIR = re.compile(rb"[0-9A-Fa-f]{2}")
# The bases in which tools count; that of `od` is eight.
_BASES: tuple[int, ...] = (16, 10, 8)
# How a dump writes rows that are like the one before, and how many of them are taken for a key's.
_SAME, _MOST_ALIKE = b"\n*", 64
_FEWEST, _SMALLEST, _LARGEST = 40, 4, 64
_WORDS = re.compile(rb"[0-9A-Fa-f]{4}(?:[ \t]{1,2}[0-9A-Fa-f]{4}){2}")

Rows = list["re.Match[bytes]"]


def from_dump(layer: Layer) -> Iterator[Layer]:
    """Yield what each dump shows; where it shows words, in both byte orders."""
    for rows, width in _dumps(layer.data):
        places = [place for row in rows for place in _places(layer.data, rows[0], row, width)]
        if len(places) < _FEWEST:
            continue
        yield _layer(layer, places)
        if _WORDS.match(layer.data, rows[0].start("pairs")):
            swapped = [
                place for pair in zip(places[1::2], places[::2], strict=False) for place in pair
            ]
            yield _layer(layer, swapped)


def _layer(layer: Layer, places: list[int]) -> Layer:
    """Return the bytes that are written at these places."""
    digits = b"".join(layer.data[at : at + 2] for at in places)
    listed = Layer(bytes.fromhex(digits.decode()), Listed(places), layer, layer.depth)
    return Layer(listed.data, Regular(0, name="hex"), listed, layer.depth + 1)


def _dumps(data: bytes) -> Iterator[tuple[Rows, int]]:
    """Yield rows that follow each other at a constant distance, and that distance."""
    rows: Rows = []
    width, bases = 0, _BASES
    for row in (*filter(None, [_FIRST.match(data)]), *_FURTHER.finditer(data)):
        if len(rows) == 1 and row.start() == rows[0].end():
            width = _width(rows[0], row)
        if rows and width:
            distances = _distances(data, rows[-1], row, width, bases)
            if distances:
                bases = tuple(distances)
                rows += [*[rows[-1]] * (distances[bases[0]] - 1), row]
                continue
        if width:
            yield rows, width
        rows, width, bases = [row], 0, _BASES
    if width:
        yield rows, width


def _distances(
    data: bytes, before: re.Match[bytes], row: re.Match[bytes], width: int, bases: tuple[int, ...]
) -> dict[int, int]:
    """Return, for each base in which it can, how many rows one comes behind another."""
    between = data[before.end() : min(row.start(), before.end() + len(_SAME) + 1)]
    most = {b"": 1, _SAME: _MOST_ALIKE}.get(between, 0)
    counted = {base: _at(row, base) - _at(before, base) for base in bases}
    return {b: n // width for b, n in counted.items() if n % width == 0 and 0 < n <= most * width}


def _at(row: re.Match[bytes], base: int) -> int:
    try:
        return int(row["offset"], base)
    except ValueError:
        return 0


def _width(first: re.Match[bytes], second: re.Match[bytes]) -> int:
    """Return how many bytes a row has: as many as it counts and can show; 0 if that is none."""
    shown = len(_PAIR.findall(first["pairs"]))
    counted = (_at(second, base) - _at(first, base) for base in _BASES)
    return next((n for n in counted if _SMALLEST <= n <= min(shown, _LARGEST)), 0)


def _places(data: bytes, first: re.Match[bytes], row: re.Match[bytes], width: int) -> Iterator[int]:
    """Yield where a row writes its bytes: in the columns in which the first row does."""
    begin = row.start("pairs")
    pairs = list(_PAIR.finditer(data, first.start("pairs"), first.end("pairs")))[:width]
    end = min(begin + pairs[-1].end() - pairs[0].start(), row.end("pairs"))
    yield from (pair.start() for pair in _PAIR.finditer(data, begin, end))
