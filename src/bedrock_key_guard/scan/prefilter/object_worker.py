"""Choose the objects of one list that the scanner has to look at.

`git cat-file` writes each object's line, its content and a newline. Usually the stream is searched
in large blocks for the literal starts of keys, and only at a hit is it worked out, from the sizes
in the list, which object stands there. A deep search asks of each object what is asked of a file.
Either way an object that is a container is chosen for its first bytes.

As a process (`python -I -c … reader.main`) it takes lists on standard input, one a line, and
answers with the ids of the objects that need the scanner, never with what they hold.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, cast

from bedrock_key_guard.git.object_stream import Records, sizes_of
from bedrock_key_guard.scan.prefilter.batches import Batches
from bedrock_key_guard.scan.prefilter.finder import Finder
from bedrock_key_guard.scan.prefilter.literals import HISTORY_LITERALS
from bedrock_key_guard.scan.prefilter.signatures import CONTAINER_MAGICS, container_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import IO

# What all literals are searched for while it stays in the processor's cache.
_BLOCK = 1 << 18
_PIPE = 1 << 20
_F_SETPIPE_SZ = 1031
_BUFFER = 1 << 16
# Enough to know nearly all containers. One begins with one of these bytes, or is a tar, whose 257th
# byte ends the name of a link.
_HEAD, _TAR_NUL = 512, 256
_MAY_BEGIN = bytes(byte in {start[0] for start, _ in CONTAINER_MAGICS} for byte in range(256))
# What is no smaller is not held here: the scanner reads it in windows, and asks the same of each.
_ROOM = 4 << 20
# Objects are asked together when they come to this.
_TOGETHER = 1 << 20
# A base is needed again soon or not at all, so a third of Git's usual cache is enough; each process
# has to have its memory cleared first.
_CACHE = ("-c", "core.deltaBaseCacheLimit=32m")
WHOLE, BROKEN = "whole", "broken"


def main() -> int:
    """Serve lists until standard input ends; the arguments are `deep` or not, and Git's own."""
    _ask_for_no_haste()
    choose = by_prefilter if sys.argv[1] == "deep" else by_literals
    for line in sys.stdin:
        whole = search(line.rstrip("\n"), sys.argv[2:], choose, _tell)
        _tell(WHOLE if whole else BROKEN)
    return 0


def _tell(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def search(
    part: str,
    git: Sequence[str],
    choose: Callable[[IO[bytes], Records], Iterator[str]],
    tell: Callable[[str], object],
) -> bool:
    """Tell the id of each object as it is chosen; return whether the whole list was read."""
    told: set[str] = set()
    command = [*git, *_CACHE, "cat-file", "--batch=%(objectname)", "--buffer"]
    with open(part, "rb") as names:  # noqa: PTH123  # starts sooner
        records = Records(names.read(), sizes_of(part))
        names.seek(0)
        with subprocess.Popen(
            command,
            stdin=names,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=_BUFFER,
        ) as process:
            stream = cast("IO[bytes]", process.stdout)
            _widen(stream.fileno())
            for chosen in choose(stream, records):
                if chosen not in told:
                    told.add(chosen)
                    tell(chosen)
        return process.returncode == 0 and records.all_read()


def by_literals(
    stream: IO[bytes], records: Records, literals: Sequence[bytes] = HISTORY_LITERALS
) -> Iterator[str]:
    """Yield the objects that hold a literal, and the containers."""
    find = Finder(literals).offsets
    for base, block in _blocks(stream):
        records.read = base + len(block)
        for offset in find(block):
            yield records.at(base + offset)
        for begin, end in records.contents(records.read, _HEAD):
            at = begin - base
            if (
                at + _HEAD > len(block) or _MAY_BEGIN[block[at]] or not block[at + _TAR_NUL]
            ) and container_kind(bytes(block[at : min(at + _HEAD, end - base)])):
                yield records.at(begin)


def by_prefilter(stream: IO[bytes], records: Records) -> Iterator[str]:
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
) -> Iterator[str]:
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


def _widen(descriptor: int) -> None:
    """Let the pipe hold a lot: Git and we then wait for each other far less often."""
    try:
        import fcntl

        fcntl.fcntl(descriptor, _F_SETPIPE_SZ, _PIPE)
    except (ImportError, OSError):
        return


def _ask_for_no_haste() -> None:
    """Have Linux run Git on, and not us for each piece that it writes, a few kilobytes.

    We are then woken a twentieth as often (sched(7), SCHED_BATCH; Git inherits it).
    """
    try:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except (AttributeError, OSError):
        return
