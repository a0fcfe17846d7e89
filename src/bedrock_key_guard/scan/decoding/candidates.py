"""Find the stretches of bytes that are worth decoding."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.decoding.layer import block_starts
from bedrock_key_guard.scan.prefilter import BETWEEN, heuristics, literals
from bedrock_key_guard.scan.prefilter.heuristics import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# How far before a hit a key may begin, and how far behind it one may reach: a short-term key in
# which each character takes twelve bytes. Where a row of one kind ends, most of the key is behind.
BEFORE = 2048
BEHIND = 1 << 15
BEHIND_ROW = 4096
_HEX_RUNS = re.compile(b"h{%d,}" % len(heuristics.HEX_ROW))
# Base64 in lines, as text or in a string.
_LINES = re.compile(rb"(?:[A-Za-z0-9+/=_\s-]+|\\[nr/])+")
_BETWEEN_HEX = BETWEEN + b"-"


def spots(data: bytes) -> list[tuple[int, int]]:
    """Return where keys may be, as stretches from begin to end that never overlap."""
    return _merged(sorted(set(_stretches(data))), len(data))


def _stretches(data: bytes) -> Iterator[tuple[int, int]]:
    letters = data.translate(None, BETWEEN)
    yield from _literals(data, letters)
    yield from ((begin, begin + BLOCK + BEHIND_ROW) for begin in heuristics.dense(data))
    yield from _packed(data)
    if rows := list(heuristics.texts(letters)):
        yield from _rows(rows, block_starts(data, BETWEEN))
    digits = letters.translate(heuristics.HEX_TABLE, b"-")
    if heuristics.is_hex(data, digits):
        yield from _hexes(data, digits)


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
    """Yield base64 of what was compressed to its end: only its beginning tells what it is."""
    end = 0
    for begin, _ in heuristics.compressed(data):
        # One that lies in another's lines is in the same stretch.
        if begin >= end:
            end = _end_of_lines(data, begin)
            yield begin, end
    begin = data.find(literals.GZIP_IN_BASE64)
    while begin >= 0:
        end = _end_of_lines(data, begin)
        yield begin, end
        begin = data.find(literals.GZIP_IN_BASE64, end)


def _end_of_lines(data: bytes, begin: int) -> int:
    lines = _LINES.match(data, begin)
    return lines.end() if lines else begin


def _hexes(data: bytes, digits: bytes) -> Iterator[tuple[int, int]]:
    rows = [row.span() for row in _HEX_RUNS.finditer(digits)]
    stretches = _rows(rows, block_starts(data, _BETWEEN_HEX))
    for (first, last), (begin, end) in zip(rows, stretches, strict=True):
        is_long = last - first >= len(heuristics.HEX_RUN)
        if heuristics.writes_bytes(data[begin:end], is_long=is_long):
            yield begin, end


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
