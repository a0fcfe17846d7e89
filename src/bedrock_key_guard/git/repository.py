"""Read a Git repository without letting any of its configuration take part.

Git itself would run what a repository's configuration names (`core.fsmonitor`, `gpg.program`,
filters, textconv, hooks). So it is given a clean, temporary `GIT_DIR` that borrows only the
objects, the references and the index. The layout of a Git directory is in gitrepository-layout(5).
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import GuardError, UsageError
from bedrock_key_guard.git.isolation import borrow, configure
from bedrock_key_guard.git.programs import find_git, is_root_or_home, search_outside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_KEPT_VARIABLES = ("SYSTEMROOT", "TMPDIR", "TEMP")


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


def find_repository(start: Path) -> Repository | None:
    """Return the repository whose work tree holds `start`, or that is bare there, or None."""
    for folder in (start, *start.parents):
        found = repository_at(folder)
        if found is not None:
            return found
    return None


def search_outside_tree_of(path: Path) -> None:
    """Run no program of the work tree that holds `path`, or outside Git of the folder `path`.

    Outside Git the root and the home are searched all the same: nearly every program lies there.
    """
    starts = dict.fromkeys((absolute(path), path.resolve()))
    trees = [tree for start in starts for tree in _work_trees(start)]
    if not trees and path.is_dir() and not is_root_or_home(path):
        trees = [path]
    search_outside(trees)


def _work_trees(start: Path) -> Iterator[Path]:
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
    """Tell whether `folder` looks like a Git directory itself."""
    return (
        (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()
    )


def _git_dir_of(dot_git: Path) -> Path | None:
    """Follow a `.git` file (worktrees and submodules have one) to the directory that it names."""
    if dot_git.is_file():
        text = _first_line(dot_git)
        if not text.startswith("gitdir: "):
            return None
        dot_git = dot_git.parent / text.removeprefix("gitdir: ")
    return dot_git if (dot_git / "HEAD").is_file() else None


def _common_dir(git_dir: Path) -> Path:
    pointer = git_dir / "commondir"
    return git_dir / _first_line(pointer) if pointer.is_file() else git_dir


def _first_line(path: Path) -> str:
    try:
        return os.fsdecode(path.read_bytes().split(b"\n", 1)[0].rstrip(b"\r"))
    except OSError:
        return ""


class Git:
    """Run Git on a repository through a clean Git directory, without a lock or the network."""

    def __init__(self, repository: Repository, clean_dir: Path, index: Path) -> None:
        """Use `clean_dir` as Git directory and `index` as index."""
        self.repository = repository
        self._children: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **{name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
            "PATH": os.environ.get("PATH", os.defpath),
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_DIR": str(clean_dir),
            "GIT_INDEX_FILE": str(index),
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OBJECT_DIRECTORY": str(repository.common_dir / "objects"),
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_WORK_TREE": str(repository.work_tree),
            "HOME": str(clean_dir),
            "LC_ALL": "C",
        }

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Return what Git prints. Raises GuardError where Git fails."""
        return self.hear(*arguments, stdin=stdin)[0]

    def hear(self, *arguments: str, stdin: bytes = b"") -> tuple[bytes, bytes]:
        """Return what Git prints, and what it warns of. Raises GuardError where Git fails."""
        with self.spawn([*self.command(), *arguments], stderr=subprocess.PIPE) as process:
            printed, said = process.communicate(stdin)
        if process.returncode:
            raise _failure(self.repository, said)
        return printed, said

    def affirms(self, *arguments: str) -> bool:
        """Return whether Git exits with 0 rather than 1. Raises GuardError where it fails."""
        with self.spawn([*self.command(), *arguments], stderr=subprocess.PIPE) as process:
            _, said = process.communicate()
        if process.returncode not in (0, 1):
            raise _failure(self.repository, said)
        return process.returncode == 0

    def heads(self) -> list[str]:
        """Return the commits that are checked out, here and in other work trees."""
        common = self.repository.common_dir
        files = [
            self.repository.git_dir / "HEAD",
            common / "HEAD",
            *common.glob("worktrees/*/HEAD"),
        ]
        heads = (_first_line(file) for file in files)
        return list(dict.fromkeys(head for head in heads if _OBJECT_ID.fullmatch(head)))

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start Git, whose warnings are for nobody."""
        return self.spawn([*self.command(), *arguments], stderr=subprocess.DEVNULL)

    def spawn(self, command: list[str], stderr: int | None = None) -> subprocess.Popen[bytes]:
        """Start a child in Git's environment, with pipes to its standard input and output."""
        process = subprocess.Popen(
            command,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
        self._children.append(process)
        return process

    def stop(self) -> None:
        """Kill every child that still runs: whoever waits for one sees its output end."""
        for process in self._children:
            process.kill()
            process.wait()

    def command(self) -> list[str]:
        """Return how Git is started. Raises UsageError where it is not installed."""
        git = find_git()
        if git is None:
            raise UsageError(
                "Git is not installed outside of what is scanned, and this repository cannot be"
                " read without it.",
                remedy="Install Git and run the command again.",
            )
        return [git, "-C", str(self.repository.work_tree)]


@contextmanager
def clean_git(repository: Repository, *, index: Path | None = None) -> Iterator[Git]:
    """Lend a Git whose directory holds nothing but what was borrowed from `repository`."""
    search_outside([repository.work_tree, *_work_trees(repository.work_tree)])
    with tempfile.TemporaryDirectory(prefix="bedrock-key-guard-") as folder:
        clean_dir = Path(folder)
        borrow(repository, clean_dir)
        git = Git(repository, clean_dir, index or repository.git_dir / "index")
        try:
            configure(git, clean_dir)
            yield git
        finally:
            git.stop()


def index_file(environment: Mapping[str, str]) -> Path | None:
    """Return the index that Git names to its hooks (`git commit -a` makes one of its own)."""
    named = environment.get("GIT_INDEX_FILE")
    return Path(named).absolute() if named else None


def _failure(repository: Repository, stderr: bytes) -> GuardError:
    said = stderr.decode(errors="replace").strip().replace("\n", " ")[:300]
    return UsageError(
        f"Git could not read the repository {str(repository.work_tree)!r}: {said!r}.",
        remedy="Check that it is a sound repository, for example with `git fsck`.",
    )
