"""List every object of a repository, reachable or not, each once.

Git lists the objects in the order of its packs; workers, one for each core, search them for the
literal starts of keys; the few objects that hold one are read; and one pass of `git log` tells
which commits introduced them.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.git.clean_git import clean_git
from bedrock_key_guard.git.references import existing, find_references, lines
from bedrock_key_guard.git.repository import repository_of
from bedrock_key_guard.model.findings import NotScanned, Scanned
from bedrock_key_guard.scan.inputs import Passed, Source
from bedrock_key_guard.scan.prefilter.object_workers import search
from bedrock_key_guard.scan.provenance import placed
from bedrock_key_guard.scan.sources.objects import SHALLOW, absent, first_commits, objects
from bedrock_key_guard.scan.sources.submodules import NOT_HERE, submodules

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from bedrock_key_guard.git.clean_git import Git
    from bedrock_key_guard.git.repository import Repository
    from bedrock_key_guard.scan.inputs import Inputs

UNTOLD = NotScanned(
    "history",
    "missing",
    "Git cannot tell which objects are missing: a commit or a tree is missing or damaged (see `git "
    "fsck`; in Actions, check out with `fetch-depth: 0` and no filter)",
)
_REACHABLE = ("rev-list", "--objects", "--missing=print", "--quiet", "--stdin")
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
        yield Source(scanned, _inputs(git, deep=deep), partial(placed, git), under)
        inner = submodules(git)
    gone = (NotScanned(each.path, "opaque", NOT_HERE) for each in inner if not each.repository)
    yield Source(scanned, gone, under=under)
    for each in inner:
        if each.repository and each.repository.git_dir.resolve() not in done:
            yield from _repositories(each.repository, f"{under}{each.path}/", done, deep=deep)


def _inputs(git: Git, *, deep: bool) -> Inputs:
    """Yield the objects that may hold a key, and meanwhile look for those that are not here."""
    if first_commits(git.repository):
        yield NotScanned("history", "missing", SHALLOW)
    references = find_references(git)
    missing: Future[list[str]] = Future()
    with ThreadPoolExecutor(1) as side:
        try:
            missing = side.submit(_missing_from, git, references)
            yield from _searched(git, deep=deep)
            yield from _absent(missing)
        finally:
            while not missing.done() and not missing.cancel():
                git.stop()
                wait([missing], timeout=_PATIENCE)


def _searched(git: Git, *, deep: bool) -> Inputs:
    """Yield the objects that need the scanner, while others are still searched."""
    seen: set[str] = set()
    with (
        TemporaryDirectory(prefix="bedrock-key-guard-") as lists,
        closing(search(git, Path(lists), deep=deep)) as steps,
        ObjectReader(git) as reader,
    ):
        for step in steps:
            yield Passed(step.objects, step.bytes, step.expected)
            fresh = [each for each in step.chosen if each not in seen]
            seen.update(fresh)
            yield from objects(reader, fresh, counted=False)


def _absent(missing: Future[list[str]]) -> Inputs:
    """Yield the objects that are missing, or that Git cannot tell which."""
    try:
        ids = missing.result()
    except UsageError:
        yield UNTOLD
        return
    yield from map(absent, ids)


def _missing_from(git: Git, references: Iterable[str]) -> list[str]:
    """Return the objects that references reach and that are not here."""
    asked = list(references)
    here = existing(git, asked)
    gone = [each for each in asked if each not in here]
    known = [each for each in asked if each in here]
    listed = git.run(*_REACHABLE, stdin=lines(known)).decode().split() if here else []
    return [*gone, *(each[1:] for each in listed if each.startswith("?"))]
