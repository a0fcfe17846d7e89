"""Kill the Action at every point at which it changes something, and run it again.

Whether the machine's disk has outlived the kill must make no difference: what AWS and GitHub say is
what the guard goes on from.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal

import pytest

from sandbox.base.faults import Drop
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from sandbox.github.github_faults import Fault
from sandbox.github.github_server import GitHubServer
from tests.jobs import ACCOUNT, HURRIED, REPOSITORY, Host, Job, guard, said
from tests.sweeps import sweep
from tests.traps import ambush

STORE = "secretsmanager:bedrock/leaked"
UPDATE = "iam:UpdateServiceSpecificCredential"
RESET = "iam:ResetServiceSpecificCredential"
PUT = "secretsmanager:PutSecretValue"


@dataclass(frozen=True, slots=True)
class Point:
    """Name a call during which the Action is killed.

    `after` such calls went by before; `lost` means that the call itself is never carried out, and
    `torn` that the ledger's last line was only half on disk.
    """

    name: str
    server: Literal["aws", "bedrock", "github"]
    call: str
    after: int = 0
    lost: bool = False
    torn: bool = False

    def __str__(self) -> str:
        return self.name


DISABLE = (
    Point("before the last probe", "bedrock", "", after=2, lost=True),
    Point("while the intent is written", "aws", UPDATE, lost=True, torn=True),
    Point("before the credential is Inactive", "aws", UPDATE, lost=True),
    Point("after the credential is Inactive", "aws", UPDATE),
    Point("while its death is confirmed", "bedrock", "", after=4),
    Point("while the result is written", "github", "", torn=True),
    Point("before GitHub is asked", "github", ""),
    Point("before the label is made", "github", "POST /labels", lost=True),
    Point("after the label is made", "github", "POST /labels"),
    Point("before the issue is opened", "github", "POST /issues", lost=True),
    Point("after the issue is opened", "github", "POST /issues"),
    Point("before it is looked for again", "github", "GET /issues", after=2),
)
# One of each kind: nothing is done yet, half of it is, all is but the last word.
USUAL = (
    "while the intent is written",
    "after the credential is Inactive",
    "after the key is new",
    "after the issue is opened",
)
RESETTING = (
    Point("after the store was tried", "aws", PUT),
    Point("after the credential is Inactive", "aws", UPDATE),
    Point("before the key is new", "aws", RESET, lost=True),
    Point("after the key is new", "aws", RESET),
    Point("before the new key is stored", "aws", PUT, after=1, lost=True),
    Point("after the new key is stored", "aws", PUT, after=1),
)


@pytest.fixture
def leaked(sandbox: Sandbox, leaked: LongTermKey, host: Host) -> LongTermKey:
    sandbox.client("secretsmanager", ACCOUNT).create_secret(Name="bedrock/leaked", SecretString="x")
    (host.workspace / ".env").write_text(f"TOKEN={leaked.key}\n", encoding="utf-8")
    return leaked


@dataclass
class Killer:
    """Kill a job at a point, and know whether it came to that."""

    sandbox: Sandbox
    github: GitHubServer
    patch: pytest.MonkeyPatch
    started: SimpleQueue[subprocess.Popen[bytes]] = field(default_factory=SimpleQueue)

    def run(self, job: Job, point: Point, **inputs: str) -> None:
        ambush(self.patch, *self._where(point), lambda: self._kill(point), after=point.after)
        victim = job.start(**inputs)
        self.started.put(victim)
        _, stderr = victim.communicate(timeout=60)
        self.patch.undo()
        assert victim.returncode == -signal.SIGKILL, stderr
        if point.torn:
            ledger = job.file("ledger", "jsonl")
            *whole, last = ledger.read_bytes().splitlines(keepends=True)
            ledger.write_bytes(b"".join(whole) + last[: len(last) // 2])

    def _where(self, point: Point) -> tuple[Any, Callable[[Any], bool]]:
        if point.server == "aws":
            return self.sandbox.aws_faults, lambda action: action == point.call
        if point.server == "bedrock":
            return self.sandbox.bedrock.faults, lambda _: True
        method, _, path = point.call.partition(" ")
        return self.github.faults, lambda r: r.method.startswith(method) and r.path.endswith(path)

    def _kill(self, point: Point) -> Drop | Fault | None:
        victim = self.started.get(timeout=60)
        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()
        if not point.lost:
            return None
        return Fault(drop=True) if point.server == "github" else Drop()


@pytest.fixture
def killer(sandbox: Sandbox, github: GitHubServer, leaked: LongTermKey) -> Iterator[Killer]:
    with pytest.MonkeyPatch.context() as patch:
        yield Killer(sandbox, github, patch)


@pytest.mark.parametrize(
    ("point", "disk"),
    # A line that is half on disk makes no difference where the disk is lost.
    sweep(
        [
            (point, disk)
            for point in DISABLE
            for disk in ("kept", "lost")
            if disk == "kept" or not point.torn
        ],
        quick=lambda row: row[0].name in USUAL,
    ),
    ids=str,
)
def test_a_killed_run_is_finished_by_the_next(
    killer: Killer, host: Host, point: Point, disk: str, leaked: LongTermKey, sandbox: Sandbox
) -> None:
    first = host.job("first", python=HURRIED)
    killer.run(first, point)
    second = first if disk == "kept" else host.job("second", python=HURRIED)
    done = second.run()
    assert (done.returncode, said(done)) == (1, "")
    assert sandbox.credential_status(ACCOUNT, leaked.credential_id) == "Inactive"
    (issue,) = host.github.issues(REPOSITORY)
    assert leaked.alias in issue["body"]
    assert second.outputs["issue-urls"] == f'["{issue["html_url"]}"]'
    assert [label["name"] for label in issue["labels"]] == ["leaked-credential"]


@pytest.mark.parametrize(
    "point", sweep(DISABLE[1:7], quick=lambda point: point.name in USUAL), ids=str
)
def test_what_a_killed_run_took_can_still_be_given_back(
    killer: Killer, host: Host, point: Point, leaked: LongTermKey, sandbox: Sandbox
) -> None:
    job = host.job(python=HURRIED)
    killer.run(job, point)
    job.run()
    # Each run has a folder of its own, and one of the two has made the change.
    ledgers = Path(job.environment["RUNNER_TEMP"]).glob("*/ledger*.jsonl")
    commands = [("restore", "--ledger", str(ledger)) for ledger in ledgers]
    codes = [guard(*each, cwd=job.folder, env=job.environment).returncode for each in commands]
    assert 0 in codes
    assert sandbox.credential_status(ACCOUNT, leaked.credential_id) == "Active"


@pytest.mark.parametrize(
    "point", sweep(RESETTING, quick=lambda point: point.name in USUAL), ids=str
)
def test_a_reset_that_is_killed_leaves_a_dead_key_and_one_credential(
    killer: Killer, host: Host, point: Point, leaked: LongTermKey, sandbox: Sandbox
) -> None:
    inputs = {"respond": "reset", "reset_store": STORE}
    killer.run(host.job("first", python=HURRIED), point, **inputs)
    done = host.job("second", python=HURRIED).run(**inputs)
    assert done.returncode == 1
    assert (
        said(done) == "A reset cannot be undone: each key that is proven live gets a new secret.\n"
    )
    assert sandbox.credential_status(ACCOUNT, leaked.credential_id) == "Inactive"
    listed = sandbox.client("iam", ACCOUNT).list_service_specific_credentials(
        UserName=leaked.user_name
    )
    assert len(listed["ServiceSpecificCredentials"]) == 1
    assert len(host.github.issues(REPOSITORY)) == 1


def test_a_run_that_was_not_killed_opens_its_issue_once(
    host: Host, leaked: LongTermKey, sandbox: Sandbox
) -> None:
    for name in ("first", "second", "third"):
        assert host.job(name, python=HURRIED).run().returncode == 1
    assert [call.action for call in sandbox.writes()] == [UPDATE]
    assert len(host.github.issues(REPOSITORY)) == 1
    posts = [request.path for request in host.github.requests("POST")]
    assert posts.count(f"/repos/{REPOSITORY}/issues") == 1


def test_two_runs_at_once_disable_once_and_leave_one_issue_open(
    host: Host, leaked: LongTermKey, sandbox: Sandbox
) -> None:
    jobs = [host.job(name, python=HURRIED).start() for name in ("first", "second")]
    for job in jobs:
        job.communicate(timeout=60)
        assert job.returncode == 1
    assert sandbox.credential_status(ACCOUNT, leaked.credential_id) == "Inactive"
    issues = host.github.issues(REPOSITORY)
    assert len([issue for issue in issues if issue["state"] == "open"]) == 1
    assert len({issue["number"] for issue in issues if issue["state_reason"] != "not_planned"}) == 1
