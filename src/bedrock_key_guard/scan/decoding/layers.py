"""Peel bytes layer by layer around the places where a key may be."""

from __future__ import annotations

from collections import deque
from hashlib import blake2b
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers.limits import DECODED, STEP, Budget
from bedrock_key_guard.scan.decoding.blocks import (
    from_base64,
    from_decimal,
    from_hex,
    inflated,
    is_compressed,
    wide,
)
from bedrock_key_guard.scan.decoding.candidates import spots
from bedrock_key_guard.scan.decoding.dumps import from_dump
from bedrock_key_guard.scan.decoding.escapes import unescape
from bedrock_key_guard.scan.decoding.layer import Layer, Regular
from bedrock_key_guard.scan.prefilter import BETWEEN, has_base64, may_hold_key
from bedrock_key_guard.scan.prefilter.heuristics import has_hex

if TYPE_CHECKING:
    from collections.abc import Iterator


# Encodings in encodings: a Kubernetes Secret that holds a Docker config is two.
DEPTH = 3


def outermost(data: bytes, base: int = 0) -> Iterator[Layer]:
    """Yield `data` where a key may be; `base` is its own offset. These places never overlap."""
    return (Layer(data[begin:end], Regular(base + begin)) for begin, end in spots(data))


# What was looked at: what it was taken for, its digest and where it began.
Seen = set[tuple[str, bytes, int]]


def layers_in(outer: Layer, budget: Budget, seen: Seen | None = None) -> Iterator[Layer]:
    """Yield all that can be decoded from a layer, the plainest first.

    What was decoded to the same bytes before is not decoded again. Raises Spent where the budget of
    the file ends.
    """
    seen = set() if seen is None else seen
    waiting = deque([outer])
    while waiting:
        layer = waiting.popleft()
        if _is_known("layer", layer, seen):
            continue
        budget.spend(DECODED * len(layer.data))
        if layer.depth:
            yield layer
        if layer.depth < DEPTH:
            waiting += _plainer(layer, budget)
            for whole in _decoded(layer):
                waiting += _worth(whole, budget)
                yield from _unpacked(whole, budget, seen)


def _is_known(kind: str, layer: Layer, seen: Seen) -> bool:
    """Return whether the same bytes were won from the same place before; they are from now on."""
    # A digest, so that what was looked at can be let go.
    digest = blake2b(layer.data, digest_size=16).digest()
    place = kind, digest, layer.origin(0) if layer.data else 0
    known = place in seen
    seen.add(place)
    return known


def _plainer(layer: Layer, budget: Budget) -> Iterator[Layer]:
    """Yield what a layer says in plain text."""
    for whole in wide(layer):
        yield from _worth(whole, budget)
    if (text := unescape(layer, budget)) is not None and may_hold_key(text.data):
        yield text


def _decoded(layer: Layer) -> Iterator[Layer]:
    """Yield the blocks that are encoded in a layer; to see that there are none costs less."""
    letters = layer.data.translate(None, BETWEEN)
    if has_base64(layer.data, letters):
        yield from from_base64(layer)
    if has_hex(layer.data, letters):
        yield from from_hex(layer)
        yield from from_decimal(layer)
    # The text that stands beside a dump may be all that shows it.
    yield from from_dump(layer)


def _unpacked(whole: Layer, budget: Budget, seen: Seen) -> Iterator[Layer]:
    """Yield the layers of what was compressed and then encoded.

    It may be far larger than the file, so it is read in windows, one after the other.
    """
    if whole.depth < DEPTH and is_compressed(whole.data) and not _is_known("stream", whole, seen):
        for window in inflated(whole):
            budget.unpack(len(window.data))
            for layer in _worth(window, budget):
                yield from layers_in(layer, budget, seen)


def _worth(whole: Layer, budget: Budget) -> Iterator[Layer]:
    """Yield the stretches of a decoded block in which a key may be."""
    budget.spend(STEP + len(whole.data))
    for begin, end in spots(whole.data):
        yield Layer(whole.data[begin:end], Regular(begin), whole, whole.depth)
