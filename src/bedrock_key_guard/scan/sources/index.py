"""List what the index would add to the last commit, not the files on disk."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard import system
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.git.clean_git import Git, clean_git
from bedrock_key_guard.git.repository import (
    Repository,
    find_repository,
    index_file,
    object_folders,
    repository_named,
    repository_of,
)
from bedrock_key_guard.model.findings import Scanned
from bedrock_key_guard.model.origins import Index
from bedrock_key_guard.scan.source import Input, Source, names
from bedrock_key_guard.scan.sources.objects import content_of, stored_beside
from bedrock_key_guard.scan.sources.submodules import not_here

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from bedrock_key_guard.scan.source import Inputs

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
_SUBMODULE = b"160000"
_REGULAR = (b"100644", b"100755", b"120000")


def index(folder: Path, environment: Mapping[str, str]) -> Generator[Source, None, None]:
    """Yield what the index of the repository at `folder` adds to its last commit.

    Where the `environment` names a repository or an index, as Git does for its hooks, it is that
    one. Raises UsageError where `folder` is in no repository.
    """
    repository, file = _repository(folder, environment)
    objects = {} if file is None else object_folders(environment)
    with clean_git(repository, index=file, objects=objects) as git:
        yield Source(Scanned(("index",)), _inputs(git), stored=partial(stored_beside, repository))


def _repository(folder: Path, environment: Mapping[str, str]) -> tuple[Repository, Path | None]:
    """Return the repository, and the index where Git names one.

    A folder that a person names in another repository than the hook's is about that one.
    """
    own, named = find_repository(folder.absolute()), repository_named(environment, folder)
    hooks = named or find_repository(Path.cwd())
    is_here = system.same(folder, Path.cwd()) or (own is None and named is not None)
    if hooks and (is_here or (own and system.same(own.git_dir, hooks.git_dir))):
        return hooks, index_file(environment)
    return repository_of(folder, "index"), None


def _inputs(git: Git) -> Inputs:
    changes = _changes(git)
    entries = [entry for mode, entry in changes if mode in _REGULAR]
    yield from names(entry.path for _, entry in changes)
    linked = (entry.path for mode, entry in changes if mode == _SUBMODULE)
    yield from not_here(git.repository, linked)
    with ObjectReader(git) as reader:
        for entry in entries:
            yield Input(entry, content_of(reader, entry.object), reopens=True)


def _changes(git: Git) -> list[tuple[bytes, Index]]:
    """List what the index adds or changes, with its mode, also in a merge that is not done."""
    fields = git.run(*_DIFF, _last_tree(git)).split(b"\0")
    changes = [(meta.split(), path) for meta, path in zip(fields[::2], fields[1::2], strict=False)]
    merged = [(words[1], Index(system.decoded(path), words[3].decode())) for words, path in changes]
    conflicts = any(words[4] == _CONFLICT for words, _ in changes)
    return [*merged, *_unmerged(git)] if conflicts else merged


def _unmerged(git: Git) -> Iterator[tuple[bytes, Index]]:
    """Yield what comes from the other side of a merge: ours is in the last commit already."""
    for listed in git.run(*_UNMERGED).split(b"\0")[:-1]:
        meta, _, path = listed.partition(b"\t")
        mode, object_id, stage = meta.split()
        if stage == _THEIRS:
            yield mode, Index(system.decoded(path), object_id.decode())


def _last_tree(git: Git) -> str:
    """Name the last commit's tree; the empty one where there is no commit, so that all is new."""
    try:
        return git.run("rev-parse", "--verify", "--quiet", "HEAD^{tree}").decode().strip()
    except UsageError:
        return git.run("hash-object", "-t", "tree", "--stdin").decode().strip()
