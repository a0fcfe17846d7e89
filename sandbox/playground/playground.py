"""Open the playground: AWS, Bedrock and GitHub on loopback, and a scratch repository with leaks."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.front.job import ACTION, REPOSITORY, job_environment, open_repository
from sandbox.front.sandbox import Sandbox
from sandbox.github.github_server import GitHubServer
from sandbox.playground.scene import ACCOUNT, set_scene

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMMAND, ACTION_COMMAND = "bedrock-key-guard", "bedrock-key-guard-action"
# What this shell has set for the real AWS, GitHub and Git must not reach what is tried here.
FOREIGN_PREFIXES = ("AWS_", "BEDROCK_KEY_GUARD_", "GIT_", "GITHUB_", "INPUT_")
FOREIGN_NAMES = frozenset({"CURL_CA_BUNDLE", "GH_TOKEN", "REQUESTS_CA_BUNDLE"})
ACTION_SCRIPT = """\
#!/bin/sh
# Run what action.yml runs, as at a push of what is checked out.
{exports}
export GITHUB_SHA="$(git rev-parse HEAD)"
exec {command}
"""


@dataclass(frozen=True, slots=True)
class Playground:
    """Hold where to try the guard, and `settings`: what the environment needs for that."""

    repository: Path
    settings: dict[str, str]
    github: GitHubServer

    def environment(self) -> dict[str, str]:
        """Give this process's environment, with the settings and without what speaks of others."""
        return {k: v for k, v in os.environ.items() if not _is_foreign(k)} | self.settings


@contextlib.contextmanager
def open_playground() -> Iterator[Playground]:
    """Start the servers and leak the keys; in the end stop them, and remove what was written."""
    with (
        tempfile.TemporaryDirectory(prefix="bedrock-key-guard-") as folder,
        Sandbox() as sandbox,
        GitHubServer() as github,
    ):
        scratch = Path(folder).resolve()
        set_scene(sandbox, scratch / "shop")
        token = open_repository(github)
        job = job_environment(github, token, scratch / "job")
        settings = {
            **sandbox.environment(ACCOUNT),
            "GITHUB_API_URL": github.api_url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_TOKEN": token,
            "PATH": f"{_commands(scratch, job)}{os.pathsep}{os.environ['PATH']}",
            "XDG_STATE_HOME": str(scratch / "state"),
        }
        yield Playground(scratch / "shop", settings, github)


def _commands(scratch: Path, job: Mapping[str, str]) -> Path:
    """Make a folder for `PATH` with the guard alone, not with all that its environment holds."""
    folder = scratch / "bin"
    folder.mkdir()
    (folder / COMMAND).symlink_to(Path(sys.executable).parent / COMMAND)
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in job.items())
    script = folder / ACTION_COMMAND
    script.write_text(
        ACTION_SCRIPT.format(exports=exports, command=shlex.join(ACTION)),
        encoding="utf-8",
    )
    script.chmod(0o755)
    return folder


def _is_foreign(name: str) -> bool:
    return name.startswith(FOREIGN_PREFIXES) or name in FOREIGN_NAMES
