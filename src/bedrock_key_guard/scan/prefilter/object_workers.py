"""Search the lists of a repository's objects with one worker for each core."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from queue import Empty, Queue
from typing import TYPE_CHECKING

from bedrock_key_guard.git.object_lists import list_parts, name_at
from bedrock_key_guard.scan.prefilter.pool import Answer, Pool, Unanswered, Work

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

    from bedrock_key_guard.git.clean_git import Git

# Lists of which nothing is heard until all of them are read: about a second's work.
_AT_ONCE = 40
# Bytes; a worker takes as long to start as the scanner takes for some megabytes.
_SMALL = 2_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """Hold what a worker says: objects that need the scanner, or how much was searched.

    `expected` are the bytes of a list that is still to be searched.
    """

    chosen: tuple[str, ...] = ()
    objects: int = 0
    bytes: int = 0
    expected: int = 0


@dataclass(frozen=True, slots=True)
class _Part:
    """Name a list, with the number of its objects and of their bytes."""

    path: Path
    objects: int
    size: int


@dataclass(frozen=True, slots=True)
class _Lists(Work):
    """Hold the lists that are searched together."""

    parts: tuple[_Part, ...]

    def names(self, chosen: Iterable[int]) -> Iterator[str]:
        """Yield the ids of some objects."""
        for index in chosen:
            before = 0
            for part in self.parts:
                if index < before + part.objects:
                    yield name_at(part.path, index - before)
                    break
                before += part.objects


class _Waiting:
    """Hold the lists that no worker has taken, until there will be no more."""

    def __init__(self) -> None:
        self._parts = Queue[_Part | None]()
        self._workers = os.cpu_count() or 1

    def put(self, part: _Part | None) -> None:
        """Add a list; None says that there are no more."""
        self._parts.put(part)

    def clear(self) -> None:
        """Forget the lists that nobody wants any more."""
        with suppress(Empty):
            while True:
                self._parts.get_nowait()

    def take(self) -> _Lists | None:
        """Return one worker's share of what waits, in the end single lists; None after the last.

        Each share costs a `git cat-file`, which begins with nothing in its caches.
        """
        taken: list[_Part] = []
        part = self._parts.get()
        more = min(self._parts.qsize() // self._workers, _AT_ONCE)
        with suppress(Empty):
            while part is not None:
                taken.append(part)
                if len(taken) > more:
                    break
                part = self._parts.get_nowait()
        if part is None:
            self._parts.put(None)
        paths = (os.fsencode(each.path) for each in taken)
        count = sum(each.objects for each in taken)
        return _Lists(b"\0".join(paths), count, tuple(taken)) if taken else None


def search(git: Git, folder: Path, *, deep: bool) -> Generator[Step, None, None]:
    """List and search every object, and yield what the workers say; the lists are in `folder`.

    Where a worker died, all objects of its lists need the scanner, some for a second time. The
    workers go on while an object is scanned, and end where nobody wants the rest.
    """
    listed = list_parts(git, folder)
    first = [_Part(*each) for each in islice(listed, 1)]
    if sum(part.size for part in first) <= _SMALL:
        first += (_Part(*each) for each in islice(listed, 1))
        if len(first) <= 1:
            yield from _unsearched(first)
            return
    waiting = _Waiting()
    arguments = ["deep" if deep else "usual", *git.command()]
    with Pool(waiting.take, "object_worker", arguments, git.environment) as workers:
        try:
            for part in chain(first, (_Part(*each) for each in listed)):
                waiting.put(part)
                yield Step(expected=part.size)
            waiting.put(None)
            for answer in workers.answers():
                yield from _steps(answer)
            while lists := waiting.take():
                yield from _steps(Unanswered(lists))
        finally:
            waiting.clear()
            waiting.put(None)


def _unsearched(parts: list[_Part]) -> Iterator[Step]:
    """Yield every object: to scan so few costs less than to start a worker."""
    for part in parts:
        yield Step(expected=part.size)
        yield from _steps(Unanswered(_Lists(b"", part.objects, (part,))))


def _steps(answer: Answer[_Lists] | Unanswered[_Lists]) -> Iterator[Step]:
    lists = answer.work
    is_last = isinstance(answer, Unanswered) or answer.size is not None
    chosen = range(lists.count) if isinstance(answer, Unanswered) else answer.chosen
    for name in lists.names(chosen):
        yield Step((name,))
    if is_last:
        size = sum(part.size for part in lists.parts)
        yield Step((), lists.count, size)
