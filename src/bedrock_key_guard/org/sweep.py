"""Run the shards of a sweep side by side on this machine, each as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from bedrock_key_guard.org.shard import is_credential

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def scan_shards(plan: Path, rows: Sequence[Path], options: Sequence[str]) -> None:
    """Scan each shard of a plan to its file, without the credentials of AWS that are here.

    A shard that ends early leaves repositories without a row, which `reduce` names.
    """
    environment = {name: each for name, each in os.environ.items() if not is_credential(name)}
    children = [
        subprocess.Popen([*_command(plan, number, file, options)], env=environment)
        for number, file in enumerate(rows, 1)
    ]
    try:
        for child in children:
            child.wait()
    finally:
        for child in children:
            child.terminate()
            child.wait()


def _command(plan: Path, number: int, file: Path, options: Sequence[str]) -> Iterator[str]:
    yield from (sys.executable, "-I", "-m", "bedrock_key_guard", "org", "scan")
    yield from ("--plan", str(plan), "--shard", str(number), "--output", str(file), *options)
