"""List the files that are to be scanned: a work tree's as Git sees it, or all of a folder."""

from __future__ import annotations

import os
from pathlib import Path

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.scan.repository import Repository, clean_git, find_repository

_LIST = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")

# Names of files, and whether it is Git that says that they are there.
Listed = dict[str, bool]


def list_files(start: Path) -> Listed:
    """List a file, or the files of a folder. Raises UsageError for what is not there."""
    if not os.path.lexists(start):
        raise UsageError(
            f"There is no {str(start)!r} to scan.", remedy="Name a file or a folder that exists."
        )
    if not start.is_dir():
        return {str(start): False}
    repository = find_repository(_absolute(start))
    return _walk(start) if repository is None else _tracked(start, repository)


def _tracked(start: Path, repository: Repository) -> Listed:
    """List the files of a work tree under `start`, and the repositories nested in it."""
    below = _absolute(start).relative_to(repository.work_tree)
    exclude = repository.common_dir / "info" / "exclude"
    options = [f"--exclude-from={exclude.absolute()}"] if exclude.is_file() else []
    with clean_git(repository) as git:
        listing = git.run(*_LIST, *options, "--", str(below))
    skipped = len(os.fsencode(_as_prefix(below)))
    prefix = os.fsencode(_as_prefix(start))
    names = (name.rstrip(b"/") for name in listing.split(b"\0") if name)
    return dict.fromkeys((os.fsdecode(prefix + name[skipped:]) for name in names), True)


def _as_prefix(folder: Path) -> str:
    return "" if folder == Path() else os.path.join(folder, "")  # noqa: PTH118  # ends in a slash


def list_nested(name: str) -> Listed:
    """List the files of a repository that Git lists as a folder of another one."""
    folder = Path(name)
    if not folder.is_dir() or folder.is_symlink():
        return {}
    repository = find_repository(_absolute(folder))
    if repository is None or repository.work_tree != _absolute(folder):
        return {}
    return _tracked(folder, repository)


def _walk(start: Path) -> Listed:
    """List the files of a folder outside Git; a repository in it is read as Git sees it."""
    listed: Listed = {}
    for folder, folders, names in os.walk(start):
        if ".git" in folders:
            folders.clear()
            listed |= list_files(Path(folder))
            continue
        folders.sort()
        prefix = _as_prefix(Path(folder))
        listed |= dict.fromkeys((prefix + name for name in sorted(names)), False)
    return listed


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  # Path.absolute keeps `..`, whose parents lie
