"""List and open files on disk: a work tree's as Git sees it, or all of a folder.

What is named on purpose is read even where Git ignores it: a file, and a folder with all in it.
"""

from __future__ import annotations

import io
import os
import re
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bedrock_key_guard import system
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.clean_git import clean_git
from bedrock_key_guard.git.repository import Repository, absolute, find_repository, repository_at
from bedrock_key_guard.git.spelling import as_stored
from bedrock_key_guard.scan.limits import Unreadable
from bedrock_key_guard.scan.source import Changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.scan.matching.windows import Readable

NO_FILE = "it is not a regular file"
_LIST = ("ls-files", "-z", "-t", "--stage", "--cached", "--others", "--exclude-standard")
# Whatever is tracked there all the same. It takes names as they are, and no option that says so.
_IS_IGNORED = ("--no-literal-pathspecs", "check-ignore", "--quiet", "--no-index", "--")
# Git goes on without it, and cuts what it says of a long name.
_CLOSED = re.compile(rb"^warning: could not open directory '(.+?)/?(?:': [^']*)?$", re.MULTILINE)

_SUBMODULE = "160000"
_SPARSE = "S"


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """Say what Git's index has at a name; nothing where Git lists a name that it does not track.

    What is `sparse` is not meant to be on disk.
    """

    repository: Repository
    mode: str = ""
    object: str = ""
    sparse: bool = False

    @property
    def is_submodule(self) -> bool:
        """Return whether a commit of another repository is meant to be there."""
        return self.mode == _SUBMODULE


# Names of files, with `/` on every system, and what Git says of those that it lists. A folder that
# cannot be read is among them, so that whoever tries says why.
Listed = dict[str, IndexEntry | None]


def list_files(start: Path) -> Listed:
    """List a file, or the files of a folder, also where a link to it is named.

    Raises UsageError for what is not there, and for a pipe or a device.
    """
    if not os.path.lexists(start):
        raise UsageError(
            f"There is no {str(start)!r} to scan.", remedy="Name a file or a folder that exists."
        )
    start = as_stored(start)
    if start.is_dir():
        repository = find_repository(absolute(start))
        if repository is None:
            return _walk(start)
        if _is_behind_a_link(start, repository):
            return list_files(start.resolve())
        listed = _tracked(start, repository)
        if listed and not _is_ignored(start, repository):
            return listed
        return _walk(start) | listed
    if not start.exists():
        return {start.as_posix(): None}
    if not stat.S_ISREG(start.stat().st_mode):
        raise UsageError(
            f"{str(start)!r} is neither a file nor a folder.",
            remedy="Send what comes out of it into `scan --stdin`.",
        )
    return {(start.resolve() if start.is_symlink() else start).as_posix(): None}


def _is_behind_a_link(start: Path, repository: Repository) -> bool:
    """Return whether a link within the work tree leads to `start`: Git lists nothing behind one."""
    below = absolute(start).relative_to(repository.work_tree)
    return start.resolve() != repository.work_tree.resolve() / below


def _tracked(start: Path, repository: Repository) -> Listed:
    """List the files of a work tree under `start`, and the repositories nested in it."""
    below = absolute(start).relative_to(repository.work_tree)
    exclude = _exclude_file(repository)
    options = [f"--exclude-from={exclude}"] if exclude else []
    with clean_git(repository) as git:
        listing, said = git.hear(*_LIST, *options, "--", below.as_posix())
    skipped = len(system.encoded(_as_prefix(below)))
    prefix = system.encoded(_as_prefix(start))

    def named(name: bytes) -> str:
        return system.decoded(prefix + name[skipped:])

    listed = (_entry(repository, line) for line in listing.split(b"\0") if line)
    entries: Listed = {named(name): entry for name, entry in listed}
    return entries | dict.fromkeys(map(named, _CLOSED.findall(said)))


def _entry(repository: Repository, line: bytes) -> tuple[bytes, IndexEntry]:
    """Read a line: `? name` for what is not tracked, else a tag, mode, object, stage and name."""
    words, tab, name = line.partition(b"\t")
    if line.startswith(b"? ") or not tab:
        return line[2:].rstrip(b"/"), IndexEntry(repository)
    tag, mode, object_id, _ = words.decode("ascii").split(" ")
    return name, IndexEntry(repository, mode, object_id, tag == _SPARSE)


def _is_ignored(folder: Path, repository: Repository) -> bool:
    """Return whether Git ignores a folder of a work tree. Raises GuardError where Git fails."""
    below = absolute(folder).relative_to(repository.work_tree)
    if below == Path():
        return False
    exclude = _exclude_file(repository)
    options = ["-c", f"core.excludesFile={exclude}"] if exclude else []
    with clean_git(repository) as git:
        return git.affirms(*options, *_IS_IGNORED, f"./{below.as_posix()}")


def _exclude_file(repository: Repository) -> Path | None:
    """Return where patterns of a repository stand that no commit has, if there are any."""
    exclude = repository.common_dir / "info" / "exclude"
    return exclude.absolute() if exclude.is_file() else None


def _as_prefix(folder: Path) -> str:
    return "" if folder == Path() else f"{folder.as_posix().rstrip('/')}/"


def list_nested(name: str) -> Listed:
    """List the files of what Git lists as a folder: a repository in another one, as it says."""
    folder = Path(name)
    if not folder.is_dir() or system.is_link(folder):
        return {}
    repository = repository_at(absolute(folder))
    return _walk(folder) if repository is None else _tracked(folder, repository)


def _walk(start: Path) -> Listed:
    """List all files of a folder; a repository in it is read as Git sees it."""
    listed: Listed = {}

    begin = system.extended(str(start), always=True)

    def found(name: str) -> Path:
        return Path(f"{start}{name[len(begin) :]}")

    def note(error: OSError) -> None:
        listed[found(error.filename).as_posix()] = None

    for name, folders, names in os.walk(begin, onerror=note):
        folder = found(name)
        # Before Python 3.12 it goes through junctions, for ever where one leads up.
        folders[:] = (each for each in folders if not system.is_link(f"{name}{os.sep}{each}"))
        has_git = ".git" in folders or ".git" in names
        repository = repository_at(absolute(folder)) if has_git else None
        if repository is not None and folder == start:  # Git ignores all its files
            folders[:] = (each for each in folders if each != ".git")
            names[:] = (each for each in names if each != ".git")
        elif repository is not None:
            folders.clear()
            listed |= _tracked(folder, repository)
            continue
        folders.sort()
        prefix = _as_prefix(folder)
        listed |= dict.fromkeys(prefix + name for name in sorted(names))
    return listed


@contextmanager
def opened(name: str) -> Iterator[Readable]:
    """Open a file, or what a link says. Raises Changed where it was not the same to its end."""
    name = system.extended(name)
    mode = os.lstat(name).st_mode
    if stat.S_ISLNK(mode):
        yield io.BytesIO(system.encoded(os.readlink(name)))  # noqa: PTH115
        return
    if stat.S_ISDIR(mode):
        os.scandir(name).close()
    if not stat.S_ISREG(mode):
        raise Unreadable(NO_FILE, "skipped")
    with os.fdopen(os.open(name, system.READING), "rb", buffering=0) as file:
        before = _state(file)
        yield file
        if _state(file) != before:
            raise Changed


def _state(file: IO[bytes]) -> tuple[int, int]:
    """Return what shows that a file changed. Raises Unreadable for what took a file's place."""
    state = os.fstat(file.fileno())
    if not stat.S_ISREG(state.st_mode):
        raise Unreadable(NO_FILE, "skipped")
    return state.st_size, state.st_mtime_ns
