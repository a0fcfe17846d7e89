"""Say where the hooks of a repository are, and what an installation of ours has found there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.repository import repository_of
from bedrock_key_guard.githooks.hook_files import DEVELOPER, SERVER, Settings

if TYPE_CHECKING:
    from pathlib import Path

HOOKS_PATH = "core.hooksPath"
RECORD = "installed.json"


@dataclass(frozen=True, slots=True)
class HooksPlace:
    """Say where hooks are installed: the Git directory, or a template of one, and which hooks.

    `top` is what a relative `core.hooksPath` counts from. A template has no settings.
    """

    git_dir: Path
    top: Path
    hooks: tuple[str, ...]
    settings: Settings | None

    @property
    def home(self) -> Path:
        """Return the folder of what the hooks need."""
        return self.git_dir / "bedrock-key-guard"

    @property
    def usual(self) -> Path:
        """Return the folder in which Git looks for hooks, if nothing names another."""
        return self.git_dir / "hooks"


@dataclass(frozen=True, slots=True)
class Installed:
    """Remember what an installation has found, so that it can be taken back.

    `hooks_path` is what the repository's own settings said of it. `in_place` tells whether the
    hooks are in the usual folder, and `made_folder` whether that was not there.
    """

    in_place: bool
    hooks_path: str | None
    made_folder: bool


def place_in(folder: Path, *, server: bool) -> HooksPlace:
    """Return where the hooks of a repository are. Raises UsageError where there is none."""
    found = repository_of(folder, "hooks")
    git_dir = found.common_dir.resolve()
    top = found.git_dir if server else found.work_tree
    settings = Settings(top, git_dir / "config")
    return HooksPlace(git_dir, top, SERVER if server else DEVELOPER, settings)


def installed(place: HooksPlace) -> Installed | None:
    """Return what an installation has found, None where there is none.

    Raises UsageError where what it wrote is damaged.
    """
    try:
        return Installed(**json.loads((place.home / RECORD).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        raise UsageError(
            f"{str(place.home / RECORD)!r} is damaged.",
            remedy=f"Take {str(place.home)!r} and the hooks that name it away by hand.",
        ) from None
