"""Give the tests of responses a stage to play on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey as Leaked
from tests.unit.respond.stage import Stage
from tests.unit.verify.doubles import ACCOUNT


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def stage(executor: Executor, tmp_path: Path) -> Stage:
    return Stage(executor, tmp_path)


@pytest.fixture
def leaked(sandbox: Sandbox) -> Leaked:
    return sandbox.make_long_term_key(ACCOUNT, "alice")
