"""Ask Git for the settings of a repository, and change them, as a person would."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.repository import find_git, search_outside_tree_of

if TYPE_CHECKING:
    from pathlib import Path

_UNSET = (1, 5)


@dataclass(frozen=True, slots=True)
class Settings:
    """Reach the settings that count in a folder, and those of one file, or of the person.

    These two are what is changed; `file` is None for the person's own.
    """

    folder: Path
    file: Path | None

    def effective(self, name: str) -> str | None:
        """Return the path that Git goes by, None where nothing sets it."""
        return self._asked("--type=path", "--get", name)

    def own(self, name: str) -> str | None:
        """Return the value in the file, as it is written."""
        return self._asked(*self._where, "--get", name)

    def change(self, name: str, value: str | None) -> None:
        """Set the value in the file, or take it out."""
        words = ("--unset", name) if value is None else (name, value)
        self._asked(*self._where, *words)

    @property
    def _where(self) -> tuple[str, ...]:
        return ("--global",) if self.file is None else ("--file", str(self.file))

    def _asked(self, *words: str) -> str | None:
        search_outside_tree_of(self.folder)
        git = find_git()
        if git is None:
            raise UsageError("Git is not installed.", remedy="Install Git, and run this again.")
        done = subprocess.run(
            [git, "-C", str(self.folder), "config", *words], capture_output=True, check=False
        )
        if done.returncode in _UNSET:
            return None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise UsageError(
                f"Git could not tell or change its settings: {said!r}.",
                remedy="Mend what Git says, and run this again.",
            )
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")
