"""Find the stretches of bytes that are worth decoding."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from bedrock_key_guard.scan import anchors
from bedrock_key_guard.scan.anchors import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# How far before a hit a key may begin, and how far behind it one may reach: a short-term key in
# which each character takes twelve bytes. Where a row of one kind ends, most of the key is behind.
BEFORE = 2048
BEHIND = 1 << 15
BEHIND_ROW = 4096
_HEX_RUNS = re.compile(b"h{%d,}" % len(anchors.HEX_RUN))


def spots(data: bytes) -> list[tuple[int, int]]:
    """Return where keys may be, as stretches from begin to end that never overlap."""
    return _merged(sorted(set(_stretches(data))), len(data))


def _stretches(data: bytes) -> Iterator[tuple[int, int]]:
    letters = data.translate(None, anchors.BETWEEN)
    yield from _literals(data, letters)
    yield from ((begin, begin + BLOCK + BEHIND_ROW) for begin in anchors.dense(data))
    yield from ((begin, end + BEHIND_ROW) for begin, end in anchors.compressed(data))
    rows = list(anchors.texts(letters))
    digits = letters.translate(anchors.HEX_TABLE)
    if anchors.is_hex(data, digits):
        rows += (row.span() for row in _HEX_RUNS.finditer(digits))
    if rows:
        yield from _rows(rows, _starts(data, anchors.BETWEEN))


def _literals(data: bytes, letters: bytes) -> Iterator[tuple[int, int]]:
    found = [literal for literal in anchors.LITERALS if literal in letters]
    starts = _starts(data, anchors.BETWEEN) if found or any(anchors.decoded(letters)) else []
    for literal in found:
        offset = letters.find(literal)
        while offset >= 0:
            block = bisect_right(starts, offset) - 1
            yield block * BLOCK, (block + 1) * BLOCK + BEHIND
            # The next one in this block is in the same stretch.
            offset = letters.find(literal, max(offset + 1, starts[block + 1]))
    for offset in anchors.decoded(letters):
        block = bisect_right(starts, offset) - 1
        yield block * BLOCK, (block + 1) * BLOCK + BEHIND


def _rows(rows: Iterable[tuple[int, int]], starts: list[int]) -> Iterator[tuple[int, int]]:
    for begin, end in rows:
        first, last = (bisect_right(starts, each) - 1 for each in (begin, end - 1))
        yield first * BLOCK, (last + 1) * BLOCK + BEHIND_ROW


def _starts(data: bytes, between: bytes) -> list[int]:
    """Return where each block of `data` begins once `between` is taken out, and where all ends."""
    kept = (
        len(data[begin : begin + BLOCK].translate(None, between))
        for begin in range(0, len(data), BLOCK)
    )
    return list(accumulate(kept, initial=0))


def _merged(stretches: Iterable[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for begin, end in stretches:
        first, last = max(begin - BEFORE, 0), min(end, size)
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged
