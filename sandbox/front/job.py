"""Run the guard as its GitHub Action does, in a job of the embedded GitHub."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.github.github_server import GitHubServer

REPOSITORY = "acme/shop"
ACTION = (sys.executable, "-I", "-m", "bedrock_key_guard.action")


def open_repository(github: GitHubServer) -> str:
    """Make the repository on GitHub, and give the token of its workflows."""
    github.add_repository(REPOSITORY, visibility="private")
    return github.add_actions_token(REPOSITORY)


def job_environment(github: GitHubServer, token: str, folder: Path) -> dict[str, str]:
    """Give what a job has in its environment at a push, but `GITHUB_SHA`; files go to `folder`.

    Names are those of https://docs.github.com/en/actions/reference/workflows-and-actions/variables.
    """
    folder.mkdir(parents=True, exist_ok=True)
    event = {"repository": {"full_name": REPOSITORY, "private": True, "visibility": "private"}}
    (folder / "event.json").write_text(json.dumps(event), encoding="utf-8")
    return {
        "GITHUB_API_URL": github.api_url,
        "GITHUB_SERVER_URL": github.server_url,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_RUN_ID": "1",
        "GITHUB_OUTPUT": str(folder / "outputs.txt"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "RUNNER_TEMP": str(folder),
        "INPUT_GITHUB_TOKEN": token,
    }
