"""Know how Linux, macOS and Windows differ; all other code is the same on each.

docs/systems.md is the table of it. A system is asked for what it can do where it can be asked, and
known by its name where it cannot.
"""

from __future__ import annotations

import errno
import os
import sys
import time

# What a worker needs of this starts sooner without `typing`, `pathlib` and `unicodedata`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WINDOWS = os.name == "nt"
MACOS = sys.platform == "darwin"

# What takes a file's place while it is read may be a link out of the tree, or a FIFO that would
# have us wait for a writer; Windows has none of these, and would change the ends of lines.
READING = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
STOPS = ("SIGINT", "SIGTERM", "SIGBREAK")
"""Signals by which people and runners stop a program; which of them there are, the system says."""
FOR_CHILDREN = ("SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
"""Variables without which a child finds no libraries (Windows), or no folder for its files."""
VENV_SCHEME = "nt" if WINDOWS else "posix_prefix"
_IN_VENV = "Scripts/python.exe" if WINDOWS else "bin/python"
# CreateProcess and cmd.exe look in the working directory first, unless this is set to anything.
NOT_HERE = "NoDefaultCurrentDirectoryInExePath"

_MOUNT_POINT = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT of [MS-FSCC], a junction
_LONGEST = 247  # MAX_PATH less what Windows wants left for a name in a folder
_PATIENCE = (0.05, 0.1, 0.2, 0.4, 0.8)  # as virus scanners and indexers keep a new file open


def program(name: str, path: str) -> str | None:
    """Return the first program of a name in the folders of a PATH, None where there is none.

    On Windows it is an `.exe`: a `.bat` or `.cmd` has its arguments read by cmd.exe once more.
    `shutil.which` looks in the working directory first there.
    """
    for folder in folders(path):
        found = os.path.join(folder, f"{name}.exe" if WINDOWS else name)  # noqa: PTH118
        if os.path.isfile(found) and os.access(found, os.X_OK):  # noqa: PTH113  # raises nothing
            return found
    return None


def folders(path: str) -> list[str]:
    r"""Return the absolute folders of a PATH: on Windows `\bin` is on whichever drive is current.

    There one may stand in quotes.
    """
    listed = (each.strip('"') if WINDOWS else each for each in path.split(os.pathsep))
    return [
        each
        for each in listed
        if os.path.isabs(each) and (not WINDOWS or os.path.splitdrive(each)[0])  # noqa: PTH117
    ]


def look_nowhere_else() -> None:
    """Have Windows search programs for this process, and for its children, on PATH alone."""
    if WINDOWS:
        os.environ[NOT_HERE] = "1"


def identity(path: str | Path) -> tuple[object, ...] | None:
    """Return what is the same for every spelling of a path, None where there is nothing.

    Some file systems of Windows number no file.
    """
    try:
        found = os.stat(path)  # noqa: PTH116  # sooner than pathlib's
    except (OSError, ValueError):
        return None
    if found.st_ino:
        return found.st_dev, found.st_ino
    return (os.path.normcase(os.path.realpath(path)),)


def same(one: str | Path, other: str | Path) -> bool:
    """Return whether two paths lead to one and the same file or folder, which is there."""
    found = identity(one)
    return found is not None and found == identity(other)


def is_link(path: str | Path) -> bool:
    """Return whether a path is a symbolic link, or what a folder of Windows has for one."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return False
    return found.st_mode & 0o170000 == 0o120000 or _is_junction(found)


def _is_junction(found: os.stat_result) -> bool:
    return getattr(found, "st_reparse_tag", 0) == _MOUNT_POINT


def decoded(name: bytes) -> str:
    """Return a name as Git has it, whatever its bytes: on Windows `os.fsdecode` refuses some."""
    return name.decode(sys.getfilesystemencoding(), "surrogateescape")


def encoded(name: str) -> bytes:
    """Return the bytes of such a name, or of one on Windows with half of a pair of surrogates."""
    try:
        return name.encode(sys.getfilesystemencoding(), "surrogateescape")
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogatepass")


def extended(path: str, *, always: bool = False) -> str:
    r"""Return a path that can be opened however long it is: Windows wants it to begin with `\\?\`.

    `always` is for a folder whose own is long.
    """
    return _extended(os.path.abspath(path), path, always=always) if WINDOWS else path  # noqa: PTH100


def _extended(absolute: str, path: str, *, always: bool) -> str:
    r"""Return the path, or where that is needed what it begins with and the absolute path.

    `\\?\` and `\\.\` are there already in names of devices, and `\\server` is `\\?\UNC\server`
    (learn.microsoft.com, "Naming Files, Paths, and Namespaces").
    """
    if absolute.startswith(("\\\\?\\", "\\\\.\\")) or (len(absolute) <= _LONGEST and not always):
        return path
    if absolute.startswith("\\\\"):
        return f"\\\\?\\UNC{absolute[1:]}"
    return f"\\\\?\\{absolute}"


def write_whole(file: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file that somebody may be reading: they see what was there before, or all of it.

    A link is replaced, never followed. The file is made beside it under a name that nobody can
    guess, for others may write in the folder. Windows replaces no file that is open, so it is tried
    again for a second and a half. Raises OSError where it cannot be written.
    """
    import tempfile
    from pathlib import Path

    number, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    new = Path(name)
    try:
        with os.fdopen(number, "wb") as opened:
            opened.write(content)
        new.chmod(mode)
        waits = [*_PATIENCE] if WINDOWS else []
        while not _replaced(new, file, last=not waits):
            time.sleep(waits.pop(0))
    finally:
        new.unlink(missing_ok=True)


def _replaced(new: Path, file: Path, *, last: bool) -> bool:
    try:
        new.replace(file)
    except PermissionError:
        if last:
            raise
        return False
    return True


def nobody_reads(error: OSError) -> bool:
    """Return whether writing failed because whoever read has gone; Windows says EINVAL then."""
    return isinstance(error, BrokenPipeError) or (WINDOWS and error.errno == errno.EINVAL)


def python_of(venv: Path) -> Path:
    """Return the Python of a virtual environment."""
    return venv / _IN_VENV


def own_folder(kind: str, environment: Mapping[str, str], instead: str = "") -> Path:
    """Return the folder of a person in which programs keep `state` or `data`.

    Raises UsageError for a user who has no home, as in some containers, and says what to do
    `instead`.
    """
    from pathlib import Path

    from bedrock_key_guard.errors import UsageError

    variable = f"XDG_{kind.upper()}_HOME"
    usual = {"state": "~/.local/state", "data": "~/.local/share"}[kind]
    if MACOS:
        usual = "~/Library/Application Support"
    if WINDOWS:
        usual = environment.get("LOCALAPPDATA") or "~/AppData/Local"
    try:
        return Path(environment.get(variable) or usual).expanduser()
    except RuntimeError:
        raise UsageError(
            "There is no home directory to keep anything in.",
            remedy=f"Set {variable} to a folder that can be written to{instead}.",
        ) from None
