"""Serve the repositories of an organisation on the embedded GitHub, and sweep them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.github.github_server import GitHubServer
from tests.bare_repositories import push, write_bare
from tests.jobs import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.front.sandbox import Sandbox

OWNER, AUDITOR = "acme", "auditor"
CENTRAL = f"{OWNER}/security"


@dataclass
class Hub:
    """Hold the repositories of an organisation, and the environment of its security team."""

    folder: Path
    server: GitHubServer
    environment: dict[str, str]
    tips: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, **files: str) -> None:
        path = self.folder / "hub" / name
        contents = {each: text.encode() for each, text in files.items()}
        self.tips[name] = write_bare(path, {"README.md": b"# An app\n", **contents})
        repository = self.server.add_repository(f"{OWNER}/{name}", readers=(AUDITOR,))
        repository.git, repository.size = path, len(self.tips)

    def add_central(self) -> None:
        """Add the repository in which issues are kept."""
        self.add("security")
        self.server.state.repositories[CENTRAL].pushers.add(AUDITOR)

    def push(self, name: str, **files: str) -> None:
        contents = {each: text.encode() for each, text in files.items()}
        self.tips[name] = push(self.folder / "hub" / name, contents, self.tips[name])

    def damage(self, name: str) -> None:
        """Leave nothing of a repository that Git could read."""
        for file in (self.folder / "hub" / name / "objects").rglob("*"):
            if file.is_file():
                file.write_bytes(b"no object")

    def sweep(self, work: str, *options: str) -> list[str]:
        """Return the words of a sweep that keeps what it finds in `work`."""
        words = ["org", "sweep", "--owner", OWNER, "--work", str(self.folder / work)]
        return [*words, "--jobs", "2", "--format", "json", *options]


@contextmanager
def organisation(folder: Path, sandbox: Sandbox) -> Iterator[Hub]:
    """Lend an organisation without repositories."""
    with GitHubServer() as server:
        server.add_organization(OWNER, AUDITOR)
        environment = {
            **os.environ,
            **sandbox.environment(ACCOUNT),
            "GITHUB_API_URL": server.api_url,
            "GITHUB_SERVER_URL": server.server_url,
            "GITHUB_TOKEN": server.add_token(AUDITOR),
        }
        yield Hub(folder, server, environment)
