"""Read compressed streams that stand anywhere in a file of another kind.

Many formats keep what they hold in such streams (HDF5, MAT, PNG's texts, databases, captures,
installers), each with a directory of its own. Nobody needs that to find them: a stream is known by
its first bytes, and by what comes out of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers import lz
from bedrock_key_guard.scan.containers.compressed import (
    BZIP2,
    GZIP,
    VBA,
    XZ,
    ZLIB,
    ZSTD,
    unpack,
)
from bedrock_key_guard.scan.containers.cursor import BLOCK, Cursor
from bedrock_key_guard.scan.containers.formats.pieces import in_pieces
from bedrock_key_guard.scan.containers.members import OpenedMember
from bedrock_key_guard.scan.limits import STEP, Unreadable
from bedrock_key_guard.scan.prefilter.streams import (
    BEFORE,
    PROBE,
    begins,
    starts,
    starts_in_decoded,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from bedrock_key_guard.scan.containers.members import Members
    from bedrock_key_guard.scan.limits import Budget
    from bedrock_key_guard.scan.prefilter.streams import Start

    Starts = Callable[[bytes, bytes], list[Start]]

_CODECS = {"zlib": ZLIB, "gzip": GZIP, "bzip2": BZIP2, "xz": XZ, "zstd": ZSTD, "VBA": VBA}
_FRAMES = {"lz4": lz.lz4_frames, "snappy": lz.snappy_frames}
# To try costs a decompressor, and a kilobyte at most.
_TRY = STEP >> 5
_HEAD = 8


def members(cursor: Cursor, budget: Budget, *, whole: bool = False) -> Members:
    """Yield the streams in a file; where they must be `whole`, read none that breaks off.

    By chance, code and noise begin as a stream does, and what comes out of them does so again.
    """
    return _members(cursor, budget, starts, whole=whole)


def members_of_decoded(cursor: Cursor, budget: Budget) -> Members:
    """Yield the streams in what was decoded, whatever their window."""
    return _members(cursor, budget, lambda data, _: starts_in_decoded(data), whole=False)


def _members(cursor: Cursor, budget: Budget, find: Starts, *, whole: bool) -> Members:
    head, before, judged = b"", b"", 0
    while block := cursor.read(BLOCK):
        text, end = before + block, cursor.position
        head = head or text[:_HEAD]
        for at, kind in find(text, head):
            place = end - len(text) + at
            if place < judged:
                continue
            judged = place + 1
            budget.spend(_TRY)
            if not begins(_probe(cursor, text[at : at + PROBE]), kind):
                continue
            budget.spend(STEP)
            cursor.unread(text[at:])
            stream = _whole(cursor, text[max(at - BEFORE, 0) : at], kind, budget)
            if not whole or _ends_well(stream):
                yield OpenedMember(f"{kind}:at {place}", stream)
            judged = max(judged, cursor.position)
            if cursor.position > end:
                break
            cursor.pass_over(end - cursor.position)
        before = text[-BEFORE:] if cursor.position == end else b""


def _probe(cursor: Cursor, data: bytes) -> bytes:
    """Return the kilobyte that begins with `data`, behind which the cursor stands, and stays."""
    if len(data) >= PROBE:
        return data[:PROBE]
    more = cursor.up_to(PROBE - len(data))
    cursor.unread(more)
    return data + more


def unpacked(cursor: Cursor, kind: str, budget: Budget) -> Iterator[bytes]:
    """Yield what a stream of this kind holds. Raises Unreadable where it breaks."""
    if kind in _FRAMES:
        return _FRAMES[kind](cursor, budget)
    return unpack(cursor, _CODECS[kind], budget)


def _whole(
    cursor: Cursor, before: bytes, kind: str, budget: Budget
) -> Generator[bytes, None, bool]:
    """Yield what a stream holds, up to where it is broken, and give back what came behind it.

    Returns whether it is sound to its end. Raises Unreadable where a limit ended it.
    """
    pieces = in_pieces(cursor, before)
    source = Cursor(pieces) if pieces else cursor
    limit, is_sound = None, True
    try:
        yield from unpacked(source, kind, budget)
    except Unreadable as error:
        limit, is_sound = error if error.kind == "missing" else None, False
    if pieces:
        cursor.unread(source.read(BLOCK))
    if limit:
        raise limit
    return is_sound


def _ends_well(stream: Generator[bytes, None, bool]) -> bool:
    try:
        while True:
            next(stream)
    except StopIteration as end:
        return bool(end.value)
