"""List what the index would add to the last commit, not the files on disk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.git.clean_git import Git, clean_git
from bedrock_key_guard.git.repository import index_file, repository_named, repository_of
from bedrock_key_guard.model.findings import Scanned
from bedrock_key_guard.model.origins import Index
from bedrock_key_guard.scan.inputs import Input, Source
from bedrock_key_guard.scan.sources.objects import content_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

    from bedrock_key_guard.scan.inputs import Inputs

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
_REGULAR = (b"100644", b"100755", b"120000")


def index(folder: Path, environment: Mapping[str, str]) -> Generator[Source, None, None]:
    """Yield what the index of the repository at `folder` adds to its last commit.

    Where the `environment` names a repository or an index, as Git does for its hooks, it is that
    one. Raises UsageError where `folder` is in no repository.
    """
    repository = repository_named(environment, folder) or repository_of(folder, "index")
    with clean_git(repository, index=index_file(environment)) as git:
        yield Source(Scanned(("index",)), _inputs(git))


def _inputs(git: Git) -> Inputs:
    with ObjectReader(git) as reader:
        for entry in _entries(git):
            yield Input(entry, content_of(reader.open(entry.object)))


def _entries(git: Git) -> list[Index]:
    """List the blobs that the index adds or changes, also in a merge that is not done."""
    fields = git.run(*_DIFF, _last_tree(git)).split(b"\0")
    changes = [(meta.split(), path) for meta, path in zip(fields[::2], fields[1::2], strict=False)]
    merged = [
        Index(os.fsdecode(path), words[3].decode())
        for words, path in changes
        if words[1] in _REGULAR
    ]
    conflicts = any(words[4] == _CONFLICT for words, _ in changes)
    return [*merged, *_unmerged(git)] if conflicts else merged


def _unmerged(git: Git) -> Iterator[Index]:
    """Yield what comes from the other side of a merge: ours is in the last commit already."""
    for listed in git.run(*_UNMERGED).split(b"\0")[:-1]:
        meta, _, path = listed.partition(b"\t")
        mode, object_id, stage = meta.split()
        if stage == _THEIRS and mode in _REGULAR:
            yield Index(os.fsdecode(path), object_id.decode())


def _last_tree(git: Git) -> str:
    """Name the last commit's tree; the empty one where there is no commit, so that all is new."""
    try:
        return git.run("rev-parse", "--verify", "--quiet", "HEAD^{tree}").decode().strip()
    except UsageError:
        return git.run("hash-object", "-t", "tree", "--stdin").decode().strip()
