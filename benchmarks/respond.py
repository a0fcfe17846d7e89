"""Measure how long a leaked key lives once a response has begun, and how many are answered at once.

python -m benchmarks.respond [--repeats N]

AWS and Bedrock are the sandbox's, on loopback, with 200 ms added to every call: what is measured is
how the guard waits, not how fast anybody's network is. A run confirms for fifteen seconds that its
keys are dead, all of them at once: the ratio of two hundred keys to one says so.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from sandbox.base.faults import Delay
from sandbox.front.sandbox import GUARD_USER, Sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

_SECONDS = 0.2
_HUB = "111122223333"
_MEMBERS = tuple(f"2222222222{number:02}" for number in range(19))
_ROLE = "BedrockKeyGuard"
_GUARD = (sys.executable, "-I", "-m", "bedrock_key_guard", "respond", "--yes", "--format", "json")
_TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{_HUB}:user/{GUARD_USER}"},
        "Action": "sts:AssumeRole",
    },
}


@dataclass(frozen=True, slots=True)
class Answered:
    """Hold what one run took: seconds in all, and from each key's first probe to its refusal."""

    seconds: float
    to_dead: tuple[float, ...]


def main(argv: Sequence[str] | None = None) -> int:
    """Answer one key and two hundred, in turn, and print medians and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.respond", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="rounds (3)")
    repeats = parser.parse_args(argv).repeats
    runs: dict[tuple[int, int], list[Answered]] = {(1, 1): [], (20, 10): []}
    with Sandbox() as sandbox:
        for _ in range(repeats):
            for (accounts, keys), done in runs.items():
                done.append(_answer(sandbox, accounts, keys))
    Console(width=120).print(_drawn(runs))
    return 0


def _answer(sandbox: Sandbox, accounts: int, keys: int) -> Answered:
    """Leak some keys of each of some accounts, and answer them all in one run."""
    reached = (_HUB, *_MEMBERS)[:accounts]
    sandbox.reset(reached)
    for account in reached[1:]:
        sandbox.make_role(account, _ROLE, trust=_TRUST)
    leaked = [
        sandbox.make_long_term_key(account, f"user-{number}").key
        for account in reached
        for number in range(keys)
    ]
    with TemporaryDirectory() as folder:
        (Path(folder) / "leak.env").write_text("\n".join(leaked))
        for faults in (sandbox.aws_faults, sandbox.bedrock.faults):
            faults.add(Delay(_SECONDS), times=None)
        return _timed(sandbox, Path(folder), reached, len(leaked))


def _timed(sandbox: Sandbox, folder: Path, accounts: Sequence[str], keys: int) -> Answered:
    arguments = [
        *("--allowed-account-ids", ",".join(accounts), "--max-responses", str(keys)),
        *("--role-to-assume-template", f"arn:aws:iam::{{account_id}}:role/{_ROLE}", "."),
    ]
    environment = {**os.environ, **sandbox.environment(_HUB), "XDG_STATE_HOME": str(folder)}
    started = time.perf_counter()
    done = subprocess.run(
        [*_GUARD, *arguments], cwd=folder, env=environment, capture_output=True, check=False
    )
    seconds = time.perf_counter() - started
    outcomes = [incident["outcome"] for incident in json.loads(done.stdout)["incidents"]]
    dead = [each for each in outcomes if each["state"] == "done" and each["confirmed_dead"]]
    if len(dead) != keys:
        raise SystemExit(f"{len(dead)} of {keys} keys are dead: {outcomes[0]}")
    return Answered(seconds, tuple(each["seconds_to_dead"] for each in dead))


def _drawn(runs: dict[tuple[int, int], list[Answered]]) -> Table:
    table = Table("keys", "accounts", "median", "ratio", "from probe to refusal, at most")
    table.title = f"Answering live keys, {_SECONDS * 1000:.0f} ms added to every call"
    one = statistics.median(done.seconds for done in runs[1, 1])
    for (accounts, keys), done in runs.items():
        median = statistics.median(each.seconds for each in done)
        longest = max(second for each in done for second in each.to_dead)
        row = (str(accounts * keys), str(accounts), f"{median:.2f} s", f"{median / one:.2f}")
        table.add_row(*row, f"{longest:.1f} s")
    return table


if __name__ == "__main__":
    sys.exit(main())
