"""Scan the index: what the next commit would add, not the files on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.git.clean_git import Git, clean_git
from bedrock_key_guard.git.repository import index_file, repository_named, repository_of
from bedrock_key_guard.model.findings import Finding, Location, NotScanned, Scan, Scanned
from bedrock_key_guard.scan.containers.reading import read_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bedrock_key_guard.scan.allowlist import AllowList

_DIFF = (
    "diff-index",
    "--cached",
    "--raw",
    "-z",
    "--no-abbrev",
    "--no-renames",
    "--diff-filter=AMTU",
)
_UNMERGED = ("ls-files", "--unmerged", "-z", "--full-name")
_CONFLICT, _THEIRS = b"U", b"3"
ABSENT = "its object is not in the repository"
_REGULAR = (b"100644", b"100755", b"120000")


@dataclass(frozen=True, slots=True)
class _Entry:
    path: str
    object: str


def scan_index(folder: Path, allow: AllowList, environment: Mapping[str, str]) -> Scan:
    """Scan what the index of the repository at `folder` adds to its last commit.

    Where the `environment` names a repository or an index, as Git does for its hooks, it is that
    one. Raises UsageError where `folder` is in no repository.
    """
    repository = repository_named(environment, folder) or repository_of(folder, "index")
    with clean_git(repository, index=index_file(environment)) as git:
        return _scan_entries(git, _entries(git), allow)


def _entries(git: Git) -> list[_Entry]:
    """List the blobs that the index adds or changes, also in a merge that is not done."""
    fields = git.run(*_DIFF, _last_tree(git)).split(b"\0")
    changes = [(meta.split(), path) for meta, path in zip(fields[::2], fields[1::2], strict=False)]
    merged = [
        _Entry(os.fsdecode(path), words[3].decode())
        for words, path in changes
        if words[1] in _REGULAR
    ]
    conflicts = any(words[4] == _CONFLICT for words, _ in changes)
    return [*merged, *_unmerged(git)] if conflicts else merged


def _unmerged(git: Git) -> Iterator[_Entry]:
    """Yield what comes from the other side of a merge: ours is in the last commit already."""
    for listed in git.run(*_UNMERGED).split(b"\0")[:-1]:
        meta, _, path = listed.partition(b"\t")
        mode, object_id, stage = meta.split()
        if stage == _THEIRS and mode in _REGULAR:
            yield _Entry(os.fsdecode(path), object_id.decode())


def _last_tree(git: Git) -> str:
    """Name the last commit's tree; the empty one where there is no commit, so that all is new."""
    try:
        return git.run("rev-parse", "--verify", "--quiet", "HEAD^{tree}").decode().strip()
    except UsageError:
        return git.run("hash-object", "-t", "tree", "--stdin").decode().strip()


def _scan_entries(git: Git, entries: list[_Entry], allow: AllowList) -> Scan:
    findings: list[Finding] = []
    missed: list[NotScanned] = []
    objects = size = 0
    with ObjectReader(git) as reader:
        for entry in entries:
            blob = reader.open(entry.object)
            if blob is None:
                gap = NotScanned(entry.path, "missing", ABSENT)
                missed.append(allow.accepted(gap, entry.object))
                continue
            at = Location("index", entry.path, 0, 0, object=entry.object)
            try:
                reading = read_file(blob, at, allow)
            except OSError as error:
                gap = NotScanned(entry.path, "missing", error.strerror or ABSENT)
                missed.append(allow.accepted(gap, entry.object))
                continue
            findings += reading.findings
            missed += reading.missed
            size += blob.size
            objects += 1
    scanned = Scanned(("index",), objects, size)
    return Scan(tuple(findings), scanned, tuple(sorted(missed)))
