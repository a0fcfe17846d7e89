"""Read a name in every way in which a secret may be spelled in it, with the way back to the name.

The scanner decodes only where a whole key may be; a name may hold a piece of one. Names are short,
so every alignment of every encoding is tried.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bedrock_key_guard.keys import envelope
from bedrock_key_guard.scan.containers.limits import Budget
from bedrock_key_guard.scan.decoding.escapes import unescape
from bedrock_key_guard.scan.decoding.layer import Layer, Regular, Thinned
from bedrock_key_guard.text.secret_index import IGNORED

if TYPE_CHECKING:
    from collections.abc import Iterator

# Encodings in encodings: a key's own base64, in hex, in percent signs.
_DEPTH = 3
_BETWEEN = IGNORED.replace(b"-", b"")
_ESCAPED = re.compile(rb"[%&\\=\"'`]")
_DIGITS = re.compile(rb"[0-9A-Fa-f]{24,}")
# Text, in UTF-16 as well. Of what was no encoding hardly a stretch is readable.
_READABLE = re.compile(rb"[\0\t\n\r -~]{12,}")


def joined(data: bytes) -> Layer:
    """Return the letters, digits and hyphens of `data`: a whole key, whatever split it."""
    return Layer(data.translate(None, _BETWEEN), Thinned(data, _BETWEEN, 0))


def spellings(data: bytes) -> Iterator[Layer]:
    """Yield the letters and digits of `data`, and of all that they may spell."""
    budget = Budget(size=len(data))
    with budget.bound():
        yield from _spelled(Layer(data, Regular(0)), budget)


def _spelled(layer: Layer, budget: Budget) -> Iterator[Layer]:
    letters = Layer(layer.data.translate(None, IGNORED), Thinned(layer.data, IGNORED, 0), layer)
    yield letters
    if layer.depth < _DEPTH:
        for decoded in _decoded(layer, letters, budget):
            yield from _spelled(decoded, budget)


def _decoded(layer: Layer, letters: Layer, budget: Budget) -> Iterator[Layer]:
    """Yield what is left with one encoding less. What separates letters is no base64 of ASCII."""
    depth = layer.depth + 1
    if _ESCAPED.search(layer.data) and (text := unescape(layer, budget)) is not None:
        yield text
    for filled in range(4):
        # The letters before a piece fill its first group; the bytes that they touch are unknown.
        whole = envelope.decode(b"A" * filled + letters.data)
        shape = Regular(-filled, times=4, per=3)
        yield from _readable(Layer(whole, shape, letters, depth), filled)
    for run in _DIGITS.finditer(letters.data):
        for begin in (run.start(), run.start() + 1):
            end = run.end() - (run.end() - begin) % 2
            shape = Regular(begin, times=2)
            unhexed = bytes.fromhex(letters.data[begin:end].decode())
            yield from _readable(Layer(unhexed, shape, letters, depth))


def _readable(layer: Layer, begin: int = 0) -> Iterator[Layer]:
    for run in _READABLE.finditer(layer.data, begin):
        yield Layer(run[0], Regular(run.start()), layer, layer.depth)
