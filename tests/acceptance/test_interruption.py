"""Interrupt scans in the middle: a Git that stops at a set place lets the test know when."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from sandbox.front.sandbox import Sandbox
from tests import keysmith
from tests.jobs import Host, verdicts
from tests.sweeps import sweep
from tests.unit.scan.repositories import Repo, new_repo

FIRST, SECOND = keysmith.long_term("user-first"), keysmith.long_term("user-second")
# Is Git, but at the call that it is to stop at it says who it is, and waits. Asked for objects one
# by one it hands over the first.
STOPPING_GIT = """\
#!{python} -I
import os, subprocess, sys, time

def stop():
    with open({meeting!r}, "w") as file:
        file.write(str(os.getpid()))
    time.sleep(600)

arguments = sys.argv[1:]
if not any(each == {at!r} or {at!r}[-1] == "=" and each.startswith({at!r}) for each in arguments):
    os.execv({git!r}, ["git", *arguments])
if {at!r} == "--batch":
    process = subprocess.Popen(
        [{git!r}, *arguments], stdin=subprocess.PIPE, bufsize=0
    )
    process.stdin.write(sys.stdin.buffer.readline())
    sys.stdin.buffer.readline()
stop()
"""
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)


@dataclass(frozen=True, slots=True)
class Stage:
    """Start scans of `tree` whose Git stops, and interrupt them then."""

    tree: Path
    tools: Path

    def environment(self, at: str) -> dict[str, str]:
        """Put a Git first that stops at the argument `at`; where it ends with `=`, at its start."""
        self.tools.mkdir()
        os.mkfifo(self.tools / "meeting")
        git = self.tools / "git"
        text = STOPPING_GIT.format(
            python=sys.executable,
            at=at,
            git=shutil.which("git"),
            meeting=str(self.tools / "meeting"),
        )
        git.write_text(text, encoding="utf-8")
        git.chmod(0o755)
        return {**os.environ, "PATH": f"{self.tools}:{os.environ['PATH']}"}

    def start(self, at: str, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-m", "bedrock_key_guard", *arguments],
            cwd=self.tree,
            env=self.environment(at),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def met(self) -> int:
        """Wait until Git stops, and return its process."""
        meeting = os.open(self.tools / "meeting", os.O_RDONLY | os.O_NONBLOCK)
        waiting = select.poll()
        waiting.register(meeting, select.POLLIN)
        assert waiting.poll(30_000), "Git was never called that way"
        with os.fdopen(meeting) as said:
            os.set_blocking(meeting, True)
            return int(said.read())


@pytest.fixture
def stage(tree: Path, tmp_path: Path) -> Stage:
    repo = new_repo(tree)
    # So much that the scan starts processes to search it.
    repo.commit("nothing", large__txt="nothing\n" * 300_000)
    repo.commit("first", a__txt=FIRST)
    repo.commit("second", b__txt=SECOND)
    return Stage(tree, tmp_path / "tools")


def is_gone(process: int) -> bool:
    """Tell whether a process has ended; one that nobody has asked about yet has, too."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def ended(process: subprocess.Popen[bytes]) -> tuple[str, str]:
    out, err = process.communicate(timeout=60)
    said = err.decode()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    return out.decode(), said


def alone(process: subprocess.Popen[bytes], number: int) -> None:
    os.kill(process.pid, number)


def all_of_the_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Interrupt as a terminal does."""
    os.killpg(process.pid, number)


STOPS = (
    # While objects are searched for the starts of keys, and while they are listed.
    ("--batch=", ("--history",), {0}),
    ("--batch-all-objects", ("--history",), {0}),
    # While missing ones are looked for, at the same time.
    ("--missing=print", ("--history",), {0, 1, 2}),
    # While those with keys are read, one by one, of a range the commits first.
    ("--batch", ("--history",), {1}),
    ("--batch", ("--range", "HEAD"), {0}),
    # While commits are looked for that introduced them.
    ("--raw", ("--history",), {2}),
    ("ls-files", (), {0}),
)
WAYS = tuple(product((alone, all_of_the_group), (signal.SIGINT, signal.SIGTERM)))
INTERRUPTIONS = [(*way, *stop) for stop, way in product(STOPS, WAYS)]


def in_turn(row: object) -> bool:
    """Choose every way at the first stop, and one way, each in its turn, at the others."""
    stop, way = divmod(INTERRUPTIONS.index(row), len(WAYS))  # type: ignore[arg-type]  # one of them
    return stop in {0, way, way + len(WAYS)}


@pytest.mark.parametrize(
    ("interrupt", "number", "at", "arguments", "found"), sweep(INTERRUPTIONS, quick=in_turn)
)
def test_what_was_found_until_then_is_reported(
    stage: Stage,
    interrupt: Callable[[subprocess.Popen[bytes], int], None],
    number: int,
    at: str,
    arguments: tuple[str, ...],
    found: set[int],
) -> None:
    process = stage.start(at, "scan", *arguments, "--format", "json", ".")
    git = stage.met()
    interrupt(process, number)
    out, said = ended(process)
    assert said == ""
    report: dict[str, Any] = json.loads(out)
    assert report["complete"] is False
    assert any("interrupted" in each["reason"] for each in report["not_scanned"])
    assert len(report["incidents"]) in found
    assert is_gone(git)


@SIGNALS
def test_what_files_hold_that_were_read_until_then_is_reported(stage: Stage, number: int) -> None:
    repo = Repo(stage.tree)
    repo.git("repack", "-adq")
    pack = next((stage.tree / ".git" / "objects" / "pack").glob("*.pack"))
    repo.commit("read last", z__pack=pack.read_bytes())
    process = stage.start("index-pack", "scan", "--format", "json", ".")
    git = stage.met()
    alone(process, number)
    out, _ = ended(process)
    report = json.loads(out)
    assert report["complete"] is False
    places = [each["path"] for case in report["incidents"] for each in case["locations"]]
    assert sorted(places) == ["a.txt", "b.txt"]
    assert is_gone(git)


def test_people_are_told_too(stage: Stage) -> None:
    process = stage.start("--batch", "scan", "--history", ".")
    stage.met()
    alone(process, signal.SIGINT)
    out, said = ended(process)
    assert "interrupted before all was read" in out
    assert "1 key: 1 not checked" in out
    assert "INCOMPLETE" in out
    assert said == ""


def test_an_interrupted_scan_of_the_action_asks_and_changes_nothing(
    stage: Stage, host: Host, sandbox: Sandbox
) -> None:
    job = host.job(settings=stage.environment("--batch"), python=(sys.executable,))
    process = job.start()
    stage.met()
    all_of_the_group(process, signal.SIGINT)
    ended(process)
    assert (job.outputs["result"], job.outputs["findings"]) == ("findings", "1")
    assert verdicts(job.report) == [None]
    assert job.report["complete"] is False
    assert (sandbox.calls(), sandbox.bedrock.log.calls()) == ((), ())
    assert host.github.exchanges == []
