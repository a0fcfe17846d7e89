"""List files on disk: a work tree as Git sees it, any folder, any file."""

from __future__ import annotations

import io
import os
import stat
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING

from bedrock_key_guard.git.repository import search_outside_tree_of
from bedrock_key_guard.model.findings import Scanned
from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.containers.limits import Unreadable
from bedrock_key_guard.scan.inputs import Changed, Input, Passed, Source
from bedrock_key_guard.scan.prefilter.batches import FLAGS
from bedrock_key_guard.scan.sources.files import Listed, list_files, list_nested

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

    from bedrock_key_guard.scan.inputs import Inputs
    from bedrock_key_guard.scan.matching.windows import Readable

# Fewer files are scanned at once; to sort out those that hold nothing would not pay.
_FEW = 16
NO_FILE = "it is not a regular file"


def worktree(starts: Iterable[Path]) -> Generator[Source, None, None]:
    """Yield every file under some paths: tracked or not ignored inside Git, all of them outside.

    A file that is named is read even where Git ignores it. Raises UsageError for a path that is not
    there.
    """
    starts = tuple(starts)
    for start in filter(os.path.lexists, starts):
        search_outside_tree_of(start)
    yield Source(Scanned(("working-tree",)), _inputs(map(list_files, starts)))


def files(named: Iterable[Path]) -> Generator[Source, None, None]:
    """Yield exactly these: a symbolic link is what it says, as in Git, and a folder is not read."""
    named = tuple(named)
    for folder in {file.parent for file in named}:
        search_outside_tree_of(folder)
    listing = dict.fromkeys(map(str, named), False)
    yield Source(Scanned(("working-tree",)), _inputs([listing]))


def _inputs(listings: Iterable[Listed]) -> Inputs:
    """Yield each file once that needs the scanner, and then those of nested repositories."""
    seen: set[str] = set()
    listed: Listed = {}
    for listing in listings:
        listed = listing | listed
    while listed:
        names = [name for name in listed if name not in seen]
        seen.update(names)
        folders: list[int] = []
        for suspects, objects, size in _sorted_out(names):
            yield Passed(objects, size)
            for number in suspects:
                name = names[number]
                if listed[name] and not _is_file(name):
                    folders.append(number)
                else:
                    yield Input(WorkTree(name), partial(_opened, name))
        listed = {}
        for number in sorted(folders):
            listed |= list_nested(names[number])


def _sorted_out(names: list[str]) -> Iterator[tuple[Iterable[int], int, int]]:
    """Yield which names need the scanner, and the number and the size of the others."""
    if len(names) <= _FEW:
        yield range(len(names)), 0, 0
        return
    from bedrock_key_guard.scan.prefilter.file_workers import sort_out

    yield from sort_out([os.fsencode(name) for name in names])


def _is_file(name: str) -> bool:
    """Return whether there is something to scan, be it a link, where Git lists a file."""
    try:
        return not stat.S_ISDIR(os.lstat(name).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


@contextmanager
def _opened(name: str) -> Iterator[Readable]:
    """Open a file, or what a link says. Raises Changed where it was not the same to its end."""
    mode = os.lstat(name).st_mode
    if stat.S_ISLNK(mode):
        yield io.BytesIO(os.fsencode(os.readlink(name)))  # noqa: PTH115
        return
    if stat.S_ISDIR(mode):
        os.scandir(name).close()
    if not stat.S_ISREG(mode):
        raise Unreadable(NO_FILE)
    with os.fdopen(os.open(name, FLAGS), "rb", buffering=0) as file:
        before = _state(file)
        yield file
        if _state(file) != before:
            raise Changed


def _state(file: IO[bytes]) -> tuple[int, int]:
    """Return what shows that a file changed. Raises Unreadable for what took a file's place."""
    state = os.fstat(file.fileno())
    if not stat.S_ISREG(state.st_mode):
        raise Unreadable(NO_FILE)
    return state.st_size, state.st_mtime_ns
