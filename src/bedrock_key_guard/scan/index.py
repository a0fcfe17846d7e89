"""Scan the index: what the next commit would add, not the files on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model import Finding, Location, NotScanned, Scan, Scanned
from bedrock_key_guard.scan.blobs import ObjectReader
from bedrock_key_guard.scan.containers.reading import read_file
from bedrock_key_guard.scan.repository import Git, clean_git, repository_of

if TYPE_CHECKING:
    from pathlib import Path

    from bedrock_key_guard.scan.allowlist import AllowList

_DIFF = (
    "diff-index",
    "--cached",
    "--raw",
    "-z",
    "--no-abbrev",
    "--no-renames",
    "--diff-filter=AMT",
)
ABSENT = "its object is not in the repository"
_REGULAR = (b"100644", b"100755", b"120000")


@dataclass(frozen=True, slots=True)
class _Entry:
    path: str
    object: str


def scan_index(folder: Path, allow: AllowList, index: Path | None = None) -> Scan:
    """Scan what the index of the repository at `folder` adds to its last commit.

    Raises UsageError where `folder` is in no repository.
    """
    repository = repository_of(folder, "index")
    with clean_git(repository, index=index) as git:
        return _scan_entries(git, _entries(git), allow)


def _entries(git: Git) -> list[_Entry]:
    """List the blobs that the index adds or changes."""
    fields = git.run(*_DIFF, _last_tree(git)).split(b"\0")
    pairs = zip(fields[::2], fields[1::2], strict=False)
    return [
        _Entry(os.fsdecode(path), meta.split()[3].decode())
        for meta, path in pairs
        if meta.split()[1] in _REGULAR
    ]


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
