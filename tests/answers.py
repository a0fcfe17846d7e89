"""Answer leaked keys with the command line, in a tree that has a ledger beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.front.sandbox import Sandbox
from tests.jobs import guard, report_of, said


@dataclass(frozen=True, slots=True)
class Answering:
    """Answer what is leaked in `tree`, and keep the ledger beside it."""

    tree: Path
    sandbox: Sandbox
    environment: dict[str, str]

    @property
    def ledger(self) -> Path:
        return self.tree.parent / "state" / "ledger.jsonl"

    def respond(self, *options: str) -> dict[str, Any]:
        ledger = ("--ledger", str(self.ledger))
        arguments = ("respond", *options, *ledger, "--format", "json", ".")
        done = guard(*arguments, cwd=self.tree, env=self.environment, hurried=True)
        assert done.returncode == 1, said(done)
        (incident,) = report_of(done)["incidents"]
        return dict(incident)

    def command(self, *words: str) -> str:
        done = guard(*words, "--ledger", str(self.ledger), cwd=self.tree, env=self.environment)
        assert done.returncode == 0, done
        return done.stdout.decode()
