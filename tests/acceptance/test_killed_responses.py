"""Kill the command at every write of every response, and run it again with or without its disk.

Whatever was lost, the second run ends where one that nobody killed would have, and AWS carries each
change out once.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass
from queue import SimpleQueue

import pytest

from sandbox.base.fault_plan import is_write
from sandbox.base.faults import Interrupt
from sandbox.front.leaks import forged
from sandbox.front.sandbox import Sandbox
from tests.answers import Answering
from tests.iam_state import iam_state
from tests.jobs import ACCOUNT, HURRIED
from tests.leakers import CONSOLE, Leak, Making, by_role, by_user_session, iam_of, long_term
from tests.leaks import leak
from tests.planes import asked
from tests.sweeps import sweep


def with_two_policies(sandbox: Sandbox) -> Leak:
    made = long_term(CONSOLE, beside=False)(sandbox)
    more = "arn:aws:iam::aws:policy/AmazonBedrockFullAccess"
    iam_of(sandbox).attach_user_policy(UserName=CONSOLE, PolicyArn=more)
    return made


@dataclass(frozen=True, slots=True)
class Way:
    """Name a response and how many writes it makes, all of which can be a run's last."""

    name: str
    make: Making
    options: tuple[str, ...]
    writes: int

    def __str__(self) -> str:
        return self.name


WAYS = (
    Way("disable", long_term(CONSOLE), ("--action", "disable"), 1),
    Way("delete", long_term(CONSOLE), ("--action", "delete"), 2),
    Way("strip-policies", with_two_policies, ("--action", "strip-policies"), 2),
    Way("quarantine", by_role, ("--short-term", "quarantine"), 1),
    Way("revoke-sessions of a role", by_role, ("--short-term", "revoke-sessions"), 1),
    Way("revoke-sessions of a user", by_user_session, ("--short-term", "revoke-sessions"), 1),
)


def killed(answering: Answering, options: tuple[str, ...], number: int, *, done: bool) -> None:
    """Run the command until it makes a write, and kill it before or after AWS carries that out."""
    started: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()

    def kill() -> None:
        victim = started.get(timeout=60)
        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()

    interrupt = Interrupt(kill, carried_out=done)
    answering.sandbox.aws_faults.add(interrupt, on=is_write, after=number, times=1)
    ledger = ("--ledger", str(answering.ledger))
    victim = subprocess.Popen(
        [*HURRIED, "respond", "--yes", *options, *ledger, "."],
        cwd=answering.tree,
        env=answering.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    started.put(victim)
    _, stderr = victim.communicate(timeout=60)
    assert victim.returncode == -signal.SIGKILL, stderr
    answering.sandbox.aws_faults.clear()


def carried_out(sandbox: Sandbox) -> Counter[str]:
    """Count what the guard changed, by what it did to whom."""
    events = sandbox.trail.events(ACCOUNT, "us-east-1")
    records = (event.record() for event in events)
    return Counter(
        f"{record['eventName']} {record['requestParameters']}"
        for record in records
        if "bedrock-key-guard/" in record["userAgent"]
        and not record.get("readOnly")
        and record["eventSource"] == "iam.amazonaws.com"
        and "errorCode" not in record
    )


@pytest.mark.parametrize("disk", ["kept", "lost"])
@pytest.mark.parametrize("done", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize(
    ("way", "number"),
    sweep(
        [(way, number) for way in WAYS for number in range(way.writes)],
        quick=lambda row: row[0].name in ("disable", "quarantine"),
    ),
    ids=str,
)
def test_a_killed_response_is_ended_by_the_next_run(
    answering: Answering, way: Way, number: int, done: bool, disk: str
) -> None:
    sandbox = answering.sandbox
    made = way.make(sandbox)
    leak(answering.tree, made.key)
    killed(answering, way.options, number, done=done)
    if disk == "lost":
        answering.ledger.unlink()
    answering.respond(*way.options)
    changes = carried_out(sandbox)
    assert set(asked(sandbox, made.key)) <= {"refused", "denied"}
    assert sum(changes.values()) == way.writes, changes
    assert set(changes.values()) == {1}, changes
    state, writes = iam_state(sandbox, ACCOUNT), sandbox.writes()
    answering.respond(*way.options)
    assert (iam_state(sandbox, ACCOUNT), sandbox.writes()) == (state, writes)


@pytest.mark.parametrize(
    "way", sweep(WAYS[2:], quick=lambda way: way.name == "quarantine"), ids=str
)
def test_what_a_killed_run_took_is_given_back(answering: Answering, way: Way) -> None:
    sandbox = answering.sandbox
    made = way.make(sandbox)
    leak(answering.tree, made.key)
    before = iam_state(sandbox, ACCOUNT)
    killed(answering, way.options, way.writes - 1, done=True)
    answering.respond(*way.options)
    answering.command("restore")
    assert iam_state(sandbox, ACCOUNT) == before


def test_another_key_of_the_same_alias_ends_no_delete(answering: Answering) -> None:
    """What an earlier run proved, it proved of one key."""
    sandbox = answering.sandbox
    made = long_term(CONSOLE, beside=False)(sandbox)
    leak(answering.tree, made.key)
    killed(answering, ("--action", "delete"), 1, done=False)
    leak(answering.tree, forged(made.key))
    writes = sandbox.writes()
    answered = answering.respond("--action", "delete")
    assert answered["verdict"]["state"] == "dead"
    assert answered["outcome"]["state"] == "not-needed"
    assert sandbox.writes() == writes
