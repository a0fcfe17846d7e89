"""A thousand repositories are swept whole, whatever happens to them and to the sweep."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs import ACCOUNT, HURRIED
from tests.leaks import status
from tests.organisations import CENTRAL, OWNER, organisation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.front.sandbox import Sandbox
    from tests.organisations import Hub

pytestmark = pytest.mark.long

REPOSITORIES, KEYS, HOLDERS = 1_000, 60, 40
BROKEN = [f"app-{number}" for number in range(100, 105)]
FORBIDDEN = [f"app-{number}" for number in range(200, 203)]
RENAMED, DELETED = "app-300", "app-301"
LARGEST = 250_000  # KB of any process, the one that asks AWS and sits no waiting out among them


# The children of a process of its own, and theirs: those of other tests do not count.
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""


def start(hub: Hub, *before: str) -> subprocess.Popen[bytes]:
    words = hub.sweep(
        "work", "--respond", "--yes", "--max-responses", "100", "--issue-repository", CENTRAL
    )
    return subprocess.Popen(
        [*before, *HURRIED, *words],
        cwd=hub.folder,
        env=hub.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def killed_once(hub: Hub, happened: Callable[[], bool]) -> None:
    """Sweep until something has happened, and kill all of it then."""
    sweep = start(hub)
    while not happened():
        assert sweep.poll() is None, "the sweep was over before it was to be killed"
        time.sleep(0.02)
    os.killpg(sweep.pid, signal.SIGKILL)
    sweep.communicate()


def rows(hub: Hub) -> int:
    return sum(file.read_bytes().count(b"\n") for file in (hub.folder / "work").glob("*.jsonl"))


def named(report: dict[str, Any]) -> set[str]:
    return {each["what"].removeprefix(f"{OWNER}/") for each in report["not_scanned"]}


def test_all_keys_are_found_once_and_dead_however_often_the_sweep_is_killed(
    tmp_path: Path, sandbox: Sandbox, home: Path
) -> None:
    keys = [sandbox.make_long_term_key(ACCOUNT, f"user-{number}") for number in range(KEYS)]
    with organisation(tmp_path, sandbox) as hub:
        hub.server.enforce_limits(time.time, 5_000).notices = ()
        hub.add_central()
        for number in range(REPOSITORIES - 1):
            held = keys[number::HOLDERS] if number < HOLDERS else []
            held += keys[:1] if number < 5 else []
            lines = "".join(f"KEY_{at}={key.key}\n" for at, key in enumerate(held))
            hub.add(f"app-{number}", **{"src.py": f"print({number})\n", "settings.env": lines})
        for name in BROKEN:
            hub.damage(name)
        for name in FORBIDDEN:
            hub.server.state.repositories[f"{OWNER}/{name}"].forbidden = True
        killed_once(hub, lambda: rows(hub) >= 100)
        hub.server.rename(f"{OWNER}/{RENAMED}", f"{OWNER}/renamed")
        del hub.server.state.repositories[f"{OWNER}/{DELETED}"]
        killed_once(hub, lambda: any(status(sandbox, key) == "Inactive" for key in keys))
        killed_once(hub, lambda: len(hub.server.issues(CENTRAL)) >= 3)
        peak = tmp_path / "peak"
        last = start(hub, sys.executable, "-I", "-c", MEASURED, str(peak))
        out, _ = last.communicate(timeout=900)
        report = json.loads(out)
        assert last.returncode == 1
        assert len(report["incidents"]) == KEYS
        assert {status(sandbox, key) for key in keys} == {"Inactive"}
        assert named(report) == {*BROKEN, *FORBIDDEN, DELETED}
        assert rows(hub) == REPOSITORIES
        issues = hub.server.issues(CENTRAL)
        assert len(issues) == KEYS == len({each["title"] + each["body"][:200] for each in issues})
    assert int(peak.read_text("utf-8")) < LARGEST
