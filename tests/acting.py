"""Run sample workflows through act, a real workflow runner, without a container or a network.

Unlike GitHub's runners act hands its own environment on to the steps, so it gets a bare one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.github.github_server import GitHubServer
from tests.doors import git, warm
from tests.jobs import REPOSITORY, ROOT, equipped_python

WORKFLOWS = ROOT / "tests" / "data" / "workflows"
ACT = Path(sys.executable).with_name("act")
# Instead of downloading a Python, use the one that is on PATH.
SETUP_PYTHON = """\
name: Stand-in for actions/setup-python
inputs:
  python-version: { required: false }
  update-environment: { required: false }
runs:
  using: composite
  steps:
    - shell: bash
      run: "true"
"""


@dataclass(frozen=True, slots=True)
class Act:
    """Run a sample workflow in `workspace`; `published` is the Action as others use it.

    `settings` are in the environment of every step. Unless a run is to install what it needs, it
    has a Python that sees what is installed here and sits no waiting out, which spares it most of
    its time.
    """

    workspace: Path
    github: GitHubServer
    published: Path
    settings: Mapping[str, str]

    def run(
        self,
        workflow: str = "guard.yml",
        *,
        secrets: Mapping[str, str],
        event: Mapping[str, Any],
        event_name: str = "push",
        fail_on: str = "any",
        install: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run a workflow for an event, with `secrets` in the environment of its steps."""
        self._commit(workflow)
        given = {
            **self.settings,
            **secrets,
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_SERVER_URL": self.github.server_url,
        }
        options = {
            "platform": "ubuntu-latest=-self-hosted",
            "workflows": f".github/workflows/{workflow}",
            "eventpath": self._file("event.json", json.dumps(event)),
            "env-file": self._file("variables", "".join(f"{n}={v}\n" for n, v in given.items())),
            "secret-file": os.devnull,
            "var-file": os.devnull,
            "input-file": os.devnull,
            "secret": f"GITHUB_TOKEN={self.github.add_actions_token(REPOSITORY)}",
            "var": f"FAIL_ON={fail_on}",
        }
        tools = [] if install else [equipped_python(self._folder / "python", warm())]
        path = [*tools, Path(sys.executable).parent, os.environ["PATH"]]
        folders = {"actions/setup-python@v5": self._stub(), "acme/guard@v1": self.published}
        return subprocess.run(
            [
                str(ACT),
                event_name,
                "--no-cache-server",
                *(f"--{name}={value}" for name, value in options.items()),
                *(f"--local-repository={name}={path}" for name, path in folders.items()),
            ],
            cwd=self.workspace,
            env={
                "HOME": str(self._folder),
                "PATH": os.pathsep.join(map(str, path)),
                "XDG_CACHE_HOME": str(self._folder / "cache"),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def _folder(self) -> Path:
        return self.workspace.parent

    def _file(self, name: str, text: str) -> Path:
        file = self._folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def _stub(self) -> Path:
        folder = self._folder / "setup-python"
        folder.mkdir()
        (folder / "action.yml").write_text(SETUP_PYTHON, encoding="utf-8")
        return folder

    def _commit(self, workflow: str) -> None:
        folder = self.workspace / ".github" / "workflows"
        folder.mkdir(parents=True)
        shutil.copy(WORKFLOWS / workflow, folder / workflow)
        git("init", cwd=self.workspace)
        git("add", "--all", cwd=self.workspace)
        git("commit", "--message=Leak a key", cwd=self.workspace)
        git("remote", "add", "origin", f"https://github.com/{REPOSITORY}.git", cwd=self.workspace)
