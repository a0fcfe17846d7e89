"""Trace objects to the commits that introduced them, all of them in one pass over the commits."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from bedrock_key_guard.git.object_lists import lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bedrock_key_guard.git.clean_git import Git

HEADER = "%H %at%x01%an <%ae>%x01%cn <%ce>"
"""Make Git write who says to have written a commit and when, and who committed it: claims."""

_LONGEST_NAME = 200
_RAW = (
    *("--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv"),
    f"--format=%x01{HEADER}",
)
# With `-m` a merge is shown against each parent, so that what a merge itself added is seen.
_EACH = ("diff-tree", *_RAW, "--stdin", "--root", "-r", "-m")
_OLDEST_FIRST = ("--reverse", "--topo-order")
_AT_A_TIME = 10_000
# Fewer commits than this are compared as soon as a second process is started.
_SHARE = 500
_ABSENT, _SUBMODULE = b"000000", b"160000"


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
    listed = git.run("rev-list", *_OLDEST_FIRST, *options, "--stdin", stdin=named)
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

    Where there are `paths`, they are those commits alone that changed one of them. With `-c` a
    merge is shown only where it differs from every parent: what it added itself.
    """
    only = ("--full-history", "--", *paths) if paths else ("--",)
    output = git.run("log", *_RAW, *_OLDEST_FIRST, "-c", *revisions, *only)
    commits: list[str] = []
    return commits, list(_changes(output, commits))


def _changes(output: bytes, commits: list[str] | None = None) -> Iterator[Introduction]:
    """Read `--raw -z`: a header for each commit (kept in `commits`), then changes and paths.

    A change begins with a colon for each parent, then a mode and an object id for each and for the
    commit itself (git-diff(1), "Raw output format" and "diff format for merges"). What a commit
    took away is left out.
    """
    fields = iter(output.split(b"\0"))
    commit = read_commit("")
    for field in fields:
        if field.startswith(b"\x01"):
            commit = read_commit(field[1:].decode("utf-8", "replace"))
            if commits is not None:
                commits.append(commit.id)
        elif field.lstrip(b"\n").startswith(b":"):
            parents, words = field.count(b":"), field.lstrip(b"\n:").split()
            mode, object_id = words[parents], words[2 * parents + 1].decode()
            path = os.fsdecode(next(fields))
            if mode != _ABSENT:
                linked = mode == _SUBMODULE
                yield Introduction(object_id, path, commit, linked)


def read_commit(header: str) -> Commit:
    """Return what a HEADER says; a name is cut where it is too long for one."""
    told, author, committer = [*header.strip().split("\x01"), "", ""][:3]
    commit, _, time = told.partition(" ")
    return Commit(commit, moment(time), author[:_LONGEST_NAME], committer[:_LONGEST_NAME])


def moment(seconds: str) -> datetime | None:
    """Return the time that Git writes as seconds, None for one that no calendar has."""
    try:
        return datetime.fromtimestamp(int(seconds), tz=timezone.utc)
    except (ValueError, OverflowError, OSError):
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
    named = b"".join(os.fsencode(f"{tip}:{path}\n") for tip, path in asked)
    told = git.run("cat-file", "--batch-check=%(objectname)", "--buffer", stdin=named).split(b"\n")
    places = ((os.fsdecode(each), path) for each, (_, path) in zip(told, asked, strict=False))
    return (place for place in places if place in wanted)


def _listed(
    git: Git, tips: Iterable[str], wanted: set[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield those with a line break in their path, which no line can ask for."""
    for tip in tips if any("\n" in path for _, path in wanted) else ():
        for entry in git.run("ls-tree", "-r", "-z", "--full-tree", tip).split(b"\0"):
            meta, _, path = entry.partition(b"\t")
            place = (meta.decode().split()[2], os.fsdecode(path)) if path else None
            if place in wanted:
                yield place
