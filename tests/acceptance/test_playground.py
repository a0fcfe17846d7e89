"""Play in the sandbox as a person does: in its shell, by one command, or from another shell."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.front.job import REPOSITORY
from sandbox.playground.__main__ import ENDING, main
from sandbox.playground.playground import open_playground
from tests.doors import warm
from tests.jobs import ROOT
from tests.sweeps import sweep

PLAYGROUND = (sys.executable, "-m", "sandbox.playground")
NOISE = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_PROFILE": "nobody",
    "GIT_DIR": "/nonexistent",
    "GITHUB_ACTIONS": "true",
    "GITHUB_TOKEN": "nobody",
    "REQUESTS_CA_BUNDLE": "/nonexistent",
}
# The first command is the one of the playground; those after it sit no waiting out.
ROUND = """
ask() { $GUARD "$@" --format json > "$KEPT/$name"; echo "$name $?"; }
GUARD=bedrock-key-guard
name=files; ask verify
GUARD=$HURRIED
name=history; ask verify --history
name=token; ask verify chat.py
name=usage; ask timeline
name=response; ask respond --yes
name=dead; ask verify
$GUARD restore --yes > "$KEPT/restored"; echo "restored $?"
name=again; ask verify
pwd > "$KEPT/folder"
"""


def playing(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PLAYGROUND, "--", *command],
        cwd=ROOT,
        env=os.environ | NOISE | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give what the commands of one round have written."""
    folder = tmp_path_factory.mktemp("kept")
    done = playing("sh", "-c", ROUND, KEPT=str(folder), HURRIED=shlex.join(warm()))
    assert done.returncode == 0, done.stderr
    (folder / "codes").write_text(done.stdout, encoding="utf-8")
    return folder


def incidents(kept: Path, name: str) -> dict[str, dict[str, Any]]:
    """Read what a command reported, by the places of the keys."""
    report = json.loads((kept / name).read_text(encoding="utf-8"))
    return {each["locations"][0]["path"]: each for each in report["incidents"]}


def states(kept: Path, name: str) -> dict[str, str]:
    return {path: each["verdict"]["state"] for path, each in incidents(kept, name).items()}


def test_each_key_gets_its_verdict(kept: Path) -> None:
    assert states(kept, "files") == {".env": "live"}
    assert states(kept, "token") == {"chat.py": "live"}
    assert states(kept, "history") == {
        ".env": "live",
        "run.sh": "dead",
        "tests/data.json": "rejected",
    }


def test_the_live_key_is_made_dead_and_given_back(kept: Path) -> None:
    outcome = incidents(kept, "response")[".env"]["outcome"]
    assert (outcome["action"], outcome["state"]) == ("disable", "done")
    assert states(kept, "dead") == {".env": "dead"}
    assert "is Active: its leaked key works again" in (kept / "restored").read_text()
    assert states(kept, "again") == {".env": "live"}


def test_the_timeline_shows_the_stranger_at_once(kept: Path) -> None:
    assert "198.51.100.7" in (kept / "usage").read_text(encoding="utf-8")


def test_every_command_ends_as_it_does_elsewhere(kept: Path) -> None:
    codes = dict(line.split() for line in (kept / "codes").read_text().splitlines())
    assert codes.pop("restored") == "0"
    assert set(codes.values()) == {"1"}


def test_nothing_of_the_playground_is_left(kept: Path) -> None:
    folder = Path((kept / "folder").read_text().strip())
    assert folder.is_absolute()
    assert not folder.parent.exists()


Playing = Callable[..., tuple[int, str, str]]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Playing]:
    """Open the playground in this process for a command: its code, and what both have said."""
    for name, value in NOISE.items():
        monkeypatch.setenv(name, value)
    before = {number: signal.getsignal(number) for number in ENDING}

    def playing(*command: str) -> tuple[int, str, str]:
        return main(["--", *command]), *capfd.readouterr()

    yield playing
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("command", "code"),
    [("exit 7", 7), ("kill -TERM $$", 143), ("exec /nonexistent", 127)],
)
def test_it_ends_with_the_code_of_its_command_and_says_nothing_itself(
    command: str, code: int, play: Playing
) -> None:
    assert play("sh", "-c", command)[:2] == (code, "")


def test_a_command_that_there_is_not_is_named(play: Playing) -> None:
    code, _, said = play("no-such-command")
    assert code == 127
    assert "no-such-command" in said


SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


@pytest.mark.parametrize(
    ("number", "code"), sweep(SIGNALS, quick=lambda row: row[0] == signal.SIGINT)
)
def test_another_shell_comes_in_by_what_is_printed_until_a_signal_ends_it(
    number: signal.Signals, code: int
) -> None:
    with subprocess.Popen(
        PLAYGROUND, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as waiting:
        assert waiting.stdout is not None
        lines: list[str] = []
        while not (lines and lines[-1].startswith("export no_proxy")):
            lines.append(waiting.stdout.readline())
        script = "".join(lines) + "pwd; exec bedrock-key-guard verify --format json"
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
        waiting.send_signal(number)
        assert waiting.wait(20) == code
    folder, _, report = done.stdout.partition("\n")
    assert [each["verdict"]["state"] for each in json.loads(report)["incidents"]] == ["live"]
    assert not Path(folder).exists()


def test_a_signal_ends_the_command_too(tmp_path: Path) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    script = f"trap '' TERM; pwd > '{started}'; sleep 60"
    with subprocess.Popen([*PLAYGROUND, "--", "sh", "-c", script], cwd=ROOT) as running:
        folder = Path(started.read_text().strip())
        assert folder.exists()
        running.terminate()
        assert running.wait(20) == 143
    assert not folder.exists()


def test_a_terminal_gets_a_shell_in_the_scratch_repository() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        PLAYGROUND,
        cwd=ROOT,
        env=os.environ | {"SHELL": shutil.which("sh") or "", "ENV": "/dev/null"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as running:
        os.close(theirs)
        os.write(ours, b"pwd; command -v bedrock-key-guard; echo region=$AWS_REGION; exit 3\n")
        shown = _read_all(ours)
        assert running.wait(20) == 0
    assert "Type exit to leave" in shown
    assert re.search(r"/bedrock-key-guard-\w+/shop\r$", shown, re.MULTILINE)
    assert re.search(r"/bedrock-key-guard-\w+/bin/bedrock-key-guard\r$", shown, re.MULTILINE)
    assert "region=us-east-1" in shown


def _read_all(terminal: int) -> str:
    """Read until nobody has the other end open, which Linux says with EIO."""
    parts = []
    try:
        while part := os.read(terminal, 4096):
            parts.append(part)
    except OSError:
        pass
    os.close(terminal)
    return b"".join(parts).decode()


@pytest.mark.long
def test_the_action_runs_there_and_tells_github() -> None:
    with open_playground() as playground:
        done = subprocess.run(
            ["bedrock-key-guard-action"],
            cwd=playground.repository,
            env=playground.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        issues = playground.github.issues(REPOSITORY)
    assert done.returncode == 1, done.stdout + done.stderr
    (issue,) = issues
    assert "Bedrock refuses this key now." in issue["body"]
