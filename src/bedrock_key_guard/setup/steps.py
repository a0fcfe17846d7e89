"""Define what setting up a repository comes to, show it as `diff -u` does, and write it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.system import write_whole
from bedrock_key_guard.text.harmless import printable

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class FileChange:
    """Write a file, by its path from the top; `before` is None where there was none."""

    path: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class ByHand:
    """Leave a file to a person, who adds `text`, and say why."""

    path: str
    why: str
    text: str


@dataclass(frozen=True, slots=True)
class Unneeded:
    """Leave a file as it is, for it says already what it should."""

    path: str
    why: str


Step = FileChange | ByHand | Unneeded


_NEW_FILE = 0o644


def difference(change: FileChange) -> str:
    """Return the difference that a change makes, harmless on a terminal."""
    before = "/dev/null" if change.before is None else f"a/{change.path}"
    lines = unified_diff(
        (change.before or "").splitlines(),
        change.after.splitlines(),
        before,
        f"b/{change.path}",
        lineterm="",
    )
    return "".join(f"{_shown(line)}\n" for line in lines)


def carry_out(change: FileChange, top: Path) -> None:
    """Write the file. Raises UsageError where it is not what was shown any more."""
    path = top / change.path
    path.parent.mkdir(parents=True, exist_ok=True)
    there = path.read_bytes() if path.exists() else None
    if there != (None if change.before is None else change.before.encode()):
        raise UsageError(
            f"{change.path} has changed while it was looked at, and is left as it is.",
            remedy="Run `init` again.",
        )
    mode = _NEW_FILE if there is None else path.stat().st_mode & 0o777
    write_whole(path, change.after.encode(), mode)


def _shown(line: str) -> str:
    return "\t".join(map(printable, line.split("\t")))
