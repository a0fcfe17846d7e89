"""Peel bytes layer by layer around the places where a key may be."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from hashlib import blake2b
from typing import TYPE_CHECKING

from bedrock_key_guard.scan import prefilter
from bedrock_key_guard.scan.decoding.blocks import (
    from_base64,
    from_decimal,
    from_hex,
    kind_before,
    wide,
)
from bedrock_key_guard.scan.decoding.dumps import ROWS, from_dump
from bedrock_key_guard.scan.decoding.encoded_words import from_words
from bedrock_key_guard.scan.decoding.escapes import unescape
from bedrock_key_guard.scan.decoding.layer import File, Layer, Regular, block_starts
from bedrock_key_guard.scan.decoding.patches import SIGN, end_of_patch, from_patch
from bedrock_key_guard.scan.limits import DECODED, STEP, Budget
from bedrock_key_guard.scan.prefilter import has_base64, has_hex, literals, may_hold_key
from bedrock_key_guard.scan.prefilter.shapes import BEHIND_ROW, BETWEEN, BLOCK, texts
from bedrock_key_guard.scan.prefilter.signatures import POINTER, TAIL, kinds_of
from bedrock_key_guard.scan.prefilter.streams import PROBE, SHORTEST, begins, starts_in_decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


# Encodings in encodings: a Kubernetes Secret that holds a Docker config is two.
DEPTH = 3
# How far before a hit a key may begin, and how far behind it one may reach: a short-term key in
# which each character takes twelve bytes.
BEFORE = 2048
BEHIND = 1 << 15
# What it costs to ask all decoders about a layer, however little is in it.
_LAYER = STEP >> 1
# Base64 in lines, as text or in a string.
_LINES = re.compile(rb"(?:[A-Za-z0-9+/=_\s-]+|\\[nr/])+")
# Colours and tags, which may stand before a piece of a key on each of its lines.
_MARKS = (b"\x1b[", b"</")


def outermost(data: bytes, places: list[tuple[int, int]], base: int = 0) -> Iterator[Layer]:
    """Yield the `spots` of `data`, whose own offset is `base`."""
    return (Layer(data[begin:end], Regular(base + begin)) for begin, end in places)


# What was looked at: what it was taken for, its digest and where it began.
Seen = set[tuple[str, bytes, int]]


def layers_in(outer: Layer, budget: Budget, seen: Seen | None = None) -> Iterator[Layer | File]:
    """Yield all that can be decoded from a layer, the plainest first, and what are files.

    What was decoded to the same bytes before is not decoded again. Raises Spent where the budget of
    the file ends.
    """
    seen = set() if seen is None else seen
    waiting = deque([outer])
    while waiting:
        layer = waiting.popleft()
        if _is_known("layer", layer, seen):
            continue
        budget.spend(_LAYER + DECODED * len(layer.data))
        if layer.depth:
            yield layer
        if layer.depth < DEPTH:
            files: list[File] = []
            said = prefilter.says_deflate(layer.data)
            waiting += _plainer(layer, budget)
            for whole in _decoded(layer):
                waiting += _worth(whole, budget)
                if (kind := _kind_of(whole, said=said)) is not None:
                    files.append(File(whole, kind))
            files += from_patch(layer)
            yield from (each for each in files if not _is_known("file", each.layer, seen))


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
    is_marked = any(mark in layer.data for mark in _MARKS)
    for join in (True, False) if is_marked else (True,):
        text = unescape(layer, budget, join=join)
        if text is not None and may_hold_key(text.data):
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
    yield from from_words(layer)


def _kind_of(whole: Layer, *, said: bool) -> str | None:
    """Return what kind of file a decoded block is said to be, "" where it shows that it holds one.

    None is for all others.
    """
    data = whole.data
    if len(data) < SHORTEST:
        return None
    if said and (kind := kind_before(whole)):
        return kind
    if any(kind != POINTER for kind in kinds_of(data, data[-TAIL:], len(data))):
        return ""
    starts = starts_in_decoded(data)
    return "" if any(begins(data[at : at + PROBE], kind) for at, kind in starts) else None


def _worth(whole: Layer, budget: Budget) -> Iterator[Layer]:
    """Yield the stretches of a decoded block in which a key may be."""
    budget.spend(STEP + len(whole.data))
    for begin, end in spots(whole.data):
        yield Layer(whole.data[begin:end], Regular(begin), whole, whole.depth)


def spots(data: bytes) -> list[tuple[int, int]]:
    """Return where keys may be, as stretches from begin to end that never overlap."""
    return _merged(sorted(set(_stretches(data))), len(data))


def _stretches(data: bytes) -> Iterator[tuple[int, int]]:
    letters = data.translate(None, BETWEEN)
    yield from _literals(data, letters)
    yield from ((begin, begin + BLOCK + BEHIND_ROW) for begin in prefilter.dense(data))
    yield from _packed(data)
    yield from _dumped(data, letters)
    if rows := list(texts(letters)):
        yield from _rows(rows, block_starts(data, BETWEEN))
    yield from prefilter.hexes(data, letters)


def _literals(data: bytes, letters: bytes) -> Iterator[tuple[int, int]]:
    found = [literal for literal in literals.LITERALS if literal in letters]
    decoded = [(offset, offset + 1) for offset in literals.decoded(letters)]
    starts = block_starts(data, BETWEEN) if found or decoded else []
    yield from _rows(decoded, starts, BEHIND)
    for literal in found:
        offset = letters.find(literal)
        while offset >= 0:
            yield from _rows([(offset, offset + 1)], starts, BEHIND)
            # The next one in this block is in the same stretch.
            block = bisect_right(starts, offset)
            offset = letters.find(literal, max(offset + 1, starts[block]))


def _packed(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield what was compressed and encoded to its end: only its beginning tells what it is."""
    end = 0
    for begin, _ in prefilter.compressed(data):
        # One that lies in another's lines is in the same stretch.
        if begin >= end:
            end = _end_of_lines(data, begin)
            yield begin, end
    ends = (*((each, _end_of_lines) for each in literals.PACKED_IN_BASE64), (SIGN, end_of_patch))
    for literal, end_of in ends:
        begin = data.find(literal)
        while begin >= 0:
            end = end_of(data, begin)
            yield begin, end
            begin = data.find(literal, end)


def _dumped(data: bytes, letters: bytes) -> Iterator[tuple[int, int]]:
    """Yield the dumps that begin where their offsets do: of letters there is no other sign."""
    found, reached = [(offset, offset + 1) for offset in literals.dumped(letters)], 0
    for begin, end in _rows(found, block_starts(data, BETWEEN) if found else []):
        first = ROWS.search(data, max(begin - BLOCK, reached), end) if end > reached else None
        if first and (rows := ROWS.match(data, first.start())):
            yield rows.span()
            reached = rows.end()


def _end_of_lines(data: bytes, begin: int) -> int:
    lines = _LINES.match(data, begin)
    return lines.end() if lines else begin


def _rows(
    rows: Iterable[tuple[int, int]], starts: list[int], behind: int = BEHIND_ROW
) -> Iterator[tuple[int, int]]:
    """Yield where in the data rows of letters stand, block by block."""
    for begin, end in rows:
        first, last = (bisect_right(starts, each) - 1 for each in (begin, end - 1))
        yield first * BLOCK, (last + 1) * BLOCK + behind


def _merged(stretches: Iterable[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for begin, end in stretches:
        first, last = max(begin - BEFORE, 0), min(end, size)
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged
