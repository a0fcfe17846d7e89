"""Scan the index: what the next commit would add, not the files on disk."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model import Finding, Location, NotScanned, Scan, Scanned
from bedrock_key_guard.scan.containers.reading import read_file
from bedrock_key_guard.scan.repository import Git, clean_git, find_repository

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
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
_REGULAR = (b"100644", b"100755", b"120000")


@dataclass(frozen=True, slots=True)
class _Entry:
    path: str
    object: str


def scan_index(folder: Path, allow: AllowList, index: Path | None = None) -> Scan:
    """Scan what the index of the repository at `folder` adds to its last commit.

    Raises UsageError where `folder` is in no repository.
    """
    repository = find_repository(folder.absolute())
    if repository is None:
        raise UsageError(
            f"{str(folder)!r} is not in a Git repository, so it has no index.",
            remedy="Run the command inside a repository, or scan the files with `scan PATH`.",
        )
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
    for entry, blob in _blobs(git, entries):
        if blob is None:
            missed.append(NotScanned(entry.path, "missing", "its object is not in the repository"))
            continue
        at = Location("index", entry.path, 0, 0, object=entry.object)
        reading = read_file(io.BytesIO(blob), at, allow)
        findings += reading.findings
        missed += reading.missed
        size += len(blob)
        objects += 1
    scanned = Scanned(("index",), objects, size)
    return Scan(tuple(findings), scanned, tuple(sorted(missed)))


def _blobs(git: Git, entries: list[_Entry]) -> Iterator[tuple[_Entry, bytes | None]]:
    """Yield each entry with its blob, one `git cat-file --batch` for all of them."""
    if not entries:
        return
    with git.start("cat-file", "--batch") as process:
        for entry in entries:
            yield entry, _blob(process, entry.object)


def _blob(process: subprocess.Popen[bytes], object_id: str) -> bytes | None:
    questions, answers = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    questions.write(object_id.encode() + b"\n")
    questions.flush()
    header = answers.readline().split()
    if len(header) != 3:
        return None
    blob = answers.read(int(header[2]))
    answers.read(1)
    return blob
