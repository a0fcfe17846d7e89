"""Find the repository that a path lies in, and programs in no scanned tree, without asking Git.

The layout of a Git directory is in gitrepository-layout(5). What lies in a tree is never run,
whatever PATH says: PATH itself loses the folders of a tree. So the same holds for every child, and
for whatever others start in this process, such as the `credential_process` of AWS's configuration.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard import system
from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_Identity = tuple[object, ...]


def find_git() -> str | None:
    """Return the first Git on PATH, None where there is none."""
    return system.program("git", os.environ.get("PATH", os.defpath))


def search_outside(trees: Iterable[Path]) -> None:
    """Take from PATH what leads into one of `trees`, or in a job into its workspace.

    A relative folder is another one wherever we stand, so it goes too. PATH is never left empty:
    that would be the working directory.
    """
    workspace = os.environ.get("GITHUB_WORKSPACE")
    avoided = tuple(Path(tree).absolute() for tree in (*trees, workspace) if tree)
    searched = system.folders(os.environ.get("PATH", os.defpath))
    os.environ["PATH"] = _outside(tuple(searched), avoided)
    system.look_nowhere_else()


@lru_cache(maxsize=64)
def _outside(folders: tuple[str, ...], trees: tuple[Path, ...]) -> str:
    """Return a PATH of those folders that lie in no tree; a door may ask at each of many files."""
    identities = {system.identity(tree) for tree in trees}
    known: dict[Path, bool] = {}
    kept = (folder for folder in folders if not _lies_in(identities, Path(folder), known))
    return os.pathsep.join(kept) or os.devnull


def is_root_or_home(folder: Path) -> bool:
    """Return whether a folder is one in which a person's own programs lie."""
    found = folder.resolve()
    return found == found.parent or system.same(found, os.path.expanduser("~"))  # noqa: PTH111  # raises nothing


def _lies_in(trees: set[_Identity | None], folder: Path, known: dict[Path, bool]) -> bool:
    """Return whether a folder lies in a tree, or is reached by a link in one or into one.

    What is found out is kept in `known`: the folders on PATH have most of what is above in common.
    Where there is nothing, as behind links in a circle, there is no program either.
    """
    if folder not in known:
        identity, above = system.identity(folder), folder.parent
        known[folder] = identity is not None and (
            identity in trees
            or (above != folder and _lies_in(trees, above, known))
            or (system.is_link(folder) and _lies_in(trees, above / folder.readlink(), known))
        )
    return known[folder]


@dataclass(frozen=True, slots=True)
class Repository:
    """Locate a repository: its work tree, its own directory, and the one it shares."""

    work_tree: Path
    git_dir: Path
    common_dir: Path


def repository_of(folder: Path, what: str) -> Repository:
    """Return the repository that `folder` is in. Raises UsageError for none: it has no `what`."""
    repository = find_repository(folder.absolute()) if folder.exists() else None
    if repository is not None:
        return repository
    why = "is not in a Git repository" if folder.exists() else "is not there"
    raise UsageError(
        f"{str(folder)!r} {why}, so it has no {what}.",
        remedy="Name a folder of a repository, or scan the files with `scan PATH`.",
    )


def repository_named(environment: Mapping[str, str], work_tree: Path) -> Repository | None:
    """Return the repository that Git names to its hooks: a work tree need not show where it is."""
    named = environment.get("GIT_DIR")
    git_dir = Path(named).absolute() if named else None
    if git_dir is None or not (git_dir / "HEAD").is_file():
        return None
    return Repository(work_tree, git_dir, _common_dir(git_dir))


def repository_of_hook(environment: Mapping[str, str]) -> Repository:
    """Return the repository whose hook runs here. Raises UsageError where there is none."""
    here = Path.cwd()
    return repository_named(environment, here) or repository_of(here, "commits")


def object_folders(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which Git tells a hook where objects are, besides the usual folder.

    What is pushed waits in a quarantine for `pre-receive` (git-receive-pack(1), "Quarantine
    Environment"). The paths become absolute, for Git is started elsewhere.
    """
    folder = environment.get("GIT_OBJECT_DIRECTORY")
    if not folder:
        return {}
    others = environment.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")
    return {
        "GIT_OBJECT_DIRECTORY": os.path.abspath(folder),  # noqa: PTH100
        # A path in quotes has a separator in it; those are absolute.
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(
            each if each.startswith('"') or not each else os.path.abspath(each)  # noqa: PTH100
            for each in others.split(os.pathsep)
        ),
    }


def find_repository(start: Path) -> Repository | None:
    """Return the repository whose work tree holds `start`, or that is bare there, or None."""
    for folder in (start, *start.parents):
        found = repository_at(folder)
        if found is not None:
            return found
        if (folder / ".git").is_file():  # its repository is gone: the one around is another one
            return None
    return None


@lru_cache(maxsize=1024)
def _found(folder: str) -> Repository | None:
    try:
        return find_repository(Path(folder))
    except OSError:  # such as a name that is too long to be asked for
        return None


def path_in_repository(path: str) -> str:
    """Return the path of a file from the top of its work tree, as it is where there is none."""
    absolute = os.path.abspath(path)  # noqa: PTH100  # through links as Git goes, and not resolved
    repository = _found(os.path.dirname(absolute))  # noqa: PTH120
    if repository is None or not Path(absolute).is_relative_to(repository.work_tree):
        return path
    return Path(absolute).relative_to(repository.work_tree).as_posix()


def search_outside_tree_of(path: Path) -> None:
    """Run no program of the work tree that holds `path`, or outside Git of the folder `path`.

    Outside Git the root and the home are searched all the same: nearly every program lies there.
    """
    starts = dict.fromkeys((absolute(path), path.resolve()))
    trees = [tree for start in starts for tree in work_trees(start)]
    if not trees and path.is_dir() and not is_root_or_home(path):
        trees = [path]
    search_outside(trees)


def work_trees(start: Path) -> Iterator[Path]:
    """Yield the work tree that holds `start`, and before it what in it looks like a bare one."""
    for folder in (start, *start.parents):
        found = repository_at(folder)
        if found is not None:
            yield folder
            if found.git_dir != folder:
                return


def repository_at(folder: Path) -> Repository | None:
    """Return the repository whose work tree `folder` is, or that is bare there, or None."""
    git_dir = _git_dir_of(folder / ".git")
    if git_dir is not None:
        return Repository(folder, git_dir, _common_dir(git_dir))
    return Repository(folder, folder, folder) if is_bare(folder) else None


def absolute(path: Path) -> Path:
    """Return `path` without `..`, whose parents would not be those of the folder it means."""
    return Path(os.path.abspath(path))  # noqa: PTH100  # Path.absolute keeps `..`


def is_bare(folder: Path) -> bool:
    """Return whether `folder` looks like a Git directory itself."""
    return (
        (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()
    )


def _git_dir_of(dot_git: Path) -> Path | None:
    """Follow a `.git` file (worktrees and submodules have one) to the directory that it names."""
    if dot_git.is_file():
        text = first_line(dot_git)
        if not text.startswith("gitdir: "):
            return None
        dot_git = dot_git.parent / text.removeprefix("gitdir: ")
    return dot_git if (dot_git / "HEAD").is_file() else None


def _common_dir(git_dir: Path) -> Path:
    pointer = git_dir / "commondir"
    return git_dir / first_line(pointer) if pointer.is_file() else git_dir


def first_line(path: Path) -> str:
    """Return the first line of a file, "" where it cannot be read."""
    try:
        return system.decoded(path.read_bytes().split(b"\n", 1)[0].rstrip(b"\r"))
    except OSError:
        return ""


def index_file(environment: Mapping[str, str]) -> Path | None:
    """Return the index that Git names to its hooks (`git commit -a` makes one of its own)."""
    named = environment.get("GIT_INDEX_FILE")
    return Path(named).absolute() if named else None
