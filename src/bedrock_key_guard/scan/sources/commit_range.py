"""List what a range of commits added: the new contents of their files, and their messages."""

from __future__ import annotations

import re
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.git.clean_git import clean_git
from bedrock_key_guard.git.introductions import additions
from bedrock_key_guard.git.object_lists import check_revisions, lines, with_heads
from bedrock_key_guard.git.repository import find_repository, repository_of
from bedrock_key_guard.model.findings import NotScanned, Scanned
from bedrock_key_guard.scan.provenance import placed
from bedrock_key_guard.scan.source import Source, names
from bedrock_key_guard.scan.sources.objects import (
    ABSENT,
    SHALLOW,
    first_commits,
    objects,
    stored_beside,
)
from bedrock_key_guard.scan.sources.submodules import not_here

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence
    from pathlib import Path

    from bedrock_key_guard.git.clean_git import Git
    from bedrock_key_guard.git.repository import Repository
    from bedrock_key_guard.scan.source import Inputs

_DOTS = re.compile(r"\.{2,3}")
_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HEAD = 128
_TARGET = re.compile(rb"object ([0-9a-f]+)\n")


def commit_range(
    folder: Path, revisions: Sequence[str], commits: Path | None = None
) -> Generator[Source, None, None]:
    """Yield what the commits of `revisions` added, and the text of the tags that they name.

    They are those of `git rev-list`, such as `A..B` or `--all --not OLD`. What a shallow or partial
    clone has not got is missing, unless the repository at `commits` has it. Raises UsageError where
    `folder` is in no repository, or Git knows no such range.
    """
    repository = repository_of(folder, "commits")
    with clean_git(_fuller(repository, commits)) as git:
        yield from range_in(git, revisions, " ".join(revisions), repository)


def range_in(
    git: Git, revisions: Sequence[str], name: str, at: Repository | None = None
) -> Generator[Source, None, None]:
    """Yield the same of the repository of `git`; `name` is what a report calls the range.

    What is no commit, such as the work trees of submodules, is that of the repository `at`.
    """
    check_revisions(revisions)
    at = at or git.repository
    words = with_heads(git, revisions)
    try:
        listed, changed = additions(git, words)
    except UsageError:
        gap = NotScanned(name, "missing", _why_not(git, words))
        yield Source(Scanned(("range",), range=name), (each for each in (gap,)))
        return
    added = [each for each in changed if not each.is_submodule]
    ids = dict.fromkeys((*listed, *(each.object for each in added), *_named(git, words)))
    cut = not first_commits(git.repository).isdisjoint(listed)
    linked = dict.fromkeys(each.path for each in changed if each.is_submodule)
    gaps = [*not_here(at, linked)]
    gaps += [NotScanned(name, "missing", SHALLOW)] if cut else []
    counted = "1 commit" if len(listed) == 1 else f"{len(listed)} commits"
    scanned = Scanned(("range",), range=f"{name} ({counted})")
    paths = dict.fromkeys(each.path for each in added)
    yield Source(
        scanned,
        _inputs(git, ids, paths, gaps),
        partial(placed, git, among=added),
        partial(stored_beside, at),
    )


def _inputs(
    git: Git, ids: Iterable[str], paths: Iterable[str], gaps: Iterable[NotScanned]
) -> Inputs:
    yield from gaps
    yield from names(paths)
    with ObjectReader(git) as reader:
        yield from objects(reader, ids)


def _fuller(repository: Repository, commits: Path | None) -> Repository:
    """Return the repository that has more of the commits of one."""
    return repository_of(commits, "commits") if commits else repository


def commits_known(folder: Path) -> Callable[[str], bool] | None:
    """Return what tells whether the repository at `folder` has a commit, None for no repository."""
    repository = find_repository(folder.absolute()) if folder.exists() else None
    if repository is None:
        return None

    def knows(revision: str) -> bool:
        with clean_git(repository) as git:
            asked = lines([f"{revision}^{{commit}}"])
            return git.run("cat-file", "--batch-check", stdin=asked).split()[1:2] == [b"commit"]

    return knows


def _why_not(git: Git, words: Sequence[str]) -> str:
    """Say why Git cannot tell what was added. Raises UsageError where it knows no such revisions.

    Who names a commit by its whole id means one that is somewhere, if not here.
    """
    if first_commits(git.repository):
        return SHALLOW
    ends = chain.from_iterable(_DOTS.split(word.lstrip("^")) for word in words)
    if any(_is_missing(git, end) for end in ends):
        return ABSENT
    try:
        git.run("rev-list", "--quiet", *words, "--")
    except UsageError:
        raise UsageError(
            f"There are no such commits here: {' '.join(words)!r}.",
            remedy="Name revisions that `git rev-list` knows, such as `main..HEAD`; a folder "
            "stands before `--range`.",
        ) from None
    return ABSENT


def _is_missing(git: Git, revision: str) -> bool:
    is_id = _OBJECT_ID.fullmatch(revision) is not None
    return is_id and b" " in git.run(
        "cat-file", "--batch-check=%(objectname)", stdin=lines([revision])
    )


def _named(git: Git, words: Sequence[str]) -> list[str]:
    """Return what is asked for by name and no commit has: annotated tags, and what they are of.

    A tag may be of another tag, of a tree or of a blob.
    """
    named = git.run("rev-parse", "--revs-only", *words).decode().split()
    known = {each[1:] for each in named if each.startswith("^")}
    wanted = [each for each in named if not each.startswith("^") and each not in known]
    reached = _reached(git, wanted)
    others = [each for each, kind in reached.items() if kind in ("tree", "blob")]
    listed = git.run("rev-list", "--objects", "--stdin", stdin=lines(others)) if others else b""
    tags = [each for each, kind in reached.items() if kind == "tag" and each not in known]
    return [*tags, *(line.split(b" ")[0].decode() for line in listed.splitlines())]


def _reached(git: Git, ids: Iterable[str]) -> dict[str, str]:
    """Return those objects that are here with their types, and of tags also what they are of."""
    reached: dict[str, str] = {}
    waiting = [*ids]
    with ObjectReader(git) as reader:
        for each in waiting:
            opened = None if each in reached else reader.open(each)
            if opened is not None:
                reached[each] = opened.kind
                target = _TARGET.match(opened.read(_HEAD)) if opened.kind == "tag" else None
                waiting += [target[1].decode()] if target else []
    return reached
