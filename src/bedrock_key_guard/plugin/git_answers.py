"""Answer what detect-secrets asks about Git, through a Git that runs nothing of the repository.

detect-secrets starts Git in the current folder, and Git would run what the repository's
configuration names. Its own listing also loses every name that is not ASCII, and outside a
repository it lists nothing without a word.
"""

from __future__ import annotations

import os
from pathlib import Path

from bedrock_key_guard import system
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git import repository
from bedrock_key_guard.git.clean_git import clean_git


def get_root_directory(path: str = "") -> str:
    """Return the top of the work tree. Raises UsageError outside one."""
    return str(_repository(path).work_tree)


def get_tracked_files(root: str) -> set[str]:
    """Return the tracked files that are there, relative to the working directory."""
    listing = _git(root, "ls-files", "-z", "--cached")
    files = (os.path.relpath(os.path.join(root, name)) for name in listing)  # noqa: PTH118
    return {file for file in files if Path(file).is_file()}


def get_changed_but_unstaged_files() -> set[str]:
    """Return the files that differ from the index, relative to the working directory."""
    changed = _git("", "diff", "-z", "--name-only", "--no-ext-diff", "--no-textconv")
    top = get_root_directory()
    return {os.path.relpath(os.path.join(top, name)) for name in changed}  # noqa: PTH118


def _git(folder: str, *arguments: str) -> list[str]:
    index = repository.index_file(os.environ)
    with clean_git(_repository(folder), index=index) as git:
        return [system.decoded(name) for name in git.run(*arguments).split(b"\0") if name]


def _repository(folder: str) -> repository.Repository:
    found = repository.find_repository(Path(folder).absolute())
    if found is None:
        raise UsageError(
            "This is no Git repository, so nothing is tracked and no baseline can be compared.",
            remedy="Run it inside a repository, or `scan --all-files`.",
        )
    return found


ANSWERS = (get_root_directory, get_tracked_files, get_changed_but_unstaged_files)
