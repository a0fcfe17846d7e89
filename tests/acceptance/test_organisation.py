"""A sweep of an organisation finds every key, names what it did not read, and takes it up again."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from bedrock_key_guard.cli.main import main
from sandbox.github.github_server import GitHubServer
from tests.bare_repositories import push, write_bare
from tests.doors import command
from tests.jobs import ACCOUNT
from tests.leaks import status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.front.sandbox import Sandbox
    from sandbox.front.seeding import LongTermKey

OWNER, CENTRAL = "acme", "acme/security"
COUNTS = re.compile(r"Of ([\d,]+) repositories (.*?); (\d+) renamed meanwhile")


@dataclass
class Hub:
    """Serve the repositories of an organisation, and sweep them as its security team does."""

    folder: Path
    server: GitHubServer
    environment: dict[str, str]
    tips: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, **files: str) -> None:
        path = self.folder / "hub" / name
        contents = {each: text.encode() for each, text in files.items()}
        self.tips[name] = write_bare(path, {"README.md": b"# An app\n", **contents})
        repository = self.server.add_repository(f"{OWNER}/{name}", readers=("auditor",))
        repository.git, repository.size = path, len(self.tips)

    def push(self, name: str, **files: str) -> None:
        contents = {each: text.encode() for each, text in files.items()}
        self.tips[name] = push(self.folder / "hub" / name, contents, self.tips[name])

    def sweep(self, work: str, *options: str) -> tuple[int, dict[str, Any], str]:
        """Sweep the organisation, and return the exit code, the report and what people were told."""
        words = ("org", "sweep", "--owner", OWNER, "--work", str(self.folder / work))
        done = command(
            *words, "--jobs", "2", "--format", "json", *options, cwd=self.folder, env=self.environment
        )
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout), done.stderr


@pytest.fixture
def hub(tmp_path: Path, sandbox: Sandbox, home: Path) -> Iterator[Hub]:
    with GitHubServer() as server:
        server.add_organization(OWNER, "auditor")
        token = server.add_token("auditor")
        environment = {
            **os.environ,
            **sandbox.environment(ACCOUNT),
            "GITHUB_API_URL": server.api_url,
            "GITHUB_SERVER_URL": server.server_url,
            "GITHUB_TOKEN": token,
        }
        yield Hub(tmp_path, server, environment)


def places(report: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (incident["fingerprint"], f"{place['repository']}/{place['path']}")
        for incident in report["incidents"]
        for place in incident["locations"]
    }


def test_keys_of_several_repositories_are_one_incident_each_and_dead_in_the_end(
    hub: Hub, sandbox: Sandbox
) -> None:
    one, two = (sandbox.make_long_term_key(ACCOUNT, name) for name in ("ann", "bob"))
    hub.add("app", **{"settings.env": f"KEY={one.key}\n"})
    hub.add("site", **{"deploy.sh": f"export KEY={one.key}\n"})
    hub.add("tools", **{"run.py": f'key = "{two.key}"\n'})
    hub.add("clean")
    hub.add("security")
    hub.server.state.repositories[CENTRAL].pushers.add("auditor")
    code, report, told = hub.sweep("work", "--respond", "--issue-repository", CENTRAL)
    assert code == 1, told
    assert {len(each["locations"]) for each in report["incidents"]} == {1, 2}
    assert {place for _, place in places(report)} == {
        "acme/app/settings.env",
        "acme/site/deploy.sh",
        "acme/tools/run.py",
    }
    assert [status(sandbox, key) for key in (one, two)] == ["Inactive", "Inactive"]
    issues = hub.server.issues(CENTRAL)
    assert len(issues) == 2
    assert all(key.key not in json.dumps(issues) + told for key in (one, two))
