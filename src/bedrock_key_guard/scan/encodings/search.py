"""Peel bytes layer by layer around the places where a key may be."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.anchors import BETWEEN, any_anchor, has_base64
from bedrock_key_guard.scan.encodings.blocks import (
    Inflation,
    from_base64,
    from_decimal,
    from_hex,
    inflated,
    wide,
)
from bedrock_key_guard.scan.encodings.dumps import from_dump
from bedrock_key_guard.scan.encodings.escapes import unescape
from bedrock_key_guard.scan.encodings.layer import Layer, Regular
from bedrock_key_guard.scan.encodings.spots import spots
from bedrock_key_guard.scan.shapes import has_hex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Encodings in encodings: a Kubernetes Secret that holds a Docker config is two.
DEPTH = 3


def layers(data: bytes, base: int = 0, inflation: Inflation | None = None) -> Iterator[Layer]:
    """Yield `data` where a key may be, and all that can be decoded from there, plainest first.

    The work is bounded by the size of `data` times a constant: places never overlap, and what was
    decoded to the same bytes before is not decoded again. `inflation` bounds what may be inflated.
    """
    inflation = inflation or Inflation()
    for begin, end in spots(data):
        yield from _peel(Layer(data[begin:end], Regular(base + begin)), inflation)


def _peel(outermost: Layer, inflation: Inflation) -> Iterator[Layer]:
    seen: set[tuple[bytes, int]] = set()
    waiting = deque([outermost])
    while waiting:
        layer = waiting.popleft()
        place = layer.data, layer.origin(0) if layer.data else 0
        if place in seen:
            continue
        seen.add(place)
        yield layer
        if layer.depth < DEPTH:
            waiting += _inside(layer, inflation)


def _inside(layer: Layer, inflation: Inflation) -> Iterator[Layer]:
    """Yield what one encoding less leaves of a layer, where that is worth a look."""
    for whole in wide(layer):
        yield from _worth(whole)
    if (text := unescape(layer)) is not None and any_anchor(text.data):
        yield text
    for decode in _decoders(layer.data):
        for whole in decode(layer):
            yield from _worth(whole)
            if whole.depth < DEPTH and (text := inflated(whole, inflation)) is not None:
                yield from _worth(text)


def _decoders(data: bytes) -> Iterator[Callable[[Layer], Iterator[Layer]]]:
    """Yield what may find something: to look for it costs more than to see that it is not there."""
    letters = data.translate(None, BETWEEN)
    if has_base64(data, letters):
        yield from_base64
    if has_hex(data, letters):
        yield from (from_hex, from_decimal)
    # The text that stands beside a dump may be all that shows it.
    yield from_dump


def _worth(whole: Layer) -> Iterator[Layer]:
    """Yield the stretches of a decoded block in which a key may be."""
    for begin, end in spots(whole.data):
        yield Layer(whole.data[begin:end], Regular(begin), whole, whole.depth)
