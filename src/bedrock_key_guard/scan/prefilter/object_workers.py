"""Search the lists of a repository's objects with one reader process for each core."""

from __future__ import annotations

import os
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import IO, TYPE_CHECKING, cast

from bedrock_key_guard.git.object_lists import join, list_parts
from bedrock_key_guard.scan.prefilter.object_worker import BROKEN, WHOLE
from bedrock_key_guard.scan.progress import Progress, silent

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Generator, Iterator

    from bedrock_key_guard.git.repository import Git

# A reader finds the package where we did, and nothing in any working directory.
_READER = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from bedrock_key_guard.scan.prefilter.object_worker import main; raise SystemExit(main())"
)
# Lists of which nothing is heard until all of them are read: about a second's work.
_AT_ONCE = 40
_PACKAGE_ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Step:
    """Hold what a reader says: an object that needs the scanner, or how much was searched."""

    chosen: tuple[str, ...] = ()
    objects: int = 0
    bytes: int = 0


def search(
    git: Git, folder: Path, *, deep: bool, progress: Progress = silent
) -> Generator[Step, None, None]:
    """List and search every object, and yield what the readers say; the lists are in `folder`.

    Where a reader broke off, all objects of that list need the scanner, some for a second time. The
    readers go on while an object is scanned, and are killed where nobody wants the rest.
    """
    parts, said = Queue[Path | None](), Queue[Step | None]()
    counts: dict[Path, tuple[int, int]] = {}
    readers = os.cpu_count() or 1

    def serve() -> None:
        try:
            with _start_reader(git, deep=deep) as process:
                while lists := _take(parts, readers):
                    for chosen in _search(process, lists):
                        said.put(Step((chosen,)))
                    objects, size = (sum(counts[each][kind] for each in lists) for kind in (0, 1))
                    said.put(Step((), objects, size))
                    progress(objects=objects, size=size)
                with suppress(OSError):
                    cast("IO[bytes]", process.stdin).close()
        finally:
            said.put(None)

    with ThreadPoolExecutor(readers) as threads:
        serving: list[Future[None]] = []
        try:
            serving += (threads.submit(serve) for _ in range(readers))
            for part, objects, size in list_parts(git, folder):
                counts[part] = objects, size
                parts.put(part)
                progress(expected=size)
            _end(parts, readers)
            for _ in serving:
                yield from iter(said.get, None)
        except BaseException:
            _empty(parts)
            git.stop()
            raise
        finally:
            _end(parts, readers)
    for each in serving:
        each.result()


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


def _search(process: subprocess.Popen[bytes], lists: list[Path]) -> Iterator[str]:
    """Yield the hits in some lists, and all objects of those that were not read whole."""
    whole = yield from _ask(process, lists[0] if len(lists) == 1 else join(lists))
    if whole:
        return
    if len(lists) == 1:
        yield from lists[0].read_text("ascii").splitlines()
    else:
        for part in lists:
            yield from _search(process, [part])


def _ask(process: subprocess.Popen[bytes], part: Path) -> Generator[str, None, bool]:
    """Yield the hits in a list; return whether it was read whole: not where the reader died."""
    questions, answers = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    try:
        questions.write(os.fsencode(part) + b"\n")
        questions.flush()
    except OSError:
        return False
    for line in answers:
        word = line.decode().rstrip("\n")
        if word in (WHOLE, BROKEN):
            return word == WHOLE
        yield word
    return False
