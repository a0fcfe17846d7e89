"""Hold every exchange with the embedded GitHub to GitHub's own description."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.github import GitHubServer
from sandbox.github_contract import violations
from tests.unit.github.doubles import FakeTime


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        yield server
    assert violations(server.exchanges) == []
