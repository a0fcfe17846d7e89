"""Run the guard as the role of deploy/guard.yaml, with its policies or with one action fewer."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.errors import GuardError
from bedrock_key_guard.model.actions import CHANGES
from bedrock_key_guard.respond.undo import lift_all
from sandbox.base.wire import AwsCall
from sandbox.front.sandbox import Sandbox
from tests.cloudformation import DEPLOY, resources
from tests.iam_state import iam_state
from tests.jobs import ACCOUNT, guard, report_of, said
from tests.leaks import leak

ROLE = "BedrockKeyGuard"
HUB_ROLE = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
FEATURES = (
    *(action.__name__ for action in CHANGES.values()),
    *("Investigate", "Doctor", "MemberAccounts"),
)
_AFTER_EXPIRY = timedelta(hours=12, minutes=7)
_HARMLESS = ("sts:GetCallerIdentity",)  # needs no permission: STS API reference
_OBJECTS = ("UserName", "RoleName", "PolicyArn", "Status", "Name", "SecretId")

Policies = dict[str, list[dict[str, Any]]]


def deployed(*features: str, account: str = ACCOUNT) -> Policies:
    """Return the statements of each policy that the role has with these features switched on."""
    on = {name: str(name in features).lower() for name in FEATURES}
    made = resources(DEPLOY / "guard.yaml", HubRoleArn=HUB_ROLE, **on)
    text = json.dumps({n: r["Properties"] for n, r in made.items() if "Roles" in r["Properties"]})
    plain = json.loads(text.replace(ACCOUNT, account))
    return {name: each["PolicyDocument"]["Statement"] for name, each in plain.items()}


def quarantine() -> dict[str, Any]:
    """Return the policy that the template makes for the guard to attach."""
    made = resources(DEPLOY / "guard.yaml", HubRoleArn=HUB_ROLE)
    properties: dict[str, Any] = made["QuarantinePolicy"]["Properties"]
    return properties


def trust_in_hub() -> dict[str, Any]:
    """Return whom the template lets act as the guard in a member account."""
    made = resources(DEPLOY / "guard.yaml", HubRoleArn=HUB_ROLE)
    document: dict[str, Any] = made["Role"]["Properties"]["AssumeRolePolicyDocument"]
    return document


def actions_of(statement: dict[str, Any]) -> list[str]:
    """Return the actions of a statement, one or several."""
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)


def granted(policies: Policies) -> set[str]:
    """Return every action that the policies allow."""
    allowed = [s for each in policies.values() for s in each if s["Effect"] == "Allow"]
    return {action for statement in allowed for action in actions_of(statement)}


def without(policies: Policies, action: str) -> Policies:
    """Take one action away, wherever it is allowed."""

    def kept(statements: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for statement in statements:
            left = [each for each in actions_of(statement) if each != action]
            if statement["Effect"] == "Deny":
                yield statement
            elif left:
                yield {**statement, "Action": left}

    return {name: list(kept(statements)) for name, statements in policies.items()}


@dataclass(frozen=True, slots=True)
class Leaked:
    """Hold leaked keys, and keys that have to work whatever happens."""

    keys: tuple[str, ...]
    spared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """Hold one thing that the guard is deployed for, and every action that it needs for it.

    `undo` is the command that comes after, `members` are accounts that have the role as well, with
    the policies of `features` there.
    """

    name: str
    features: tuple[str, ...]
    make: Callable[[Sandbox], Leaked]
    command: tuple[str, ...]
    needs: frozenset[str]
    undo: str = ""
    outcome: str | None = "done"
    members: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Name the scenario in the name of a test."""
        return self.name


@dataclass(slots=True)
class Played:
    """Hold what a scenario came to: `reasons` is what people are told, `told` every word."""

    incidents: list[dict[str, Any]] = field(default_factory=list)
    reasons: str = ""
    told: str = ""
    called: set[str] = field(default_factory=set)
    writes: Counter[tuple[str, ...]] = field(default_factory=Counter)
    is_as_before: bool = True

    @property
    def outcomes(self) -> list[str | None]:
        """Return what became of each incident."""
        return [(each["outcome"] or {}).get("state") for each in self.incidents]


def install(sandbox: Sandbox, policies: Policies, account: str = ACCOUNT) -> None:
    """Attach these policies to the guard's role in an account, and no other."""
    iam = sandbox.client("iam", account)
    for name, statements in policies.items():
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": statements})
            made = iam.create_policy(PolicyName=name, PolicyDocument=document)
            iam.attach_role_policy(RoleName=ROLE, PolicyArn=made["Policy"]["Arn"])


def play(scenario: Scenario, sandbox: Sandbox, folder: Path, environment: dict[str, str]) -> Played:
    """Run the command of a scenario, and what undoes it, under the policies that are installed."""
    played, ledger = Played(), folder.parent / "ledger.jsonl"
    ledger.unlink(missing_ok=True)
    before = iam_state(sandbox, ACCOUNT)
    writes = ("--ledger", str(ledger)) if scenario.command[0] == "respond" else ()
    with sandbox.enforced():
        done = guard(
            *(*scenario.command, *writes, "--format", "json", "."),
            cwd=folder,
            env=environment,
            hurried=True,
        )
        assert done.returncode in (0, 1, 4), said(done)
        played.incidents = report_of(done)["incidents"]
        played.told = done.stdout.decode()
        played.reasons = said(done) + "\n".join(_reasons(played.incidents))
        if ledger.exists() and scenario.undo == "restore":
            undone = guard("restore", "--ledger", str(ledger), cwd=folder, env=environment)
            assert undone.returncode in (0, 4), said(undone)
            played.reasons += undone.stdout.decode() + said(undone)
        if ledger.exists() and scenario.undo.startswith("lift"):
            search = scenario.undo.endswith("--search")
            played.reasons += _lifted(ledger, environment, search=search)
    played.told += played.reasons
    played.is_as_before = iam_state(sandbox, ACCOUNT) == before
    calls = [call for call in sandbox.calls() if "bedrock-key-guard/" in call.user_agent]
    played.called = {call.action for call in calls} - set(_HARMLESS)
    played.writes = Counter(_write(call) for call in calls if call.writes)
    return played


def answers(
    scenario: Scenario, policies: Policies, sandbox: Sandbox, folder: Path
) -> tuple[Played, Leaked]:
    """Deploy the guard with these policies, leak, and play a scenario."""
    accounts = (ACCOUNT, *scenario.members)
    sandbox.reset(accounts)
    if scenario.members:
        sandbox.organize(ACCOUNT, members=dict.fromkeys(scenario.members, "ACTIVE"))
    leaked = scenario.make(sandbox)
    leak(folder, *leaked.keys)
    iam = sandbox.client("iam", ACCOUNT)
    made = quarantine()
    iam.create_policy(
        PolicyName=made["ManagedPolicyName"], PolicyDocument=json.dumps(made["PolicyDocument"])
    )
    sandbox.make_role(ACCOUNT, ROLE, permissions=False)
    install(sandbox, policies)
    for member in scenario.members:
        sandbox.make_role(member, ROLE, permissions=False, trust=trust_in_hub())
        install(sandbox, deployed("Disable", account=member), member)
    environment = {**os.environ, **sandbox.environment(ACCOUNT, role=ROLE)}
    return play(scenario, sandbox, folder, environment), leaked


def _lifted(ledger: Path, environment: dict[str, str], *, search: bool) -> str:
    """Lift in this process, whose clock can be told to be past the last key's end."""
    now = datetime.now(timezone.utc) + _AFTER_EXPIRY
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment.items():
            patched.setenv(name, value)
        try:
            done = lift_all(ledger, environment, now, search=search, dry_run=False)
        except GuardError as error:
            return f"{error} {error.remedy}"
    return "\n".join(f"{outcome.state}: {outcome.reason}" for _, outcome in done)


def _reasons(incidents: Iterable[dict[str, Any]]) -> Iterator[str]:
    for incident in incidents:
        for part in ("verdict", "outcome"):
            yield str((incident[part] or {}).get("reason"))
        yield json.dumps(incident["usage"])


def _write(call: AwsCall) -> tuple[str, ...]:
    """Name a change, and leave out what differs from one run to the next: ids and times."""
    return (call.action, *(f"{name}={call.parameter(name)}" for name in _OBJECTS))
