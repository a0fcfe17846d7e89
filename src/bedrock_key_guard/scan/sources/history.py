"""List every object of a repository, reachable or not, each once.

Git lists the objects in the order of its packs; workers, one for each core, search them for the
literal starts of keys; the few objects that hold one are read; and one pass of `git log` tells
which commits introduced them.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard import system
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.git.clean_git import clean_git, temporary_folder
from bedrock_key_guard.git.object_lists import existing, find_references, lines
from bedrock_key_guard.git.repository import repository_of
from bedrock_key_guard.model.findings import NotScanned, Scanned
from bedrock_key_guard.scan.prefilter.literals import has_literal
from bedrock_key_guard.scan.prefilter.object_workers import search
from bedrock_key_guard.scan.provenance import placed
from bedrock_key_guard.scan.source import Passed, Source, names
from bedrock_key_guard.scan.sources.objects import (
    SHALLOW,
    absent,
    first_commits,
    objects,
    stored_beside,
)
from bedrock_key_guard.scan.sources.submodules import NOT_HERE, submodules

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from bedrock_key_guard.git.clean_git import Git
    from bedrock_key_guard.git.repository import Repository
    from bedrock_key_guard.scan.source import Inputs

UNTOLD = NotScanned(
    "history",
    "missing",
    "Git cannot tell which objects are missing: a commit or a tree is missing or damaged (see `git "
    "fsck`; in Actions, check out with `fetch-depth: 0` and no filter)",
)
_REACHABLE = ("rev-list", "--objects", "--missing=print", "--stdin")
# Seconds after which a child that was just being started is there to be killed.
_PATIENCE = 0.1


def history(folder: Path, *, deep: bool = False) -> Generator[Source, None, None]:
    """Yield all blobs, commits, tags and notes of the repository at `folder`, then submodules'.

    `deep` searches for every start of a key. Raises UsageError where there is no repository.
    """
    return _repositories(repository_of(folder, "history"), "", set(), deep=deep)


def _repositories(
    repository: Repository, under: str, done: set[Path], *, deep: bool
) -> Generator[Source, None, None]:
    """Yield one repository, and those of its submodules that are not `done` yet."""
    done.add(repository.git_dir.resolve())
    scanned = Scanned(("history",), deep=deep)
    with clean_git(repository) as git:
        stored = partial(stored_beside, repository)
        yield Source(scanned, _inputs(git, deep=deep), partial(placed, git), stored, under)
        inner = submodules(git)
    gone = (NotScanned(each.path, "elsewhere", NOT_HERE) for each in inner if not each.repository)
    yield Source(scanned, gone, under=under)
    for each in inner:
        if each.repository and each.repository.git_dir.resolve() not in done:
            yield from _repositories(each.repository, f"{under}{each.path}/", done, deep=deep)


def _inputs(git: Git, *, deep: bool) -> Inputs:
    """Yield the objects that may hold a key, and meanwhile have Git walk its references."""
    if first_commits(git.repository):
        yield NotScanned("history", "missing", SHALLOW)
    references = find_references(git)
    yield from names(references)
    walk: Future[_Walk] = Future()
    with ThreadPoolExecutor(1) as side:
        try:
            walk = side.submit(_walk, git, list(references.values()))
            yield from _searched(git, deep=deep)
            yield from _walked(walk)
        finally:
            while not walk.done() and not walk.cancel():
                git.stop()
                wait([walk], timeout=_PATIENCE)


def _searched(git: Git, *, deep: bool) -> Inputs:
    """Yield the objects that need the scanner, while others are still searched."""
    seen: set[str] = set()
    with (
        temporary_folder() as lists,
        closing(search(git, lists, deep=deep)) as steps,
        ObjectReader(git) as reader,
    ):
        for step in steps:
            yield Passed(step.objects, step.bytes, step.expected)
            fresh = [each for each in step.chosen if each not in seen]
            seen.update(fresh)
            yield from objects(reader, fresh, counted=False)


def _walked(walk: Future[_Walk]) -> Inputs:
    """Yield the objects that are missing, or that Git cannot tell which, and the names."""
    try:
        found = walk.result()
    except UsageError:
        yield UNTOLD
        return
    yield from map(absent, found.missing)
    yield from names(found.names)


@dataclass(slots=True)
class _Walk:
    """Keep the objects that references reach and that are not here, and names worth a look."""

    missing: list[str]
    names: list[str] = field(default_factory=list)


def _walk(git: Git, references: Iterable[str]) -> _Walk:
    """Walk all that references reach. Raises UsageError where Git cannot.

    Git tells one path of each object, the first that it meets.
    """
    asked = dict.fromkeys(references)
    here = existing(git, asked)
    found = _Walk([each for each in asked if each not in here])
    for block in git.listed(*_REACHABLE, stdin=lines(here)) if here else ():
        if b"?" in block:
            missing = (line[1:] for line in block.split(b"\n") if line.startswith(b"?"))
            found.missing += (each.decode("ascii") for each in missing)
        if has_literal(block):
            paths = (line.partition(b" ")[2] for line in block.split(b"\n"))
            found.names += (system.decoded(path) for path in paths if has_literal(path))
    return found
