"""Choose the files that need the scanner from many, at the least cost for each.

Small files are put beside each other and searched together. Where something is found, each of a few
parts is searched, and at last each file.

As a process it takes lists of files and answers which of them need the scanner.
"""

from __future__ import annotations

import os

from bedrock_key_guard.scan.prefilter import may_hold_key
from bedrock_key_guard.scan.prefilter.shapes import BLOCK
from bedrock_key_guard.scan.prefilter.signatures import (
    HEAD,
    LEVELDB_END,
    TAIL,
    container_kind,
    holds_stream,
    kind_at_end,
)
from bedrock_key_guard.system import READING

# A process of its own starts sooner without `typing`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bedrock_key_guard.scan.prefilter.protocol import Tell

# What stays in the nearest cache is searched several times at little cost, on a busy machine too.
TOGETHER = 1 << 16
# As much of a large file is searched at once.
ROOM = 1 << 18
# A window of a large file begins so far before the end of the one before it: more than the longest
# sign takes, eighty numbers in lines of their own. Both are multiples of BLOCK, so that escapes are
# counted in the same blocks everywhere.
OVERLAP = 1 << 14
_SMALL_HEAD = 512
# Into so many parts a batch is split that may hold a key.
_PARTS = 8
_REGULAR, _KIND = 0o100000, 0o170000


class Batches:
    """Choose files or contents that need the scanner, many at a time."""

    def __init__(self, room: int = ROOM) -> None:
        """Read what is no smaller than `room` in windows of that size."""
        self._room = room
        self._filled = 0
        # Number and content of each file that waits to be searched.
        self._files: list[tuple[int, bytes]] = []
        self._suspects: list[int] = []
        self._clean = 0

    def select(self, paths: Sequence[bytes]) -> tuple[list[int], int]:
        """Return which of these files need the scanner, and how many bytes the others have.

        They need it where they may hold a key, may contain other files, are not just files, or
        could not be read.
        """
        self._suspects, self._clean = [], 0
        for number, path in enumerate(paths):
            try:
                self._take(number, path)
            except OSError:  # noqa: PERF203  # one file is no reason to leave out the next
                self._suspects.append(number)
        self._search()
        return sorted(self._suspects), self._clean

    def choose(self, contents: Iterable[bytes]) -> list[int]:
        """Return which of these contents need the scanner."""
        self._suspects, self._clean = [], 0
        for number, content in enumerate(contents):
            self._add(number, content)
        self._search()
        return sorted(self._suspects)

    def _take(self, number: int, path: bytes) -> None:
        status = os.lstat(path)
        size = status.st_size
        if status.st_mode & _KIND != _REGULAR:
            self._suspects.append(number)
            return
        descriptor = os.open(path, READING)
        try:
            if size >= self._room:
                self._take_large(number, descriptor, status)
                return
            content = os.read(descriptor, size + 1)
        finally:
            os.close(descriptor)
        if len(content) == size:
            self._add(number, content)
        else:
            self._suspects.append(number)

    def _add(self, number: int, content: bytes) -> None:
        """Have a file wait until there are enough of them, unless it may contain files."""
        if _contains_files(content):
            self._suspects.append(number)
            return
        self._files.append((number, content))
        self._filled += len(content)
        if self._filled >= TOGETHER:
            self._search()

    def _search(self) -> None:
        """Search what waits."""
        if self._files:
            self._sort_out(self._files)
        self._files, self._filled = [], 0

    def _sort_out(self, files: list[tuple[int, bytes]]) -> None:
        """Ask files together, and parts of them where the answer is yes."""
        if not may_hold_key(beside_each_other([content for _, content in files])):
            self._clean += sum(len(content) for _, content in files)
        elif len(files) == 1:
            self._suspects.append(files[0][0])
        else:
            share = -(-len(files) // _PARTS)
            for at in range(0, len(files), share):
                self._sort_out(files[at : at + share])

    def _take_large(self, number: int, descriptor: int, before: os.stat_result) -> None:
        """Read a file in windows, until one of them tells enough."""
        at, window, head = 0, b"", b""
        os.lseek(descriptor, max(before.st_size - TAIL, 0), os.SEEK_SET)
        if kind_at_end(os.read(descriptor, TAIL), before.st_size):
            self._suspects.append(number)
            return
        os.lseek(descriptor, 0, os.SEEK_SET)
        while block := os.read(descriptor, self._room - len(window)):
            window += block
            head = head or window[:HEAD]
            if (not at and _contains_files(window)) or may_hold_key(window):
                break
            if at and holds_stream(window, head):
                break
            at += len(block)
            if len(window) < self._room:
                break
            window = window[-OVERLAP:]
        after = os.fstat(descriptor)
        is_whole = at == after.st_size == before.st_size and after.st_mtime_ns == before.st_mtime_ns
        if is_whole:
            self._clean += at
        else:
            self._suspects.append(number)


def _contains_files(content: bytes) -> bool:
    """Look at its first bytes, and for zips and streams further inside, which no text has."""
    if content.find(3) < 0 and not content.endswith(LEVELDB_END):
        return bool(container_kind(content[:_SMALL_HEAD])) or holds_stream(content)
    return (
        bool(container_kind(content[:HEAD]))
        or bool(kind_at_end(content[-TAIL:], len(content)))
        or holds_stream(content)
    )


def beside_each_other(contents: Sequence[bytes]) -> bytes:
    """Return contents as one. Each begins at a block or lies in one, with others beside it.

    So escapes are counted as in itself, or with more. What is between them is no part of a word.
    """
    if len(contents) == 1:
        return contents[0]
    text = bytearray()
    for each in contents:
        left = -len(text) % BLOCK
        if len(each) > left:
            text += _FILLING[:left]
        text += each + b"\n"
    return bytes(text)


_FILLING = b"\n" * BLOCK


def select(request: bytes, _: Tell) -> tuple[int, list[int]]:
    """Answer a request: names of files with NUL between."""
    suspects, clean = Batches().select(request.split(b"\0"))
    return clean, suspects


def main(_: Sequence[str]) -> None:
    """Serve lists of files as a process of their own."""
    from bedrock_key_guard.scan.prefilter.protocol import serve

    serve(select)
