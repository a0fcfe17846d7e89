"""Sit at a terminal, and be asked before anything is changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from tests.jobs import ACCOUNT, HURRIED

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
GUARD = [sys.executable, "-I", "-m", "bedrock_key_guard"]


@dataclass(frozen=True)
class Desk:
    """Have a terminal at which commands run, with the credentials of the guard."""

    tree: Path
    environment: dict[str, str]

    def types(self, answer: str, *words: str) -> tuple[int, str, str]:
        """Run a command, answer its question, and return its code, report and what it said."""
        here, there = pty.openpty()
        try:
            running = subprocess.Popen(
                [*HURRIED, *words],
                cwd=self.tree,
                env=self.environment,
                stdin=there,
                stdout=subprocess.PIPE,
                stderr=there,
            )
        finally:
            os.close(there)
        os.write(here, f"{answer}\n".encode())
        with running:
            assert running.stdout
            report = running.stdout.read().decode()
        with os.fdopen(here, "rb", buffering=0) as terminal:
            said = b""
            try:
                while read := terminal.read(4096):
                    said += read
            except OSError:  # Linux: whoever wrote has gone
                pass
        return running.returncode, report, said.decode().replace("\r\n", "\n")


@pytest.fixture
def desk(tree: Path, credentials: dict[str, str], leaked: LongTermKey) -> Desk:
    (tree / "leak.env").write_bytes(b"KEY=" + leaked.key.encode() + b"\n")
    return Desk(tree, credentials | {"NO_COLOR": "1"})


@pytest.fixture
def status(sandbox: Sandbox, leaked: LongTermKey) -> Callable[[], str | None]:
    return lambda: sandbox.credential_status(ACCOUNT, leaked.credential_id)


def test_a_response_and_its_undoing_ask_first(desk: Desk, status: Callable[[], str | None]) -> None:
    code, report, said = desk.types("n", "respond")
    assert (code, status()) == (1, "Active")
    assert f" of account {ACCOUNT}: disable\n" in said
    assert "user BedrockAPIKey-ex4m Inactive; `restore` takes it back\n" in said
    assert "Make 1 change? [y/N] " in said
    assert "nothing was changed: nobody agreed to it" in report

    code, report, said = desk.types("y", "respond")
    assert (code, status()) == (1, "Inactive")
    assert "Make 1 change? [y/N] " in said
    assert report.startswith("DEAD NOW")

    code, report, said = desk.types("", "restore")
    assert (code, status()) == (4, "Inactive")
    assert "its leaked key works again" in said
    assert "refused: nobody agreed to it" in report

    code, report, said = desk.types("yes", "restore")
    assert (code, status()) == (0, "Active")
    assert "done: credential" in report

    code, report, said = desk.types("y", "lift")
    assert (code, said) == (0, "y\nNobody is denied anything by the guard.\n")


def test_a_person_may_stop_at_the_question(desk: Desk, status: Callable[[], str | None]) -> None:
    here, there = pty.openpty()
    with subprocess.Popen(
        [*HURRIED, "respond"],
        cwd=desk.tree,
        env=desk.environment,
        stdin=there,
        stdout=subprocess.DEVNULL,
        stderr=there,
    ) as running:
        os.close(there)
        said = b""
        while b"[y/N]" not in said:
            said += os.read(here, 4096)
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 130
    os.close(here)
    assert status() == "Active"


@pytest.mark.parametrize("command", ["respond", "restore", "lift"])
def test_without_a_terminal_nothing_is_changed(
    command: str, desk: Desk, status: Callable[[], str | None]
) -> None:
    done = subprocess.run(
        [*GUARD, command],
        cwd=desk.tree,
        env=desk.environment,
        input=b"y\n",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, status()) == (2, b"", "Active")
    assert b"there is no terminal to ask on: nothing was changed." in done.stderr
    assert b"--yes" in done.stderr


def test_a_live_keys_report_names_the_response_that_goes_on_from_it(desk: Desk) -> None:
    done = subprocess.run(
        [*GUARD, "verify", "leak.env"],
        cwd=desk.tree,
        env=desk.environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert b"\n      bedrock-key-guard respond leak.env\n" in done.stdout
