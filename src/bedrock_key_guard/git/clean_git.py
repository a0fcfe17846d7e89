"""Run a Git in which no configuration of the scanned repository takes part.

Git itself would run what a repository's configuration names (`core.fsmonitor`, `gpg.program`,
filters, textconv, hooks). So it is given a clean, temporary `GIT_DIR` that borrows only the
objects, the references and the index.
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, cast

from bedrock_key_guard import system
from bedrock_key_guard.errors import GuardError, UsageError
from bedrock_key_guard.git.isolation import borrow, configure
from bedrock_key_guard.git.repository import (
    Repository,
    find_git,
    first_line,
    search_outside,
    work_trees,
)
from bedrock_key_guard.git.variables import variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BLOCK = 1 << 16
_NO_PROGRAM = (errno.ENOENT, errno.EACCES, errno.ENOEXEC)


class Git:
    """Run Git on a repository through a clean Git directory, without a lock or the network."""

    def __init__(
        self,
        repository: Repository,
        clean_dir: Path,
        index: Path,
        objects: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Use `clean_dir` as Git directory, `index` as index, and `objects` where they say so."""
        self.repository = repository
        self.name = str(repository.work_tree)
        self._children: list[subprocess.Popen[bytes]] = []
        folder = repository.common_dir / "objects"
        named = map(str, (clean_dir, repository.work_tree, folder, index))
        self.environment = {**variables(*named), **objects}

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Return what Git prints. Raises GuardError where Git fails."""
        return self.hear(*arguments, stdin=stdin)[0]

    def hear(self, *arguments: str, stdin: bytes = b"") -> tuple[bytes, bytes]:
        """Return what Git prints, and what it warns of. Raises GuardError where Git fails."""
        with self.spawn([*self.command(), *arguments], stderr=subprocess.PIPE) as process:
            printed, said = process.communicate(stdin)
        if process.returncode:
            raise _failure(self.name, said)
        return printed, said

    def listed(self, *arguments: str, stdin: bytes = b"") -> Iterator[bytes]:
        """Yield the lines of a listing of objects, many at a time, as Git prints them.

        Raises UsageError where Git breaks off.
        """
        with self.start(*arguments) as process:
            _tell(process, stdin)
            rest = b""
            while block := cast("IO[bytes]", process.stdout).read(_BLOCK):
                whole, newline, rest = (rest + block).rpartition(b"\n")
                yield whole + newline
        if process.returncode:
            raise UsageError(
                f"Git could not list the objects of {self.name!r}.",
                remedy="Check that it is a sound repository, for example with `git fsck`.",
            )

    def affirms(self, *arguments: str) -> bool:
        """Return whether Git exits with 0 rather than 1. Raises GuardError where it fails."""
        with self.spawn([*self.command(), *arguments], stderr=subprocess.PIPE) as process:
            _, said = process.communicate()
        if process.returncode not in (0, 1):
            raise _failure(self.name, said)
        return process.returncode == 0

    def heads(self) -> list[str]:
        """Return the commits that are checked out, here and in other work trees."""
        common = self.repository.common_dir
        files = [
            self.repository.git_dir / "HEAD",
            common / "HEAD",
            *common.glob("worktrees/*/HEAD"),
        ]
        heads = (first_line(file) for file in files)
        return list(dict.fromkeys(head for head in heads if _OBJECT_ID.fullmatch(head)))

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start Git, whose warnings are for nobody."""
        return self.spawn([*self.command(), *arguments], stderr=subprocess.DEVNULL)

    def spawn(self, command: list[str], stderr: int | None = None) -> subprocess.Popen[bytes]:
        """Start a child in Git's environment, with pipes to its standard input and output.

        Raises UsageError where the program is none that this system can run.
        """
        try:
            process = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        except OSError as error:
            if error.errno in _NO_PROGRAM:
                raise UsageError(
                    f"{command[0]!r} cannot be started: {os.strerror(error.errno).lower()}.",
                    remedy="Install Git and run the command again.",
                ) from None
            raise
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
def temporary_folder() -> Iterator[Path]:
    """Lend a new folder. Raises UsageError where no file can be written anywhere."""
    try:
        # What a child that was killed has open stays on Windows, and is no reason to fail.
        folder = tempfile.TemporaryDirectory(
            prefix="bedrock-key-guard-", ignore_cleanup_errors=True
        )
    except OSError as error:
        raise UsageError(
            f"There is no folder for temporary files: {(error.strerror or '?').lower()}. Git "
            "cannot be asked without one.",
            remedy="Set TMPDIR to a folder that can be written to.",
        ) from None
    with folder as name:
        yield Path(name)


@contextmanager
def clean_git(
    repository: Repository,
    *,
    index: Path | None = None,
    objects: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Git]:
    """Lend a Git whose directory holds nothing but what was borrowed from `repository`.

    `objects` are the variables that name where its objects are, if they are elsewhere too.
    """
    search_outside([repository.work_tree, *work_trees(repository.work_tree)])
    with temporary_folder() as clean_dir:
        borrow(repository, clean_dir)
        git = Git(repository, clean_dir, index or repository.git_dir / "index", objects)
        try:
            configure(repository, git.run, clean_dir)
            yield git
        finally:
            git.stop()


def _tell(process: subprocess.Popen[bytes], text: bytes) -> None:
    """Write to a child, which may have ended without hearing all of it."""
    try:
        with cast("IO[bytes]", process.stdin) as questions:
            questions.write(text)
    except OSError as error:
        if not system.nobody_reads(error):
            raise


def _failure(name: str, stderr: bytes) -> GuardError:
    said = stderr.decode(errors="replace").strip().replace("\n", " ")[:300]
    return UsageError(
        f"Git could not read the repository {name!r}: {said!r}.",
        remedy="Check that it is a sound repository, for example with `git fsck`.",
    )
