"""Have programs write keys, and scan with the real command what they wrote, once for all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.doors import command
from tests.hiding.hidden import LONG, SHORT, key_of
from tests.keysmith import fingerprint_of

Write = Callable[[Path, str], bytes]
FAMILIES = (LONG, SHORT)
_SECONDS = 300


def run(
    *words: str, cwd: Path, data: bytes | None = None, env: Mapping[str, str] | None = None
) -> bytes:
    """Return what a program writes. Skips the test where the program is missing."""
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    environment = {**os.environ, **(env or {})}
    return subprocess.run(
        words,
        cwd=cwd,
        capture_output=True,
        check=True,
        input=data,
        env=environment,
        timeout=_SECONDS,
    ).stdout


def library(name: str) -> Any:
    """Return a module. Skips the test where it is not installed."""
    return pytest.importorskip(name, exc_type=ImportError)


@dataclass(frozen=True, slots=True)
class Written:
    """Hold why a program wrote nothing, whose keys are in which file, and what is unopened."""

    names: tuple[str, ...]
    skipped: Mapping[str, str]
    found: Mapping[str, set[str]]
    unopened: str

    def has_whole(self, name: str, family: str) -> bool:
        """Return whether its key, and no other, is found in what a program wrote.

        Skips the test where it wrote nothing.
        """
        if name in self.skipped:
            pytest.skip(self.skipped[name])
        found = self.found.get(_path(self.names, name, family))
        return found == {fingerprint_of(key_of(name, family))}

    def is_unopened(self, name: str, family: str) -> bool:
        return _path(self.names, name, family) in self.unopened


def written(programs: Mapping[str, Write], folders: pytest.TempPathFactory) -> Written:
    """Have every program write a key of each family, and scan it all."""
    out, names = folders.mktemp("written"), tuple(programs)
    skipped: dict[str, str] = {}
    for name, family in product(names, FAMILIES):
        file = out / _path(names, name, family)
        if missing := _write(programs[name], folders.mktemp("program"), name, family, file):
            skipped[name] = missing
    done = command("scan", "--format", "json", "--fail-on", "none", ".", cwd=out)
    report = json.loads(done.stdout)
    found: dict[str, set[str]] = {}
    for incident in report["incidents"]:
        for place in incident["locations"]:
            if incident["confidence"] == "exact":
                found.setdefault(place["path"], set()).add(incident["fingerprint"])
    unopened = " ".join(each["what"] for each in report["not_scanned"])
    return Written(names, skipped, found, unopened)


def _write(write: Write, folder: Path, name: str, family: str, file: Path) -> str:
    """Have one program write; return why it could not, or ""."""
    try:
        file.write_bytes(write(folder, key_of(name, family)))
    except pytest.skip.Exception as reason:
        return str(reason)
    return ""


def _path(names: tuple[str, ...], name: str, family: str) -> str:
    return f"{names.index(name):02}-{family}.out"
