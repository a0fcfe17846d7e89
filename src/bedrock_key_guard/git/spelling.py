"""Tell whether two names mean one file: systems differ in which spellings they take for one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bedrock_key_guard.system import WINDOWS

if TYPE_CHECKING:
    from pathlib import Path


def comparable(path: str, *, case: bool = True) -> str:
    r"""Return one spelling of a path or a pattern for all that mean it; `/`, never `\`.

    macOS decomposes letters, and who types them or reads them from Git does not. Where the `case`
    does not matter, it goes too.
    """
    path = path.replace("\\", "/").removeprefix("./")
    if not path.isascii():
        from unicodedata import normalize

        path = normalize("NFC", path)
    return path if case else path.casefold()


def ignores_case(folder: str | Path) -> bool:
    """Return whether a folder takes the names in it in any case: it is asked, for disks differ."""
    path = os.path.abspath(folder)  # noqa: PTH100  # starts sooner
    try:
        names = frozenset(os.listdir(path))  # noqa: PTH208
    except OSError:
        names = frozenset()
    for name in names:
        other = name.swapcase()
        if other not in names and other.swapcase() == name and other != name:
            found, swapped = (_state(os.path.join(path, each)) for each in (name, other))  # noqa: PTH118
            return found is not None and found == swapped
    above = os.path.dirname(path)  # noqa: PTH120
    return ignores_case(above) if above != path else WINDOWS


def as_stored(path: Path) -> Path:
    """Return a path as the folders on its way spell it, where the system takes other spellings."""
    if str(path).isascii() and not ignores_case(path.parent):
        return path
    stored = type(path)(path.anchor)
    for part in path.parts[1:] if path.anchor else path.parts:
        stored /= _spelled(stored, part)
    return stored


def _spelled(folder: Path, name: str) -> str:
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return name
    if name in names or name in (os.curdir, os.pardir):
        return name
    wanted, found = comparable(name, case=False), _state(folder / name)
    like = (each for each in names if comparable(each, case=False) == wanted)
    return next((each for each in like if found and _state(folder / each) == found), name)


def _state(path: str | Path) -> tuple[int, ...] | None:
    """Return what tells a name's file from others, of a link itself."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
