"""Scan what a range of commits added: the new contents of their files, and their messages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model import NotScanned, Scan, Scanned
from bedrock_key_guard.scan.everything import SHALLOW, first_commits, located, scan_of
from bedrock_key_guard.scan.found import ABSENT, Found, scan_objects
from bedrock_key_guard.scan.progress import Progress, silent
from bedrock_key_guard.scan.repository import clean_git, find_repository, repository_of
from bedrock_key_guard.scan.tips import lines
from bedrock_key_guard.scan.trace import Introduction, additions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bedrock_key_guard.scan.allowlist import AllowList
    from bedrock_key_guard.scan.repository import Git

_DOTS = re.compile(r"\.{2,3}")
_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_INNER_TAG = re.compile(rb"object ([0-9a-f]+)\ntype tag\n")


def scan_range(folder: Path, revisions: str, allow: AllowList, progress: Progress = silent) -> Scan:
    """Scan what the commits of `revisions` (such as `A..B`) added, and the text of a tag named `B`.

    What a shallow or partial clone has not got is missing. Raises UsageError where `folder` is in
    no repository, or Git knows no such range.
    """
    repository = repository_of(folder, "commits")
    with clean_git(repository) as git:
        try:
            commits, added = additions(git, revisions)
        except UsageError:
            gap = NotScanned(revisions, "missing", _why_not(git, revisions))
            return Scan(scanned=Scanned(("range",), range=revisions), not_scanned=(gap,))
        found = _read(git, commits, added, revisions, allow, progress)
        findings = located(git, found, allow, among=added)
    cut = not first_commits(repository).isdisjoint(commits)
    gaps = [NotScanned(revisions, "missing", SHALLOW)] if cut else []
    scanned = Scanned(("range",), range=f"{revisions} ({len(commits)} commits)")
    return scan_of(found, findings, allow, scanned, gaps)


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


def _why_not(git: Git, revisions: str) -> str:
    """Say why Git cannot tell what was added. Raises UsageError where it knows no such range.

    Who names a commit by its whole id means one that is somewhere, if not here.
    """
    if first_commits(git.repository):
        return SHALLOW
    if any(_is_missing(git, end) for end in _DOTS.split(revisions)):
        return ABSENT
    try:
        git.run("rev-list", "--quiet", "--end-of-options", revisions, "--")
    except UsageError:
        raise UsageError(
            f"There are no such commits here: {revisions!r}.",
            remedy="Name revisions that `git rev-list` knows, such as `main..HEAD`.",
        ) from None
    return ABSENT


def _is_missing(git: Git, revision: str) -> bool:
    is_id = _OBJECT_ID.fullmatch(revision) is not None
    return is_id and b" " in git.run(
        "cat-file", "--batch-check=%(objectname)", stdin=lines([revision])
    )


def _read(
    git: Git,
    commits: list[str],
    added: list[Introduction],
    revisions: str,
    allow: AllowList,
    progress: Progress,
) -> Found:
    objects = (*commits, *(each.object for each in added), *_tags(git, revisions))
    return scan_objects(git, objects, allow, progress)


def _tags(git: Git, revisions: str) -> list[str]:
    """Return the annotated tag that a range ends with, and those that it is a tag of."""
    end = _DOTS.split(revisions)[-1]
    asked = git.run("cat-file", "--batch-check=%(objecttype) %(objectname)", stdin=lines([end]))
    tags = asked.decode().split()[1:] if asked.startswith(b"tag ") else []
    while tags and (inner := _INNER_TAG.match(git.run("cat-file", "tag", tags[-1]))):
        tags.append(inner[1].decode())
    return tags
