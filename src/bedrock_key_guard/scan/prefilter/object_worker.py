"""Choose the objects of one list that the scanner has to look at.

`git cat-file` writes each object's line, its content and a newline. Usually the stream is searched
in large blocks for the literal starts of keys, and only at a hit is it worked out, from the sizes
in the list, which object stands there. A deep search asks of each object what is asked of a file.
Either way an object that is a container is chosen for its first bytes.

As a process it takes lists and answers which of their objects need the scanner.
"""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Lock
from typing import TYPE_CHECKING, cast

from bedrock_key_guard.git.cat_file import Records, join, sizes_of
from bedrock_key_guard.scan.prefilter.batches import Batches
from bedrock_key_guard.scan.prefilter.finder import Finder
from bedrock_key_guard.scan.prefilter.literals import HISTORY_LITERALS
from bedrock_key_guard.scan.prefilter.protocol import ask_for_no_haste, serve, widen
from bedrock_key_guard.scan.prefilter.signatures import (
    BEGINNINGS,
    CONTAINER_MAGICS,
    ZIP_END,
    container_kind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import IO

    from bedrock_key_guard.scan.prefilter.protocol import Tell

    Choose = Callable[[IO[bytes], Records], Iterator[int]]

# What all literals are searched for while it stays in the processor's cache.
_BLOCK = 1 << 18
_BUFFER = 1 << 16
# Enough to know nearly all containers. One begins with one of these bytes, or is a tar, whose 257th
# byte ends the name of a link.
_HEAD, _TAR_NUL = 512, 256
_MAY_BEGIN = bytes(
    byte in {*BEGINNINGS, *(start[0] for start, _ in CONTAINER_MAGICS)} for byte in range(256)
)
# What is no smaller is not held here: the scanner reads it in windows, and asks the same of each.
_ROOM = 4 << 20
# Objects are asked together when they come to this.
_TOGETHER = 1 << 20
# A base is needed again soon or not at all, so a third of Git's usual cache is enough; each process
# has to have its memory cleared first.
_CACHE = ("-c", "core.deltaBaseCacheLimit=32m")


def main(arguments: Sequence[str]) -> None:
    """Serve lists as a process of their own; the arguments are `deep` or not, and Git's own."""
    ask_for_no_haste()
    depth, *git = arguments
    search = Search(git, by_prefilter if depth == "deep" else by_literals)
    serve(search.choose, search.stop)


class Search:
    """Search lists of objects, one at a time, with a Git for each."""

    def __init__(self, git: Sequence[str], choose: Choose) -> None:
        """Have `choose` look at what the command `git` reads."""
        self._command = (*git, *_CACHE, "cat-file", "--batch=%(objectname)", "--buffer")
        self._choose = choose
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = Lock()

    def stop(self) -> None:
        """Kill the Git that runs, and let no other start."""
        self._starting.acquire()  # for good
        if self._process:
            self._process.kill()

    def choose(self, request: bytes, tell: Tell) -> tuple[int, Sequence[int]]:
        """Answer a request: paths of lists with NUL between, whose objects are counted on.

        Where they cannot be read together, each list is read, and of one that is not read whole all
        objects need the scanner.
        """
        lists = [os.fsdecode(each) for each in request.split(b"\0")]
        sizes = [sizes_of(each) for each in lists]
        size = sum(map(sum, sizes))
        if len(lists) > 1 and self.read(join(lists), tell):
            return size, ()
        begin = 0
        for part, some in zip(lists, map(len, sizes), strict=True):
            if not self.read(part, tell, begin):
                tell(range(begin, begin + some))
            begin += some
        return size, ()

    def read(self, part: str, tell: Tell, first: int = 0) -> bool:
        """Tell each object of a list as it is chosen; return whether the whole list was read.

        The `first` object has that number.
        """
        told: set[int] = set()
        # Git reads from where the file stands, which a buffer would hide.
        with open(part, "rb", buffering=0) as names:  # noqa: PTH123  # starts sooner
            records = Records(len(names.readline()), sizes_of(part))
            names.seek(0)
            with self._started(names) as process:
                stream = cast("IO[bytes]", process.stdout)
                widen(stream.fileno())
                for chosen in self._choose(stream, records):
                    if chosen not in told:
                        told.add(chosen)
                        tell((first + chosen,))
            return process.returncode == 0 and records.all_read()

    def _started(self, names: IO[bytes]) -> subprocess.Popen[bytes]:
        with self._starting:
            self._process = subprocess.Popen(
                self._command,
                stdin=names,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=_BUFFER,
            )
        return self._process


def by_literals(
    stream: IO[bytes], records: Records, literals: Sequence[bytes] = HISTORY_LITERALS
) -> Iterator[int]:
    """Yield the objects that hold a literal, and the containers, also those known by an end."""
    find = Finder(literals).offsets
    for base, block in _blocks(stream):
        records.read = base + len(block)
        for offset in (*find(block), *_ends_of_zips(block)):
            yield records.at(base + offset)
        for begin, end in records.contents(records.read, _HEAD):
            at = begin - base
            if (
                at + _HEAD > len(block) or _MAY_BEGIN[block[at]] or not block[at + _TAR_NUL]
            ) and container_kind(bytes(block[at : min(at + _HEAD, end - base)])):
                yield records.at(begin)


def _ends_of_zips(block: bytearray) -> Iterator[int]:
    """Yield where a zip may end; a byte that no text has is looked for much faster."""
    at = block.find(ZIP_END) if ZIP_END[2] in block else -1
    while at >= 0:
        yield at
        at = block.find(ZIP_END, at + 1)


def by_prefilter(stream: IO[bytes], records: Records) -> Iterator[int]:
    """Yield the objects that may hold a key in any encoding, and the containers."""
    batches = Batches(_ROOM)
    waiting: list[tuple[int, bytes]] = []
    first = 0
    for begin, end in records.contents(sys.maxsize, 0):
        stream.read(begin - records.read)
        if end - begin < _ROOM:
            waiting.append((begin, stream.read(end - begin)))
        else:
            _skip(stream, end - begin)
            yield records.at(begin)
        records.read = end + len(stream.read(1))
        if end - first > _TOGETHER:
            yield from _sorted_out(waiting, records, batches)
            waiting, first = [], end
    yield from _sorted_out(waiting, records, batches)
    records.read += len(stream.read(1))


def _sorted_out(
    waiting: Sequence[tuple[int, bytes]], records: Records, batches: Batches
) -> Iterator[int]:
    for number in batches.choose(content for _, content in waiting):
        yield records.at(waiting[number][0])


def _blocks(stream: IO[bytes]) -> Iterator[tuple[int, bytearray]]:
    """Yield blocks, each with the offset of its first byte.

    It is one buffer, filled again and again; a block begins with the last bytes of the one before,
    as many as it takes to know a container, which is more than a literal has.
    """
    buffer = bytearray(_HEAD + _BLOCK)
    view = memoryview(buffer)
    base = kept = 0
    while (size := kept + stream.readinto(view[kept:])) == len(buffer):  # type: ignore[attr-defined]
        yield base, buffer
        view[:_HEAD] = view[size - _HEAD :]
        base, kept = base + size - _HEAD, _HEAD
    yield base, buffer[:size]


def _skip(stream: IO[bytes], size: int) -> None:
    while size > 0 and (block := stream.read(min(size, _BLOCK))):
        size -= len(block)
