"""Hold every exchange with the embedded GitHub to GitHub's own description."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.github.contract import violations
from sandbox.github.github_server import GitHubServer
from tests.unit.github.doubles import FakeTime


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        yield server
    assert violations(server.exchanges) == []
