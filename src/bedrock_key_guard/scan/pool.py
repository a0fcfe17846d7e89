"""Search the lists of a repository's objects with one reader process for each core."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import IO, TYPE_CHECKING, cast

from bedrock_key_guard.scan.objects import join, list_parts
from bedrock_key_guard.scan.progress import Progress, silent
from bedrock_key_guard.scan.reader import BROKEN, WHOLE

if TYPE_CHECKING:
    import subprocess

    from bedrock_key_guard.scan.repository import Git

# A reader finds the package where we did, and nothing in any working directory.
_READER = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from bedrock_key_guard.scan.reader import main; raise SystemExit(main())"
)
# Lists of which nothing is heard until all of them are read: about a second's work.
_AT_ONCE = 40
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class Searched:
    """Gather what the readers found: objects to scan, lists that broke off, and the counts.

    Where a person `interrupted` them, the lists are those that were not read to the end.
    """

    hits: list[str] = field(default_factory=list)
    broken: list[Path] = field(default_factory=list)
    objects: int = 0
    bytes: int = 0
    interrupted: bool = False


def search(git: Git, folder: Path, *, deep: bool, progress: Progress = silent) -> Searched:
    """List and search every object; the lists are kept in `folder`."""
    found, parts, lock = Searched(), Queue[Path | None](), threading.Lock()
    counts: dict[Path, tuple[int, int]] = {}
    readers = os.cpu_count() or 1

    def serve() -> None:
        with _start_reader(git, deep=deep) as process:
            while lists := _take(parts, readers):
                hits, broken = _search(process, lists)
                read = () if found.interrupted else lists
                objects, size = (sum(counts[each][kind] for each in read) for kind in (0, 1))
                with lock:
                    found.hits += hits
                    found.broken += broken
                    found.objects += objects
                    found.bytes += size
                progress(objects=objects, size=size)
            with suppress(OSError):
                cast("IO[bytes]", process.stdin).close()

    with ThreadPoolExecutor(readers) as threads:
        serving: list[Future[None]] = []
        try:
            serving += (threads.submit(serve) for _ in range(readers))
            for part, objects, size in list_parts(git, folder):
                counts[part] = objects, size
                parts.put(part)
                progress(expected=size)
            _end(parts, readers)
            wait(serving)
        except KeyboardInterrupt:
            found.interrupted = True
            _empty(parts)
            git.stop()
        finally:
            _end(parts, readers)
    for each in serving:
        each.result()
    return found


def _end(parts: Queue[Path | None], readers: int) -> None:
    """Let each reader come to an end behind what waits."""
    for _ in range(readers):
        parts.put(None)


def _empty(parts: Queue[Path | None]) -> None:
    """Take away all that waits."""
    with suppress(Empty):
        while True:
            parts.get_nowait()


def _start_reader(git: Git, *, deep: bool) -> subprocess.Popen[bytes]:
    depth = "deep" if deep else "usual"
    command = [sys.executable, "-I", "-c", _READER, str(_PACKAGE_ROOT), depth, *git.command()]
    return git.spawn(command)


def _take(parts: Queue[Path | None], readers: int) -> list[Path]:
    """Take lists: one reader's share of what waits, in the end single ones; none are left at None.

    Each share costs a `git cat-file`, which begins with nothing in its caches.
    """
    first = parts.get()
    if first is None:
        return []
    taken = [first]
    with suppress(Empty):
        for _ in range(min(parts.qsize() // readers, _AT_ONCE)):
            part = parts.get_nowait()
            if part is None:
                parts.put(None)
                break
            taken.append(part)
    return taken


def _search(process: subprocess.Popen[bytes], lists: list[Path]) -> tuple[list[str], list[Path]]:
    """Return the hits in some lists, and those of the lists that were not read whole."""
    if len(lists) == 1:
        hits, whole = _ask(process, lists[0])
        return hits, [] if whole else lists
    hits, whole = _ask(process, join(lists))
    if whole:
        return hits, []
    each_alone = [_search(process, [each]) for each in lists]
    return [hit for hits, _ in each_alone for hit in hits], [
        part for _, broken in each_alone for part in broken
    ]


def _ask(process: subprocess.Popen[bytes], part: Path) -> tuple[list[str], bool]:
    """Return the hits in a list, and whether it was read whole; a reader that died read nothing."""
    questions, answers = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    hits: list[str] = []
    try:
        questions.write(os.fsencode(part) + b"\n")
        questions.flush()
    except OSError:
        return [], False
    for line in answers:
        word = line.decode().rstrip("\n")
        if word in (WHOLE, BROKEN):
            return hits, word == WHOLE
        hits.append(word)
    return hits, False
