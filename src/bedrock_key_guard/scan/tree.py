"""Scan files on disk: a work tree as Git sees it, any folder, any file."""

from __future__ import annotations

import io
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model import Finding, Location, NotScanned, Scan, Scanned
from bedrock_key_guard.scan.containers.reading import Reading, read_file
from bedrock_key_guard.scan.repository import Repository, clean_git, find_repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.scan.allowlist import AllowList

# A FIFO that has taken the file's place would wait for a writer; Windows has no such flag.
_NO_WAITING = getattr(os, "O_NONBLOCK", 0)
_LIST = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")


def scan_paths(paths: Iterable[Path], allow: AllowList) -> Scan:
    """Scan every file under `paths`: tracked or not ignored inside Git, all of them outside.

    A file that is named is scanned even where Git ignores it. Raises UsageError for a path that is
    not there.
    """
    return scan_files((file for start in paths for file in _files(start)), allow)


def scan_files(files: Iterable[Path], allow: AllowList) -> Scan:
    """Scan exactly these: a symbolic link is what it says, as in Git, and a folder is not read."""
    findings: list[Finding] = []
    missed: list[NotScanned] = []
    objects = size = 0
    for path in dict.fromkeys(files):
        result = _scan_file(path, allow)
        if isinstance(result, NotScanned):
            missed.append(result)
        else:
            findings += result.findings
            missed += result.missed
            size += result.bytes_read
            objects += 1
    scanned = Scanned(("working-tree",), objects, size)
    return Scan(tuple(findings), scanned, tuple(sorted(missed)))


def _files(start: Path) -> Iterator[Path]:
    if not os.path.lexists(start):
        raise UsageError(
            f"There is no {str(start)!r} to scan.", remedy="Name a file or a folder that exists."
        )
    if not start.is_dir():
        yield start
        return
    repository = find_repository(_absolute(start))
    yield from _walk(start) if repository is None else _tracked(start, repository)


def _tracked(start: Path, repository: Repository) -> Iterator[Path]:
    """Yield the files of a work tree under `start`, and of the repositories nested in it."""
    below = _absolute(start).relative_to(repository.work_tree)
    exclude = repository.common_dir / "info" / "exclude"
    options = [f"--exclude-from={exclude.absolute()}"] if exclude.is_file() else []
    with clean_git(repository) as git:
        listing = git.run(*_LIST, *options, "--", str(below))
    for name in dict.fromkeys(filter(None, listing.split(b"\0"))):
        relative = Path(os.fsdecode(name))
        path = start / relative.relative_to(below)
        if path.is_dir() and not path.is_symlink():
            yield from _files(path) if find_repository(path) != repository else ()
        elif os.path.lexists(path):
            yield path


def _walk(start: Path) -> Iterator[Path]:
    """Yield the files of a folder outside Git; a repository in it is read as Git sees it."""
    for folder, folders, names in os.walk(start):
        if ".git" in folders:
            folders.clear()
            yield from _files(Path(folder))
            continue
        folders.sort()
        for name in sorted(names):
            yield Path(folder, name)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  # Path.absolute keeps `..`, whose parents lie


def _scan_file(path: Path, allow: AllowList) -> Reading | NotScanned:
    """Return what was read of a file, or why it was not read."""
    at = Location("working-tree", path.as_posix(), 0, 0)
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            link = read_file(io.BytesIO(os.fsencode(path.readlink())), at, allow)
            return replace(link, bytes_read=0)
        if not stat.S_ISREG(mode):
            return NotScanned(path.as_posix(), "opaque", "it is not a regular file")
        with os.fdopen(os.open(path, os.O_RDONLY | _NO_WAITING), "rb", buffering=0) as file:
            return read_file(file, at, allow)
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        return NotScanned(path.as_posix(), "missing", reason)
