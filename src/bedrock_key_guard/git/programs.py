"""Find programs in no scanned tree, whatever PATH says: what lies in a tree is never run.

PATH itself loses the folders of a tree. So the same holds for every child, and for whatever others
start in this process, such as the `credential_process` of AWS's configuration.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_GIT = "git.exe" if os.name == "nt" else "git"
_Identity = tuple[int, int]


def find_git() -> str | None:
    """Return the first Git on PATH, None where there is none.

    `shutil.which` looks in the working directory first on Windows.
    """
    for folder in _searched():
        program = str(Path(folder, _GIT))
        if os.path.isfile(program) and os.access(program, os.X_OK):  # noqa: PTH113  # raises nothing
            return program
    return None


def search_outside(trees: Iterable[Path]) -> None:
    """Take from PATH what leads into one of `trees`, or in a job into its workspace.

    A relative folder is another one wherever we stand, so it goes too. PATH is never left empty:
    that would be the working directory.
    """
    workspace = os.environ.get("GITHUB_WORKSPACE")
    avoided = tuple(Path(tree).absolute() for tree in (*trees, workspace) if tree)
    os.environ["PATH"] = _outside(tuple(_searched()), avoided)


@lru_cache(maxsize=64)
def _outside(folders: tuple[str, ...], trees: tuple[Path, ...]) -> str:
    """Return a PATH of those folders that lie in no tree; a door may ask at each of many files."""
    identities = {_identity(tree) for tree in trees}
    known: dict[Path, bool] = {}
    kept = (folder for folder in folders if not _lies_in(identities, Path(folder), known))
    return os.pathsep.join(kept) or os.devnull


def is_root_or_home(folder: Path) -> bool:
    """Return whether a folder is one in which a person's own programs lie."""
    found = folder.resolve()
    return found == found.parent or _identity(found) == _identity(os.path.expanduser("~"))  # noqa: PTH111  # raises nothing


def _searched() -> list[str]:
    """Return the absolute folders on PATH."""
    return [*filter(os.path.isabs, os.environ.get("PATH", os.defpath).split(os.pathsep))]


def _lies_in(trees: set[_Identity | None], folder: Path, known: dict[Path, bool]) -> bool:
    """Return whether a folder lies in a tree, or is reached by a link in one or into one.

    What is found out is kept in `known`: the folders on PATH have most of what is above in common.
    Where there is nothing, as behind links in a circle, there is no program either.
    """
    if folder not in known:
        identity, above = _identity(folder), folder.parent
        known[folder] = identity is not None and (
            identity in trees
            or (above != folder and _lies_in(trees, above, known))
            or (os.path.islink(folder) and _lies_in(trees, above / folder.readlink(), known))  # noqa: PTH114  # raises nothing
        )
    return known[folder]


def _identity(path: str | Path) -> _Identity | None:
    """Return what is the same for every spelling of a folder's path, None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116  # sooner than pathlib's
    except OSError:
        return None
    return found.st_dev, found.st_ino
