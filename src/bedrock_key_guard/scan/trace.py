"""Trace objects to the commits that introduced them, all of them in one pass of `git log`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bedrock_key_guard.scan.repository import Git

_LOG = (
    *("log", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv"),
    *("--reverse", "--topo-order", "--format=%x01%H %at"),
)
_AT_A_TIME = 10_000
_ABSENT, _SUBMODULE = b"000000", b"160000"


@dataclass(frozen=True, slots=True)
class Introduction:
    """Say which commit first put an object at a path, and when its author says that was."""

    object: str
    path: str
    commit: str
    author_time: datetime | None


def introductions(git: Git, objects: Sequence[str], revisions: Sequence[str]) -> list[Introduction]:
    """Return the first commit for each object and path, oldest first.

    With `-m` a merge is shown against each parent, so that what a merge itself added is seen.
    """
    first: dict[tuple[str, str], Introduction] = {}
    for begin in range(0, len(objects), _AT_A_TIME):
        some = objects[begin : begin + _AT_A_TIME]
        wanted = set(some)
        finds = (f"--find-object={each}" for each in some)
        for found in _changes(git.run(*_LOG, "-m", *finds, *revisions)):
            if found.object in wanted:
                first.setdefault((found.object, found.path), found)
    return list(first.values())


def additions(git: Git, revisions: str) -> tuple[list[str], list[Introduction]]:
    """Return the commits of a range and what they put where, oldest first.

    With `-c` a merge is shown only where it differs from every parent: what it added itself.
    """
    output = git.run(*_LOG, "-c", "--end-of-options", revisions, "--")
    commits: list[str] = []
    return commits, list(_changes(output, commits))


def _changes(output: bytes, commits: list[str] | None = None) -> Iterator[Introduction]:
    """Read `--raw -z`: a header for each commit (kept in `commits`), then changes and paths.

    A change begins with a colon for each parent, then a mode and an object id for each and for the
    commit itself (git-diff(1), "Raw output format" and "diff format for merges"). What a commit
    took away and what it took from a submodule is left out.
    """
    fields = iter(output.split(b"\0"))
    commit, author_time = "", None
    for field in fields:
        if field.startswith(b"\x01"):
            commit, _, time = field[1:].decode().strip().partition(" ")
            author_time = moment(time)
            if commits is not None:
                commits.append(commit)
        elif field.lstrip(b"\n").startswith(b":"):
            parents, words = field.count(b":"), field.lstrip(b"\n:").split()
            mode, object_id = words[parents], words[2 * parents + 1].decode()
            path = os.fsdecode(next(fields))
            if mode not in (_ABSENT, _SUBMODULE):
                yield Introduction(object_id, path, commit, author_time)


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
    return {place for tip in tips for place in _listed(git, tip, wanted)}


def _listed(git: Git, tip: str, wanted: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield those of the (object, path) that stand in the tree of `tip`."""
    paths = sorted({path for _, path in wanted})
    if not paths:
        return
    for entry in git.run("ls-tree", "-r", "-z", "--full-tree", tip, "--", *paths).split(b"\0"):
        meta, _, path = entry.partition(b"\t")
        place = (meta.decode().split()[2], os.fsdecode(path)) if path else None
        if place in wanted:
            yield place
