"""Publish the project as pre-commit and prek want it, and let them install it without a network."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tests.doors import git

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROJECT = Path(__file__).parents[1]
WHEELHOUSE = PROJECT / "build" / "wheelhouse"
SHIPPED = (".pre-commit-hooks.yaml", "LICENSE", "README.md", "pyproject.toml", "setup.py", "src")
TAG = "v0.0.0"


def pip_offline() -> dict[str, str]:
    """Let pip install from what set-up has fetched, and from nowhere else."""
    assert WHEELHOUSE.is_dir(), "`make test` fills build/wheelhouse first"
    return {
        "PIP_COMPILE": "0",  # what is used is compiled then
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": str(WHEELHOUSE),
        "PIP_NO_INDEX": "1",
    }


def offline_environment(home: Path) -> dict[str, str]:
    """Give pre-commit and prek homes of their own, and pip and uv the wheels that are here."""
    return {
        **os.environ,
        **pip_offline(),
        "PREK_HOME": str(home / "prek"),
        "PRE_COMMIT_HOME": str(home),
        "UV_FIND_LINKS": str(WHEELHOUSE),
        "UV_NO_INDEX": "1",
        "UV_OFFLINE": "1",
    }


def copy(names: Iterable[str], folder: Path) -> None:
    """Copy files and folders of the project, without what no repository has."""
    for name in names:
        if (PROJECT / name).is_dir():
            unshipped = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(PROJECT / name, folder / name, ignore=unshipped)
        else:
            shutil.copy(PROJECT / name, folder / name)


def publish(folder: Path, env: dict[str, str]) -> None:
    """Make a repository of the project as it is here."""
    copy(SHIPPED, folder)
    git("init", cwd=folder, env=env)
    git("add", "--all", cwd=folder, env=env)
    git("commit", "-m", "publish", cwd=folder, env=env)
    # A commit's name would look like a secret to detect-secrets.
    git("tag", TAG, cwd=folder, env=env)


def configure(repository: Path, provider: Path, *hooks: Mapping[str, object]) -> None:
    """Have a repository use some hooks."""
    repos = [{"repo": str(provider), "rev": TAG, "hooks": list(hooks)}]
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": repos}))
