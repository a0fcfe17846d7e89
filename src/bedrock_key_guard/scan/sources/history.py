"""Scan every object of a repository, reachable or not, each once.

Git lists the objects in the order of its packs; readers, one for each core, search them for the
literal starts of keys; the few objects that hold one are scanned as files are; and one pass of
`git log` tells which commits introduced them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.git.clean_git import clean_git
from bedrock_key_guard.git.references import find_references
from bedrock_key_guard.git.repository import repository_of
from bedrock_key_guard.model.findings import NotScanned, Scan, Scanned, joined
from bedrock_key_guard.scan.objects_read import How, located, read_all, scan_of, shallow
from bedrock_key_guard.scan.progress import Progress, silent
from bedrock_key_guard.scan.sources.submodules import NOT_HERE, submodules, under

if TYPE_CHECKING:
    from pathlib import Path

    from bedrock_key_guard.git.clean_git import Git
    from bedrock_key_guard.git.repository import Repository
    from bedrock_key_guard.scan.allowlist import AllowList


def scan_history(
    folder: Path, allow: AllowList, *, deep: bool = False, progress: Progress = silent
) -> Scan:
    """Scan all blobs, commits, tags and notes of the repository at `folder`.

    `deep` searches for every start of a key. Raises UsageError where there is no repository.
    """
    repository = repository_of(folder, "history")
    return _scan(repository, How(allow, deep, progress), set())


def _scan(repository: Repository, how: How, done: set[Path]) -> Scan:
    """Scan one repository, and those of its submodules that are not `done` yet."""
    done.add(repository.git_dir.resolve())
    with clean_git(repository) as git:
        scan = _scan_all(git, how)
        inner = submodules(git)
    # Patterns and baselines name paths, and a submodule's are known here alone.
    anywhere = replace(how, allow=replace(how.allow, exclude=(), baseline=frozenset()))
    missing = (NotScanned(each.path, "opaque", NOT_HERE) for each in inner if not each.repository)
    scan = replace(scan, not_scanned=tuple(sorted((*scan.not_scanned, *missing))))
    for each in inner:
        here = each.repository and each.repository.git_dir.resolve() not in done
        if each.repository and here and not scan.interrupted:
            there = _scan(each.repository, anywhere, done)
            scan = joined(scan, under(each.path, there, how.allow))
    return scan


def _scan_all(git: Git, how: How) -> Scan:
    found = read_all(git, find_references(git), how)
    findings = located(git, found, how.allow)
    scanned = Scanned(("history",), deep=how.deep)
    return scan_of(found, findings, how.allow, scanned, shallow(git.repository))
