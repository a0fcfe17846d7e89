"""Go through the guard's doors as people do: each in a process of its own, isolated.

Each is a process that has imported what it needs already, see warm.py.
"""

from __future__ import annotations

import atexit
import functools
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

HURRY = Path(__file__).with_name("hurry.py")
HURRIED = (sys.executable, "-I", str(HURRY))
WARM = Path(__file__).with_name("warm.py")
HOOK = "from bedrock_key_guard.hook import run; run()"
PLUGIN = "from bedrock_key_guard.plugin import main; raise SystemExit(main())"
TEMPORARY = tempfile.gettempdir()  # the usual one: the path of a socket has to be short
_PLACE = re.compile(r"(\S.*):(\d+):(\d+)")
_FINGERPRINT = re.compile(r"    fingerprint ([0-9a-f]{12})")

Done = subprocess.CompletedProcess[str]
Places = frozenset[tuple[str, int, int, str]]


def command(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
    return _run("-m", "bedrock_key_guard", *arguments, cwd=cwd, env=env)


def hook(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
    return _run("-c", HOOK, *arguments, cwd=cwd, env=env)


def detect_secrets(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
    """Run the wrapper around detect-secrets."""
    return _run("-c", PLUGIN, *arguments, cwd=cwd, env=env)


def plain_detect_secrets(*arguments: str, cwd: Path) -> Done:
    """Run detect-secrets itself, which the wrapper has no part in."""
    return _run("-m", "detect_secrets", *arguments, cwd=cwd)


@functools.cache
def warm() -> tuple[str, ...]:
    """Return how to start a hurried run as a fork of one process, which ends with this one."""
    folder = tempfile.mkdtemp(dir=TEMPORARY)
    path = str(Path(folder) / "door")
    server = subprocess.Popen(
        [*HURRIED, "--serve", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    atexit.register(shutil.rmtree, folder)
    atexit.register(server.communicate)
    assert server.stdout
    assert server.stdout.readline()
    return (sys.executable, "-I", "-S", str(WARM), path, str(HURRY))


def places_in_json(report: str) -> Places:
    """Return path, line, column and short fingerprint of all that a JSON report shows."""
    incidents: list[dict[str, Any]] = json.loads(report)["incidents"]
    return frozenset(
        (each["path"], each["line"], each["column"], incident["fingerprint"][:12])
        for incident in incidents
        for each in incident["locations"]
    )


def places_in_text(explanation: str) -> Places:
    """Return the same from what a hook tells a developer whose commit it blocked."""
    places: set[tuple[str, int, int, str]] = set()
    above: list[tuple[str, int, int]] = []
    for line in explanation.splitlines():
        if place := _PLACE.fullmatch(line):
            above.append((place[1], int(place[2]), int(place[3])))
        elif fingerprint := _FINGERPRINT.fullmatch(line):
            places.update((*where, fingerprint[1]) for where in above)
            above = []
    return frozenset(places)


def _run(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
    return subprocess.run(
        [*warm(), *arguments],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="backslashreplace",
        timeout=120,
        check=False,
    )


def git(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
    """Run the developer's own Git; a hook's refusal is for the caller to look at."""
    return subprocess.run(
        ["git", *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
