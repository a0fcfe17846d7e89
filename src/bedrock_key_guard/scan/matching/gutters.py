"""Join the pieces of a key over lines that have something before or behind each piece.

What that is (numbers, quotes, times, borders, fields), nobody lists: pieces are known by what their
lines share, the same end and, but for its numbers, the same beginning.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from bedrock_key_guard.keys import short_term
from bedrock_key_guard.keys.key import MalformedKey
from bedrock_key_guard.scan.decoding.layer import Layer, Listed, Regular
from bedrock_key_guard.scan.limits import TOKEN, Budget
from bedrock_key_guard.scan.matching.key_parser import begun, keys_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    Piece = tuple[int, int]

GUTTER = "gutter"
# What stands behind the first piece. People are shown no longer lines than these.
_WIDEST = 600
_END = re.compile(rb"(?![A-Za-z0-9+/])([^\r\n]{0,200})\r?\n")
_LINE = re.compile(rb"([^\r\n]{1,%d})(?:\r?\n|\Z)" % _WIDEST)
_RUN = re.compile(rb"[A-Za-z0-9+/]{4,}={0,2}")
_LEFT = re.compile(rb"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{1,3}={0,2}\Z")
_NUMBERS = re.compile(rb" *[0-9A-Fa-f]+")


def joined(layer: Layer, budget: Budget) -> Iterator[Layer]:
    """Yield, for each key of a layer that is cut where its line ends, what the lines say as one.

    Raises Spent where the budget of the file ends.
    """
    starts = sorted(begun(layer.data))
    for number, (begin, end) in enumerate(starts, 1):
        rest = _END.match(layer.data, end)
        if not rest:
            continue
        others = (each for each, _ in starts[number : number + 2] if each >= rest.end())
        reach = begin, next(others, len(layer.data))
        pieces = [(begin, end), *_further(layer.data, rest, reach, budget)]
        if len(pieces) > 1 and not _is_whole(layer, begin, end):
            places = list(chain.from_iterable(range(*piece) for piece in pieces))
            text = b"".join(layer.data[first:last] for first, last in pieces)
            yield Layer(text, Listed(places, GUTTER), layer, layer.depth + 1)


def _is_whole(layer: Layer, begin: int, end: int) -> bool:
    """Return whether a key needs no further piece."""
    alone = Layer(layer.data[begin:end], Regular(begin), layer)
    return any(not isinstance(key, MalformedKey) for _, _, key, _ in keys_in(alone))


def _further(data: bytes, rest: re.Match[bytes], reach: Piece, budget: Budget) -> Iterator[Piece]:
    """Yield the pieces on the lines behind the first one, as far as a key that begins there goes.

    Each but the last ends as the first does. What is before the first is asked only if there is
    one more.
    """
    end, at = rest[1].strip(), rest.end()
    begin, stop = reach
    shape, size, is_last = b"", 0, False
    while size < short_term.MAX_BODY and not is_last and (line := _LINE.match(data, at, stop)):
        budget.spend(TOKEN)
        text = line[1].rstrip()
        piece = _at_end(text.removesuffix(end).rstrip()) if text.endswith(end) else None
        is_last = piece is None
        expected = shape or _shape(_before(data, begin))
        piece = piece or _behind(text, expected) or _short(text.removesuffix(end), expected)
        if piece is None or (shape and _shape(text[: piece[0]]) != shape):
            return
        shape = _shape(text[: piece[0]])
        yield at + piece[0], at + piece[1]
        size += piece[1] - piece[0]
        at = line.end()


def _before(data: bytes, begin: int) -> bytes:
    """Return what stands on a line before a piece."""
    return data[data.rfind(b"\n", max(begin - _WIDEST, 0), begin) + 1 : begin]


def _at_end(text: bytes) -> Piece | None:
    """Return the run with which a text ends."""
    runs = [run.span() for run in _RUN.finditer(text)]
    return runs[-1] if runs and runs[-1][1] == len(text) else None


def _behind(text: bytes, shape: bytes) -> Piece | None:
    """Return the run of a text that stands behind what has this shape."""
    runs = (run.span() for run in _RUN.finditer(text))
    return next((run for run in runs if _shape(text[: run[0]]) == shape), None)


def _short(text: bytes, shape: bytes) -> Piece | None:
    """Return what is left of a key for the last line, behind what has this shape."""
    run = _LEFT.search(text.rstrip())
    return run.span() if run and _shape(text[: run.start()]) == shape else None


def _shape(before: bytes) -> bytes:
    """Return what stands before a piece, whatever its numbers are."""
    return _NUMBERS.sub(b"0", before)
