"""Scan what a range of commits added: the new contents of their files, and their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model import Scan, Scanned
from bedrock_key_guard.scan.history import scan_objects, shallow
from bedrock_key_guard.scan.places import placed
from bedrock_key_guard.scan.repository import clean_git, find_repository
from bedrock_key_guard.scan.trace import additions

if TYPE_CHECKING:
    from pathlib import Path

    from bedrock_key_guard.scan.allowlist import AllowList


def scan_range(folder: Path, revisions: str, allow: AllowList) -> Scan:
    """Scan what the commits of `revisions` (such as `A..B`) added.

    Raises UsageError where `folder` is in no repository, or Git knows no such range.
    """
    repository = find_repository(folder.absolute())
    if repository is None:
        raise UsageError(
            f"{str(folder)!r} is not in a Git repository, so it has no commits.",
            remedy="Run the command inside a repository, or scan the files with `scan PATH`.",
        )
    with clean_git(repository) as git:
        commits, added = additions(git, revisions)
        objects = dict.fromkeys((*commits, *(each.object for each in added)))
        found = scan_objects(git, objects, allow)
        findings = placed(git, found.findings, allow, among=added)
    scanned = Scanned(
        ("range",), found.objects, found.bytes, f"{revisions} ({len(commits)} commits)"
    )
    missed = {*found.missed, *shallow(repository)}
    return Scan(tuple(findings), scanned, tuple(sorted(missed)))
