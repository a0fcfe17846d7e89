"""Give the scenes in which the documents' commands are typed, and a shell in each."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard import REPOSITORY, __version__
from sandbox.playground.playground import open_playground
from tests.documents import ROOT, examples
from tests.doors import git, warm
from tests.providers import offline_environment, publish

if TYPE_CHECKING:
    from collections.abc import Iterator

BIN = Path(sys.executable).parent
AGREEING = """\
case "$*" in *--dry-run*) ;; respond*|restore*|lift*) set -- "$@" --yes ;; esac
"""


@dataclass(frozen=True, slots=True)
class Shell:
    """Type commands in a folder, as a person does."""

    folder: Path
    environment: dict[str, str]

    def type(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a line, and return what came of it."""
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def in_the_playground(_page: str, scratch: Path) -> Iterator[Shell]:
    """Give the leaks of `make sandbox`; the guard sits no waiting out, and `aws` is a stand-in."""
    _program(scratch / "bedrock-key-guard", *warm())
    _program(scratch / "aws", sys.executable, "-m", "tests.aws_cli", PYTHONPATH=str(ROOT))
    with open_playground() as playground:
        environment = playground.environment()
        environment["PATH"] = f"{scratch}{os.pathsep}{environment['PATH']}"
        yield Shell(playground.repository, environment)


@contextmanager
def in_an_empty_folder(page: str, scratch: Path) -> Iterator[Shell]:
    """Give a new repository with the files that the page shows, and a GitHub that has this project.

    Whoever asks for a release of it gets this checkout, and pip the wheels that are here.
    """
    project, folder = scratch / "project", scratch / "new"
    project.mkdir()
    folder.mkdir()
    environment = {
        **offline_environment(scratch / "pre-commit"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{project}.insteadOf",
        "GIT_CONFIG_VALUE_0": f"https://github.com/{REPOSITORY}",
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    }
    publish(project, environment)
    git("tag", f"v{__version__}", cwd=project)
    git("init", cwd=folder)
    for each in examples("yaml"):
        named = re.match(r"# (\S+)\n", each.text)
        if each.page == page and named:
            (folder / named[1]).write_text(each.text, encoding="utf-8")
            git("add", named[1], cwd=folder)
    yield Shell(folder, environment)


def _program(path: Path, *command: str, **settings: str) -> None:
    """Write a program for `PATH`; where the guard would ask at a terminal, a person says yes."""
    words = [f"{name}={shlex.quote(value)}" for name, value in settings.items()]
    start = " ".join((*words, "exec", shlex.join(command)))
    path.write_text(f'#!/bin/sh\n{AGREEING if _asks() else ""}{start} "$@"\n', encoding="utf-8")
    path.chmod(0o755)


def _asks() -> bool:
    command = [str(BIN / "bedrock-key-guard"), "respond", "--help"]
    return "--yes" in subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
