"""Tell which of many files need the scanner, at the least cost for each.

Small files are read into one buffer, beside each other, and searched together. Where something is
found, each of a few parts is searched, and at last each file.

As a process (`python -I -c … batches.main`), or as several, it takes lists of files and answers
which of them need the scanner, never what they hold.
"""

from __future__ import annotations

import os

from bedrock_key_guard.scan.prefilter import may_hold_key
from bedrock_key_guard.scan.prefilter.heuristics import BLOCK
from bedrock_key_guard.scan.prefilter.signatures import HEAD, container_kind

# A process of its own starts sooner without `typing`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What fits into the processor's cache is searched several times at little cost.
TOGETHER = 1 << 18
# As much of a large file is searched at once.
ROOM = 1 << 20
# A window of a large file begins so far before the end of the one before it. Both are multiples of
# BLOCK, so that escapes are counted in the same blocks everywhere.
OVERLAP = 1 << 16
_SMALL_HEAD = 512
# Into so many parts a batch is split that may hold a key.
_PARTS = 8
_REGULAR, _KIND = 0o100000, 0o170000
# What takes a file's place while it is read may be a link out of the tree, or a FIFO that would
# have us wait for a writer; Windows has none of these.
FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


class Batches:
    """Sort out the files that hold nothing, many at a time."""

    def __init__(self, room: int = ROOM) -> None:
        """Search as much as there is `room` for at once."""
        self._buffer = bytearray(room)
        self._view = memoryview(self._buffer)
        self._filled = 0
        # Number, begin and end of each file in the buffer.
        self._files: list[tuple[int, int, int]] = []
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
        """Return which of these contents need the scanner; each is smaller than the room."""
        self._suspects, self._clean = [], 0
        for number, content in enumerate(contents):
            if len(content) >= len(self._buffer) - self._filled:
                self._search()
            begin, end = self._filled, self._filled + len(content)
            self._view[begin:end] = content
            self._add(number, begin, end)
        self._search()
        return sorted(self._suspects)

    def _take(self, number: int, path: bytes) -> None:
        status = os.lstat(path)
        size = status.st_size
        if status.st_mode & _KIND != _REGULAR:
            self._suspects.append(number)
            return
        if size >= len(self._buffer) - self._filled:
            self._search()
        descriptor = os.open(path, FLAGS)
        try:
            begin = self._filled
            read = os.readv(descriptor, [self._view[begin:]])
            if begin + read == len(self._buffer):
                self._search()
                self._take_large(number, descriptor, status)
            elif read != size:
                self._suspects.append(number)
            else:
                self._add(number, begin, begin + read)
        finally:
            os.close(descriptor)

    def _add(self, number: int, begin: int, end: int) -> None:
        """Leave a file in the buffer until that is full, unless it may contain files."""
        if self._contains_files(begin, end):
            self._suspects.append(number)
        else:
            self._files.append((number, begin, end))
            # The next one begins at a block, and what is between them is no part of a word.
            self._filled = end + BLOCK - end % BLOCK
            self._view[end : self._filled] = _FILLING[end % BLOCK :]
            if self._filled >= TOGETHER:
                self._search()

    def _contains_files(self, begin: int, end: int) -> bool:
        """Look at its first bytes, and for a zip further inside, whose signature no text has."""
        is_text = self._buffer.find(3, begin, end) < 0
        size = _SMALL_HEAD if is_text else HEAD
        return bool(container_kind(bytes(self._view[begin : min(begin + size, end)])))

    def _search(self) -> None:
        """Search what is in the buffer, and empty it."""
        if self._files:
            self._sort_out(self._files)
        self._files, self._filled = [], 0

    def _sort_out(self, files: list[tuple[int, int, int]]) -> None:
        """Ask files that stand beside each other together, and parts of them where that is yes."""
        if not may_hold_key(bytes(self._view[files[0][1] : files[-1][2]])):
            self._clean += sum(end - begin for _, begin, end in files)
        elif len(files) == 1:
            self._suspects.append(files[0][0])
        else:
            share = -(-len(files) // _PARTS)
            for at in range(0, len(files), share):
                self._sort_out(files[at : at + share])

    def _take_large(self, number: int, descriptor: int, before: os.stat_result) -> None:
        """Read a file in windows, until one of them tells enough."""
        at = 0
        while read := os.preadv(descriptor, [self._view], at):
            if not at and self._contains_files(0, read):
                break
            if may_hold_key(bytes(self._view[:read])):
                break
            at += read
            if read < len(self._buffer):
                break
            at -= OVERLAP
        else:
            read = 0
        after = os.fstat(descriptor)
        is_whole = at == after.st_size == before.st_size and after.st_mtime_ns == before.st_mtime_ns
        if is_whole:
            self._clean += at
        else:
            self._suspects.append(number)


_FILLING = b"\n" * BLOCK


def main(ends: Sequence[str]) -> int:
    """Become one process for each two pipes, and serve lists until there are no more.

    `ends` are descriptors: of one pipe to read lists from, of one to write answers to, and so on. A
    list is its length in bytes and names with NUL between; an answer is a line, the bytes of the
    files that need nothing, and the places in the list of those that need the scanner.
    """
    pipes = [(int(each), int(ends[at + 1])) for at, each in enumerate(ends) if at % 2 == 0]
    children = 0
    while len(pipes) > 1:
        pipe = pipes.pop()
        if not os.fork():
            _close(pipes)
            _serve(*pipe)
            os._exit(0)
        _close([pipe])
        children += 1
    for pipe in pipes:
        _serve(*pipe)
    for _ in range(children):
        os.wait()
    return 0


def _serve(questions: int, answers: int) -> None:
    batches = Batches()
    with open(questions, "rb") as asked, open(answers, "wb", buffering=0) as answered:
        while length := asked.readline():
            suspects, clean = batches.select(asked.read(int(length)).split(b"\0"))
            answered.write(b" ".join(b"%d" % each for each in (clean, *suspects)) + b"\n")


def _close(pipes: Iterable[tuple[int, int]]) -> None:
    for pipe in pipes:
        for end in pipe:
            os.close(end)
