"""Check what is here: the Python that runs the guard and its libraries, Git, the clone, its hooks.

What a shallow clone lacks is in git-clone(1), `--depth`; a partial one has packs that promise what
it lacks (partial-clone, "Technical notes").
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from bedrock_key_guard.doctor.checks import Check
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.repository import find_git, find_repository, search_outside_tree_of
from bedrock_key_guard.githooks.inspection import inspect
from bedrock_key_guard.githooks.place import place_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bedrock_key_guard.doctor.checks import State
    from bedrock_key_guard.git.repository import Repository

OLDEST = (2, 24)
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.\w+)*")
_INSTALL = "https://git-scm.com/downloads"


def check_git(folder: Path) -> Iterator[Check]:
    """Yield what there is to say about Git, and about the repository that holds `folder`."""
    search_outside_tree_of(folder)
    git = find_git()
    if git is None:
        yield Check("git", "Git", "wrong", "it is not on PATH outside of this tree", _INSTALL)
    else:
        yield of_version(_told_version(git), git)
    repository = find_repository(folder)
    if repository is None:
        yield Check("git", "clone", "unknown", f"{folder} is in no Git repository")
    else:
        yield of_clone(repository)


def of_version(told: str, git: str) -> Check:
    """Return what the answer of `git --version` means."""
    found = _VERSION.search(told)
    if found is None:
        return Check("git", "Git", "unknown", f"{git} does not say which version it is")
    if (int(found[1]), int(found[2])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        said = f"{found[0]} at {git} is older than {oldest}, which the guard needs"
        return Check("git", "Git", "wrong", said, _INSTALL)
    return Check("git", "Git", "works", f"{found[0]} at {git}")


def of_clone(repository: Repository) -> Check:
    """Return whether a clone holds all that its history names."""
    common = repository.common_dir
    try:
        shallow = bool((common / "shallow").read_bytes().strip())
    except OSError:
        shallow = False
    if shallow:
        said = "it is shallow: a scan of its history misses what came before"
        return Check("git", "clone", "wrong", said, "git fetch --unshallow")
    if any((common / "objects" / "pack").glob("*.promisor")):
        said = "it is partial: a scan of its history misses what was never fetched"
        return Check("git", "clone", "wrong", said, "git clone URL, without --filter")
    return Check("git", "clone", "works", "it is whole, neither shallow nor partial")


def _told_version(git: str) -> str:
    try:
        done = subprocess.run([git, "--version"], capture_output=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace")


def check_hooks(folder: Path) -> Iterator[Check]:
    """Yield what each hook does: of a developer's repository, or in a bare one of a server's."""
    repository = find_repository(folder)
    if repository is None:
        yield Check("hooks", "hooks", "unknown", f"{folder} is in no Git repository")
        return
    try:
        place = place_in(folder, server=repository.work_tree == repository.git_dir)
        hooks = inspect(place)
    except UsageError as error:
        yield Check("hooks", "hooks", "unknown", str(error), error.remedy)
        return
    for hook in hooks:
        state: State = "works" if hook.state == "runs" else "wrong"
        yield Check("hooks", hook.name, state, hook.said, hook.mend)


_OPTIONAL = ("boto3", "requests", "rich", "detect-secrets")


def check_python() -> Check:
    """Return the Python that runs this: it is new enough, or this would not run."""
    found = [f"{name} {number}" for name in _OPTIONAL if (number := _version(name))]
    libraries = ", ".join(found) or "no library, and the hooks and `scan` need none"
    said = f"{platform.python_version()} at {sys.executable}, with {libraries}"
    return Check("python", "Python", "works", said)


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
