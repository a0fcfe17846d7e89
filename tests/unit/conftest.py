"""Lend every unit test that asks for it one embedded AWS, clean again for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.aws import ACCOUNTS, Sandbox
from tests.unit.variables import use


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Surround the process with the sandbox, as the guard's user of the first account."""
    variables = sandbox.environment(ACCOUNTS[0])
    use(variables, monkeypatch)
    return variables
