"""Surround unit tests with the embedded AWS, as a process of the guard would be, and with GitHub.

Every exchange with the embedded GitHub is held to GitHub's own description.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bedrock_key_guard.aws.session import Session, open_session
from sandbox.front.sandbox import ACCOUNTS, Sandbox
from sandbox.github.github_server import GitHubServer
from tests.unit.github.doubles import FakeTime
from tests.unit.variables import use


@pytest.fixture
def environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Surround the process with the sandbox, as the guard's user of the first account."""
    variables = sandbox.environment(ACCOUNTS[0])
    use(variables, monkeypatch)
    return variables


@pytest.fixture
def session(environment: dict[str, str]) -> Session:
    session = open_session(environment)
    assert isinstance(session, Session)
    return session


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        yield server
    from sandbox.github.contract import violations  # which takes half a second to import

    assert violations(server.exchanges) == []
