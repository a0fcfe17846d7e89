"""Give the tests that go through the guard's doors a tree, a runner, a GitHub and leaked keys."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from sandbox.github.github_server import GitHubServer
from tests.answers import Answering
from tests.jobs import ACCOUNT, REPOSITORY, Host
from tests.leakers import make_quarantine
from tests.scenes import Scene, set_scene
from tests.traps import Ear


@pytest.fixture(autouse=True)
def own_home(home: Path) -> None:
    """Start every door from an empty home: what one test leaves there, no other may meet."""


@pytest.fixture
def credentials(sandbox: Sandbox, home: Path) -> dict[str, str]:
    """Give the environment of a person whose AWS credentials are those of the sandbox's guard."""
    return {**os.environ, **sandbox.environment(ACCOUNT)}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Give an empty folder to scan, away from everything else that a test writes."""
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    """Give a GitHub with one private repository, and hold every exchange to its contract."""
    with GitHubServer() as server:
        server.add_repository(REPOSITORY)
        yield server
    from sandbox.github.contract import violations  # which takes half a second to import

    assert violations(server.exchanges) == []


@pytest.fixture
def host(sandbox: Sandbox, github: GitHubServer, tree: Path, tmp_path: Path) -> Host:
    """Give a runner whose jobs scan `tree` and have the credentials of the guard."""
    return Host(tree, tmp_path / "host", github, sandbox.environment(ACCOUNT))


@pytest.fixture
def leaked(sandbox: Sandbox) -> LongTermKey:
    return sandbox.make_long_term_key(ACCOUNT, "BedrockAPIKey-ex4m")


@pytest.fixture
def answering(tree: Path, sandbox: Sandbox, credentials: dict[str, str]) -> Answering:
    """Give a tree to leak keys into, in an account whose administrator has made the quarantine."""
    make_quarantine(sandbox)
    return Answering(tree, sandbox, credentials)


@pytest.fixture
def ear() -> Iterator[Ear]:
    with Ear() as listening:
        yield listening


@pytest.fixture
def scene(
    tree: Path, tmp_path: Path, sandbox: Sandbox, github: GitHubServer, home: Path
) -> Iterator[Scene]:
    """Give a scene full of keys; nothing that is written there may hold a piece of one."""
    scene = set_scene(tree, tmp_path / "host", sandbox, github)
    yield scene
    assert scene.leaks() == []
