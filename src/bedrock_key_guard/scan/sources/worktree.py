"""List files on disk: a work tree as Git sees it, any folder, any file."""

from __future__ import annotations

import os
import stat
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard import system
from bedrock_key_guard.git import lfs
from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.git.clean_git import clean_git
from bedrock_key_guard.git.repository import absolute, find_repository, search_outside_tree_of
from bedrock_key_guard.model.findings import NotScanned, Scanned
from bedrock_key_guard.model.origins import Index, WorkTree
from bedrock_key_guard.scan.source import Input, Passed, Source, names
from bedrock_key_guard.scan.sources.files import IndexEntry, Listed, list_files, list_nested, opened
from bedrock_key_guard.scan.sources.objects import content_of
from bedrock_key_guard.scan.sources.submodules import NOT_HERE, repository_for

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from bedrock_key_guard.git.lfs import Pointer
    from bedrock_key_guard.model.origins import Origin
    from bedrock_key_guard.scan.source import Inputs, Open

# Fewer files are scanned at once; to sort out those that hold nothing would not pay.
_FEW = 16


def worktree(starts: Iterable[Path]) -> Generator[Source, None, None]:
    """Yield every file under some paths: tracked or not ignored inside Git, all of them outside.

    A file that is named is read even where Git ignores it. Raises UsageError for a path that is not
    there.
    """
    starts = tuple(starts)
    for start in filter(os.path.lexists, starts):
        search_outside_tree_of(start)
    yield _source(map(list_files, starts))


def files(named: Iterable[Path]) -> Generator[Source, None, None]:
    """Yield exactly these: a symbolic link is what it says, as in Git, and a folder is not read."""
    named = tuple(named)
    for folder in {file.parent for file in named}:
        search_outside_tree_of(folder)
    yield _source([dict.fromkeys(each.as_posix() for each in named)])


def _source(listings: Iterable[Listed]) -> Source:
    return Source(Scanned(("working-tree",)), _inputs(listings), stored=_stored)


def _inputs(listings: Iterable[Listed]) -> Inputs:
    """Yield each file once that needs the scanner, and then those of nested repositories."""
    seen: set[str] = set()
    listed: Listed = {}
    for listing in listings:
        listed = listing | listed
    while listed:
        new = [name for name in listed if name not in seen]
        seen.update(new)
        yield from names(new)
        absent: dict[str, IndexEntry] = {}
        for suspects, objects, size in _sorted_out(new):
            yield Passed(objects, size)
            for name in (new[number] for number in suspects):
                entry = listed[name]
                if entry is None or _is_file(name):
                    yield Input(WorkTree(name), partial(opened, name))
                else:
                    absent[name] = entry
        if not absent:
            return
        yield from _kept_in_index(absent)
        yield from _not_checked_out(absent)
        listed = {}
        for name in sorted(absent):
            listed |= list_nested(name)


def _kept_in_index(absent: dict[str, IndexEntry]) -> Inputs:
    """Yield what a sparse checkout leaves out: the index has it."""
    sparse = {name: entry for name, entry in absent.items() if entry.sparse}
    for repository in dict.fromkeys(entry.repository for entry in sparse.values()):
        with clean_git(repository) as git, ObjectReader(git) as reader:
            for name, entry in sparse.items():
                if entry.repository == repository and not entry.is_submodule:
                    content = content_of(reader, entry.object)
                    yield Input(Index(name, entry.object), content, reopens=True)


def _not_checked_out(absent: dict[str, IndexEntry]) -> Inputs:
    """Yield the submodules that are not here."""
    for name, entry in absent.items():
        if entry.is_submodule and repository_for(entry.repository, absolute(Path(name))) is None:
            yield NotScanned(name, "elsewhere", NOT_HERE)


def _stored(origin: Origin, pointer: Pointer) -> Open | None:
    """Return what opens the object of a pointer in a file, if the file's repository has it."""
    repository = find_repository(absolute(Path(origin.root.path)).parent)
    path = lfs.stored(repository, pointer) if repository else None
    return partial(opened, str(path)) if path else None


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
        return not stat.S_ISDIR(os.lstat(system.extended(name)).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
