"""Search the objects of one list for the literal starts of keys, without looking at objects.

`git cat-file` writes each object's line, its content and a newline. The stream is searched in large
blocks; only at a hit is it worked out, from the sizes in the list, which object stands there.

As a process (`python -I -c … reader.main`) it takes lists on standard input, one a line, and
answers with the ids of the objects that need the scanner, never with what they hold.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, cast

from bedrock_key_guard.scan import anchors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import FileIO
    from typing import IO

# What all literals are searched for while it stays in the processor's cache.
_BLOCK = 1 << 18
_PIPE = 1 << 20
_F_SETPIPE_SZ = 1031
# Capitals that text seldom has, the rarest first, and how often one may stand in a block of text.
_SELDOM = b"QZXJKYWU"
_PATIENCE = 512
# Where many files changed in turn, Git's usual 96 MiB forget the bases of deltas before they are
# needed again, and it takes more than twice as long.
_CACHE = ("-c", "core.deltaBaseCacheLimit=256m")
WHOLE, BROKEN = "whole", "broken"


def main() -> int:
    """Serve lists until standard input ends; the arguments are `deep` or not, and Git's own."""
    literals = anchors.ANCHORS if sys.argv[1] == "deep" else anchors.HISTORY_ANCHORS
    for line in sys.stdin:
        hits, whole = search(line.rstrip("\n"), sys.argv[2:], literals)
        sys.stdout.write("".join(f"{hit}\n" for hit in hits))
        sys.stdout.write(f"{WHOLE if whole else BROKEN}\n")
        sys.stdout.flush()
    return 0


def search(part: str, git: Sequence[str], literals: Sequence[bytes]) -> tuple[list[str], bool]:
    """Return the ids of the objects that hold a literal, and whether the whole list was read."""
    command = [*git, *_CACHE, "cat-file", "--batch=%(objectname) %(rest)", "--buffer"]
    hits: dict[str, None] = {}
    end = 0
    with open(part, "rb") as listed, open(part, "rb") as lines:  # noqa: PTH123  # starts sooner
        records = _Records(lines)
        with subprocess.Popen(
            command, stdin=listed, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        ) as process:
            overlap = max(len(literal) for literal in literals) - 1
            for base, buffer, size in _blocks(cast("FileIO", process.stdout), overlap):
                for offset in _offsets(buffer, size, literals):
                    hits[records.at(base + offset)] = None
                end = base + size
        return list(hits), process.returncode == 0 and end == records.end()


def _blocks(stream: FileIO, overlap: int) -> Iterator[tuple[int, bytearray, int]]:
    """Yield blocks: the offset of the first byte, and a buffer with how much of it is filled.

    It is one buffer, filled again and again; a block begins with the last `overlap` bytes of the
    one before.
    """
    _widen(stream.fileno())
    buffer = bytearray(overlap + _BLOCK)
    view = memoryview(buffer)
    base = kept = 0
    while read := stream.readinto(view[kept:]):
        size = kept + read
        yield base, buffer, size
        kept = min(overlap, size)
        view[:kept] = view[size - kept : size]
        base += size - kept


def _widen(descriptor: int) -> None:
    """Let the pipe hold a lot: Git and we then wait for each other far less often."""
    try:
        import fcntl

        fcntl.fcntl(descriptor, _F_SETPIPE_SZ, _PIPE)
    except (ImportError, OSError):
        return


def _offsets(buffer: bytearray, size: int, literals: Sequence[bytes]) -> list[int]:
    """Return where literals stand, in order; without a NUL, those that hold one are not there."""
    has_nul, is_text = buffer.find(0, 0, size) >= 0, True
    found: list[int] = []
    for literal in literals:
        if has_nul or 0 not in literal:
            begin = _by_letter(buffer, size, literal, found) if is_text else 0
            is_text = is_text and begin in (0, size)
            while (begin := buffer.find(literal, begin, size)) >= 0:
                found.append(begin)
                begin += 1
    return sorted(found)


def _by_letter(buffer: bytearray, size: int, literal: bytes, found: list[int]) -> int:
    """Add to `found` where a literal stands, and return from where on it is still to be looked for.

    In text a capital that it seldom has is found ten times as fast as a whole literal. Where it is
    not seldom at all, in base64 or compressed data, this gives up soon.
    """
    capital = next((each for each in _SELDOM if each in literal), None)
    if capital is None:
        return 0
    before, at = literal.index(capital), -1
    for _ in range(_PATIENCE):
        at = buffer.find(capital, at + 1, size)
        if at < 0:
            return size
        if at >= before and buffer.startswith(literal, at - before, size):
            found.append(at - before)
    return max(at - before + 1, 0)


class _Records:
    """Tell which object stands at an offset of the stream; offsets never go far backwards."""

    def __init__(self, lines: IO[bytes]) -> None:
        self._lines = lines
        self._begin = self._end = 0
        self._id = self._before = ""

    def at(self, offset: int) -> str:
        if offset < self._begin:
            return self._before
        while offset >= self._end and self._advance():
            pass
        return self._id

    def end(self) -> int:
        while self._advance():
            pass
        return self._end

    def _advance(self) -> bool:
        line = self._lines.readline()
        if not line:
            return False
        self._before, self._begin = self._id, self._end
        self._id = line.split(b" ", 1)[0].decode()
        # The line comes first, and a newline last.
        self._end += len(line) + int(line.rsplit(b" ", 1)[1]) + 1
        return True
