"""Run the shards of a sweep side by side on this machine, each as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.org.shard import is_credential

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

# Seconds between two looks at what is done, and between two tables of it.
_LOOK, _BETWEEN = 0.2, 10.0
_COLUMNS = ("shard", "repositories", "read", "not read", "left", "places of keys")


@dataclass(frozen=True, slots=True)
class Shard:
    """Name the file that a shard of so many repositories writes its rows to."""

    number: int
    repositories: int
    rows: Path

    def progress(self) -> tuple[int, ...]:
        """Return how far it is, in the order of the table; rows are counted, and not parsed."""
        text = self.rows.read_bytes() if self.rows.exists() else b""
        done, read = text.count(b"\n"), text.count(b'"state":"read"')
        keys = text.count(b'"confidence":"exact"')
        return self.number, self.repositories, read, done - read, self.repositories - done, keys


def scan_shards(
    plan: Path, shards: Sequence[Shard], options: Sequence[str], show: Callable[[str], object]
) -> None:
    """Scan each shard of a plan to its file, without the credentials of AWS that are here.

    `show` gets a table of the progress every ten seconds, and the last. A shard that ends early
    leaves repositories without a row, which `reduce` names.
    """
    environment = {name: each for name, each in os.environ.items() if not is_credential(name)}
    children = [
        subprocess.Popen([*_command(plan, each, options)], env=environment) for each in shards
    ]
    try:
        _wait(children, lambda: show(table(each.progress() for each in shards)))
    finally:
        for child in children:
            child.terminate()
            child.wait()


def _wait(children: Sequence[subprocess.Popen[bytes]], tell: Callable[[], object]) -> None:
    told = time.monotonic()
    while any(child.poll() is None for child in children):
        time.sleep(_LOOK)
        if time.monotonic() - told >= _BETWEEN:
            tell()
            told = time.monotonic()
    tell()


def table(rows: Iterable[tuple[int, ...]]) -> str:
    """Return the progress of shards as lines of equal columns."""
    lines = [_COLUMNS, *(tuple(f"{number:,}" for number in row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True))
        for line in lines
    )


def _command(plan: Path, shard: Shard, options: Sequence[str]) -> Iterator[str]:
    yield from (sys.executable, "-I", "-m", "bedrock_key_guard", "org", "--quiet", "scan")
    yield from ("--plan", str(plan), "--shard", str(shard.number), "--output", str(shard.rows))
    yield from options
