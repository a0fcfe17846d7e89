"""Trace objects to the commits that introduced them, all of them in one pass over the commits."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from bedrock_key_guard import system
from bedrock_key_guard.git.object_lists import lines
from bedrock_key_guard.git.raw_changes import ADDED, OLDEST_FIRST, RAW, SUBMODULE, raw_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bedrock_key_guard.git.clean_git import Git

_LONGEST_NAME = 200
# With `-m` a merge is shown against each parent, so that what a merge itself added is seen.
_EACH = ("diff-tree", *RAW, "--stdin", "--root", "-r", "-m")
_AT_A_TIME = 10_000
# Fewer commits than this are compared as soon as a second process is started.
_SHARE = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Commit:
    """Name a commit, when its author says that it was made, and who that is; nobody checks it.

    People are written `Name <address>`.
    """

    id: str
    author_time: datetime | None
    author: str
    committer: str


@dataclass(frozen=True, slots=True)
class Introduction:
    """Say which commit first put an object at a path."""

    object: str
    path: str
    commit: Commit
    is_submodule: bool = False


def introductions(git: Git, objects: Sequence[str], revisions: Sequence[str]) -> list[Introduction]:
    """Return the first commit for each object and path, oldest first.

    Of `revisions` the options come first.
    """
    options = [each for each in revisions if each.startswith("--")]
    named = lines(revisions[len(options) :])
    if not objects:
        return []
    listed = git.run("rev-list", *OLDEST_FIRST, *options, "--stdin", stdin=named)
    return _first_of(_found(git, objects, listed.splitlines(keepends=True)))


def _first_of(found: Iterable[Introduction]) -> list[Introduction]:
    """Return the first for each object and path."""
    first: dict[tuple[str, str], Introduction] = {}
    for each in found:
        first.setdefault((each.object, each.path), each)
    return list(first.values())


def _found(git: Git, objects: Sequence[str], commits: Sequence[bytes]) -> Iterator[Introduction]:
    """Ask which of the commits put any of the objects somewhere, in the order of the commits."""
    for begin in range(0, len(objects), _AT_A_TIME):
        wanted = set(objects[begin : begin + _AT_A_TIME])
        finds = [f"--find-object={each}" for each in objects[begin : begin + _AT_A_TIME]]
        for printed in _shared_out(git, finds, commits):
            yield from (each for each in _changes(printed) if each.object in wanted)


def _shared_out(git: Git, finds: Sequence[str], commits: Sequence[bytes]) -> list[bytes]:
    """Have each core compare its share of the commits with their parents."""
    cores = os.cpu_count() or 1
    share = max(-(-len(commits) // cores), _SHARE)
    with ThreadPoolExecutor(cores) as threads:
        asked = [
            threads.submit(git.run, *_EACH, *finds, stdin=b"".join(commits[at : at + share]))
            for at in range(0, len(commits), share)
        ]
        try:
            return [each.result() for each in asked]
        except KeyboardInterrupt:
            git.stop()
            raise


def additions(
    git: Git, revisions: Sequence[str], *paths: str
) -> tuple[list[str], list[Introduction]]:
    """Return the commits that revisions name and what they put where, oldest first.

    Where there are `paths`, they are those commits alone that changed one of them. A name may hold
    a key, and the arguments of a process are there for all to read: they go through its standard
    input (git-rev-list(1), `--stdin`), a path on each line.
    """
    words: tuple[str, ...] = ("--",)
    named = b""
    if paths:
        words = ("--full-history", "--stdin")
        named = b"".join(b"%b\n" % line for line in (b"--", *map(system.encoded, paths)))
    output = git.run(*ADDED, *revisions, *words, stdin=named)
    commits: list[str] = []
    return commits, list(_changes(output, commits))


def _changes(output: bytes, commits: list[str] | None = None) -> Iterator[Introduction]:
    """Read what commits put where; each commit is kept in `commits`."""
    commit = read_commit("")
    for header, mode, object_id, path in raw_changes(output):
        if header:
            commit = read_commit(header.decode("utf-8", "replace"))
            if commits is not None:
                commits.append(commit.id)
        else:
            place, linked = system.decoded(path), mode == SUBMODULE
            yield Introduction(object_id.decode(), place, commit, linked)


def read_commit(header: str) -> Commit:
    """Return what a HEADER says; a name is cut where it is too long for one."""
    told, author, committer = [*header.strip().split("\x01"), "", ""][:3]
    commit, _, time = told.partition(" ")
    return Commit(commit, moment(time), author[:_LONGEST_NAME], committer[:_LONGEST_NAME])


def moment(seconds: str) -> datetime | None:
    """Return the time that Git writes as seconds, None for one that no calendar has."""
    try:
        # `fromtimestamp` of Windows knows nothing before that.
        return _EPOCH + timedelta(seconds=int(seconds))
    except (ValueError, OverflowError):
        return None


def still_at_tip(git: Git, places: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of the (object, path) that a branch still has at its tip."""
    wanted = set(places)
    branches = git.run("for-each-ref", "--format=%(objectname)", "refs/heads", "refs/remotes")
    tips = dict.fromkeys((*branches.decode().split(), *git.heads()))
    if not wanted or not tips:
        return set()
    return {*_asked(git, tips, wanted), *_listed(git, tips, wanted)}


def _asked(
    git: Git, tips: Iterable[str], wanted: set[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield those of the (object, path) that a tip has, asked for through standard input.

    The arguments of a process are there for all to read, and a path may hold a key.
    """
    paths = sorted({path for _, path in wanted if "\n" not in path})
    asked = [(tip, path) for tip in tips for path in paths]
    named = b"".join(system.encoded(f"{tip}:{path}\n") for tip, path in asked)
    told = git.run("cat-file", "--batch-check=%(objectname)", "--buffer", stdin=named).split(b"\n")
    places = ((system.decoded(each), path) for each, (_, path) in zip(told, asked, strict=False))
    return (place for place in places if place in wanted)


def _listed(
    git: Git, tips: Iterable[str], wanted: set[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield those with a line break in their path, which no line can ask for."""
    for tip in tips if any("\n" in path for _, path in wanted) else ():
        for entry in git.run("ls-tree", "-r", "-z", "--full-tree", tip).split(b"\0"):
            meta, _, path = entry.partition(b"\t")
            place = (meta.decode().split()[2], system.decoded(path)) if path else None
            if place in wanted:
                yield place
