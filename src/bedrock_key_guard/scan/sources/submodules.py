"""Find the repositories of submodules.

Their Git directories are in `modules` of the one around them (gitsubmodules(7)), or, as older
versions of Git left them, in the work tree. What a tree says of any other place is not followed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard import system
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.repository import Repository, is_bare, repository_at
from bedrock_key_guard.git.spelling import as_stored
from bedrock_key_guard.model.findings import NotScanned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.git.clean_git import Git

NOT_HERE = (
    "this submodule is not here (get it with `git submodule update --init --recursive`, in Actions "
    "with `submodules: recursive`)"
)
_GITLINK = b"160000 "


@dataclass(frozen=True, slots=True)
class Submodule:
    """Say where a submodule stands in the tree, and where its repository is, if it is here."""

    path: str
    repository: Repository | None


def submodules(git: Git) -> list[Submodule]:
    """Return those of the last commit, and what is left of others."""
    around = git.repository
    found: dict[Path, Submodule] = {}
    missing = []
    for path in _linked(git):
        repository = repository_for(around, around.work_tree / path)
        if repository is None:
            missing.append(Submodule(path, None))
        else:
            found[repository.git_dir.resolve()] = Submodule(path, repository)
    kept = {}
    for name, folder in _kept(around):
        kept[folder.resolve()] = Submodule(name, Repository(folder, folder, folder))
    left = {each.path for each in kept.values()}
    gone = [each for each in missing if each.path not in left]
    return sorted([*(kept | found).values(), *gone], key=lambda each: each.path)


def repository_for(around: Repository, folder: Path) -> Repository | None:
    """Return the repository of a submodule at `folder`, None where it is not here."""
    repository = repository_at(folder)
    return repository if repository and _is_within(repository, around) else None


def not_here(around: Repository, paths: Iterable[str]) -> Iterator[NotScanned]:
    """Yield those of the submodules at some paths of a work tree that are not here."""
    for path in paths:
        if repository_for(around, around.work_tree / path) is None:
            yield NotScanned(path, "elsewhere", NOT_HERE)


def _linked(git: Git) -> list[str]:
    """Return the paths at which the last commit has a submodule."""
    try:
        listed = git.run("ls-tree", "-r", "-z", "--full-tree", "HEAD").split(b"\0")
    except UsageError:
        return []
    return [
        system.decoded(each.partition(b"\t")[2]) for each in listed if each.startswith(_GITLINK)
    ]


def _kept(around: Repository) -> Iterator[tuple[str, Path]]:
    """Yield the Git directories in `modules`, with the names that they have there."""
    for modules in dict.fromkeys((around.common_dir / "modules", around.git_dir / "modules")):
        for folder, folders, _ in os.walk(modules):
            folders.sort()
            if is_bare(Path(folder)):
                folders.clear()
                yield Path(folder).relative_to(modules).as_posix(), Path(folder)


def _is_within(repository: Repository, around: Repository) -> bool:
    roots = [*map(_stored, (around.work_tree, around.common_dir, around.git_dir))]
    folders = [_stored(repository.git_dir), _stored(repository.common_dir)]
    return all(any(folder.is_relative_to(root) for root in roots) for folder in folders)


def _stored(folder: Path) -> Path:
    """Return the one path of a folder: what Git has written down may spell it otherwise."""
    return as_stored(folder.resolve())
