"""Decode what is encoded as a whole: wide text, base64, hex and lists of numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from bedrock_key_guard.keys import envelope
from bedrock_key_guard.scan import prefilter
from bedrock_key_guard.scan.decoding.escapes import WRAPPED
from bedrock_key_guard.scan.decoding.layer import Layer, Listed, Regular, Thinned
from bedrock_key_guard.scan.prefilter import literals
from bedrock_key_guard.scan.prefilter.shapes import HEX, WORD, rows, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDE = re.compile(rb"(?:[\x01-\x7f]\0){16,}[\x01-\x7f]?")
_WIDER = re.compile(rb"(?:[\x01-\x7f]\0{3}){16,}[\x01-\x7f]?")
_BASE64, _BASE64_URL = (
    re.compile(
        rb"(?<![%(set)b])[%(set)b]{8,}(?:[ \t]{0,8}\r?\n[ \t]*[%(set)b]{4,})*" % {b"set": letters}
    )
    for letters in (rb"A-Za-z0-9+/", rb"A-Za-z0-9_-")
)
_SHORTEST_BASE64 = 76
# To pass over what is no such run takes a tenth of what the expressions take.
_BASE64_ROW = b"a" * _SHORTEST_BASE64
_BASE64_TABLE = shape_of(WORD + b"+/ \t\r\n", b"a")
# Pairs of digits, whatever stands between them. What says that hex follows, or goes on in the next
# line, is blank to begin with.
_FEWEST_DIGITS = 80
_BETWEEN_PAIRS = b" \t:,-\r\n"
_HEX_SIGNS = (b"0x", b"0X")
_CONTINUED = (b"\\\r", b"\\\n")
_HEX_TABLE = shape_of(HEX, b"h")
_ROW_TABLE = shape_of(HEX + _BETWEEN_PAIRS, b"h")
_UNPAIRED = re.compile(rb"h")
# Numbers of a list, as most languages write one.
_FEWEST_NUMBERS = 40
_NUMBERS = re.compile(
    rb"(?<![0-9.])[1-9][0-9]{0,2}"
    rb"(?:[ \t]{0,8},[ \t]{0,40}(?:\r?\n[ \t]{0,80})?[1-9][0-9]{0,2}){39,}(?![0-9.])"
)
_NUMBER = re.compile(rb"[0-9]+")
_NUMBERS_ROW = b"n" * (2 * _FEWEST_NUMBERS - 1)
_NUMBERS_TABLE = shape_of(b"0123456789, \t\r\n", b"n")
_BETWEEN_LINES = b" \t\r\n"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def wide(layer: Layer) -> Iterator[Layer]:
    """Yield the ASCII stretches of UTF-32 and UTF-16; where a letter stands tells the order."""
    if b"\0" not in layer.data:
        return
    for width, pattern in ((4, _WIDER), (2, _WIDE)):
        for run in pattern.finditer(layer.data):
            order = "be" if _is_big_endian(layer, run.start(), width) else "le"
            # Inside another encoding the zeros before a letter are written out, and belong to it.
            zeros = width - 1 if order == "be" and layer.depth else 0
            name = f"utf-{8 * width}-{order}"
            shape = Regular(run.start() - zeros, times=width, name=name)
            yield Layer(run[0][::width], shape, layer, layer.depth + 1)


def _is_big_endian(layer: Layer, letter: int, width: int) -> bool:
    if layer.depth:
        # Inside another encoding nothing tells at which offset the text began.
        return layer.data[max(letter - width + 1, 0) : letter] == bytes(width - 1)
    return (layer.shape.source(0) + letter) % width == width - 1


def from_base64(layer: Layer) -> Iterator[Layer]:
    """Yield what each long run of base64 holds, at every alignment that it may have."""
    found = [*rows(layer.data.translate(_BASE64_TABLE), _BASE64_ROW)]
    for row in found:
        for run in _BASE64_URL.finditer(layer.data, *row):
            if b"-" in run[0] or b"_" in run[0]:
                yield from _decoded(layer, run, "base64url")
    for row in found:
        for run in _BASE64.finditer(layer.data, *row):
            yield from _decoded(layer, run, "base64")


def _decoded(layer: Layer, run: re.Match[bytes], name: str) -> Iterator[Layer]:
    if run.end() - run.start() < _SHORTEST_BASE64:
        return
    joined = _joined(layer, run) if b"\n" in run[0] else _slice(layer, run.start(), run.end())
    text = joined.data.translate(_URL_SAFE)
    # Where the run's beginning is not seen, or something stands before it, any may be right.
    cut = run.start() == 0 or any(literal in text for literal in literals.BASE64)
    for skip in (*range(4 if cut else 1), *_second_line(run[0])):
        shape = Regular(skip, times=4, per=3, name=name)
        yield Layer(envelope.decode(text[skip:]), shape, joined, layer.depth + 1)


def kind_before(whole: Layer) -> str:
    """Return what kind of stream the words before a run of base64 say that it holds, or ""."""
    joined = whole.outer
    if joined is None or joined.outer is None or whole.shape.source(0):
        return ""
    begin = joined.shape.source(0)
    before = joined.outer.data[max(begin - prefilter.SAYS_WITHIN, 0) : begin]
    return "deflate" if prefilter.says_deflate(before) else ""


def _second_line(run: bytes) -> tuple[int, ...]:
    """Say where base64 begins if the first line of a run is shorter: it may be a title."""
    first, second = (len(line.strip()) for line in (*run.split(b"\n", 2), b"")[:2])
    return (first,) if first < second else ()


def _slice(layer: Layer, begin: int, end: int) -> Layer:
    return Layer(layer.data[begin:end], Regular(begin), layer, layer.depth)


def _joined(layer: Layer, run: re.Match[bytes]) -> Layer:
    """Join the lines of a wrapped run."""
    shape = Thinned(run[0], _BETWEEN_LINES, run.start(), WRAPPED)
    return Layer(run[0].translate(None, _BETWEEN_LINES), shape, layer, layer.depth)


def from_hex(layer: Layer) -> Iterator[Layer]:
    """Yield what each long run of hex digits holds, whatever stands between the pairs."""
    blank = _without_signs(layer)
    for begin, end in rows(blank.data.translate(_ROW_TABLE), b"h" * _FEWEST_DIGITS):
        for first, last in _paired(blank.data[begin:end]):
            text = blank.data[begin + first : begin + last]
            digits = text.translate(None, _BETWEEN_PAIRS)
            if len(digits) >= _FEWEST_DIGITS:
                shape = Thinned(text, _BETWEEN_PAIRS, begin + first)
                yield _unhexed(Layer(digits, shape, blank, layer.depth))
    for begin, end in rows(layer.data.translate(_HEX_TABLE), b"h" * (_FEWEST_DIGITS + 1)):
        # The first digit may belong to what stood before, in a line that was joined to this one.
        yield _unhexed(_slice(layer, begin + 1, end - (end - begin + 1) % 2))


def _unhexed(digits: Layer) -> Layer:
    shape = Regular(0, times=2, name="hex")
    return Layer(bytes.fromhex(digits.data.decode()), shape, digits, digits.depth + 1)


def _without_signs(layer: Layer) -> Layer:
    """Return the layer with blanks for each `0x`, which belongs to the digits behind it.

    So is what continues a line: exports of Windows' registry are full of it.
    """
    data = layer.data
    for sign in _HEX_SIGNS:
        data = data.replace(sign, b"  ")
    for line_end in _CONTINUED:
        data = data.replace(line_end, b" " + line_end[1:])
    return Layer(data, _Signed(layer.data), layer, layer.depth)


@dataclass(frozen=True, slots=True)
class _Signed:
    """Lead from digits to the `0x` before them."""

    data: bytes

    def source(self, position: int) -> int:
        before = max(position - 2, 0)
        return before if self.data.startswith(_HEX_SIGNS, before) else position

    def names(self, begin: int, end: int) -> tuple[str, ...]:  # noqa: ARG002  # nothing undone
        return ()


def _paired(row: bytes) -> Iterator[tuple[int, int]]:
    """Yield the stretches in which all digits are paired: an odd one belongs to none, or to two."""
    paired, begin = row.translate(_HEX_TABLE).replace(b"hh", b"pp"), 0
    for odd in _UNPAIRED.finditer(paired):
        yield begin, odd.start()
        begin = odd.start() - 1 if paired.startswith(b"p", max(odd.start() - 1, 0)) else odd.end()
    yield begin, len(row)


def from_decimal(layer: Layer) -> Iterator[Layer]:
    """Yield what each long list of numbers holds, if they are bytes."""
    if layer.data.count(b",") < _FEWEST_NUMBERS:
        return
    found = rows(layer.data.translate(_NUMBERS_TABLE), _NUMBERS_ROW)
    for run in chain.from_iterable(_NUMBERS.finditer(layer.data, *row) for row in found):
        numbers = list(_NUMBER.finditer(layer.data, run.start(), run.end()))
        places = Listed([number.start() for number in numbers])
        data = bytes(min(int(number[0]), 255) for number in numbers)
        listed = Layer(data, places, layer, layer.depth)
        yield Layer(data, Regular(0, name="decimal"), listed, layer.depth + 1)
