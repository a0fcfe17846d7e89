"""Run the guard under exactly the policies of deploy/guard.yaml, and with any one action fewer.

With all of them every feature works to its end, and back. With one fewer nothing breaks: the guard
does less of the same, and says which action it missed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from botocore.credentials import Credentials

from bedrock_key_guard.model.actions import (
    SEARCH,
    Delete,
    Disable,
    Quarantine,
    Remediation,
    Reset,
    RevokeSessions,
    StripPolicies,
)
from sandbox.front import signers
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import DENY_BOTH_PLANES
from tests import keysmith
from tests.jobs import ACCOUNT
from tests.leakers import CONSOLE, role_session, signed
from tests.planes import asked
from tests.privileges import Leaked, Played, Scenario, answers, deployed, granted, without
from tests.sweeps import sweep

MEMBER = "222222222201"
OLD_ID = "AKIAIOSFODNN7EXAMPLE"
LIST, TRAIL = "iam:ListServiceSpecificCredentials", "cloudtrail:LookupEvents"
DENIED = DENY_BOTH_PLANES["Statement"]
WORKS = ("accepted", "accepted")


# ── who leaks ───────────────────────────────────────────────────────────────────────────────────


def of_console_user(sandbox: Sandbox) -> Leaked:
    leaked = sandbox.make_long_term_key(ACCOUNT, CONSOLE)
    return Leaked((leaked.key,), (sandbox.make_long_term_key(ACCOUNT, "other").key,))


def by_role(sandbox: Sandbox) -> Leaked:
    leaked = signed(sandbox, role_session(sandbox, "ml-pipeline", "run-7"))
    return Leaked((leaked,), (signed(sandbox, role_session(sandbox, "web", "run-7")),))


def by_user(sandbox: Sandbox) -> Leaked:
    leaked = signed(sandbox, signers.user(sandbox, ACCOUNT, "dev"))
    return Leaked((leaked,), (signed(sandbox, signers.user(sandbox, ACCOUNT, "other")),))


def by_user_session(sandbox: Sandbox) -> Leaked:
    leaked = signed(sandbox, signers.user_session(sandbox, ACCOUNT, "sam"))
    return Leaked((leaked,), (signed(sandbox, signers.user(sandbox, ACCOUNT, "sam")),))


def by_old_access_key(sandbox: Sandbox) -> Leaked:
    """Leak a key whose access key id is of the generation that does not hold the account."""
    forged = keysmith.short_term(credentials=Credentials(OLD_ID, "EXAMPLE-not-a-real-secret"))
    return Leaked((forged,), (sandbox.make_long_term_key(ACCOUNT, "other").key,))


def denied_in_two_policies(sandbox: Sandbox, kind: str, name: str) -> None:
    """Deny one plane in a managed policy and the other in an inline one: each has to be read."""
    iam = sandbox.client("iam", ACCOUNT)
    first, second = (
        json.dumps({"Version": "2012-10-17", "Statement": {**DENIED, "Action": action}})
        for action in DENIED["Action"]
    )
    policy = iam.create_policy(PolicyName="first", PolicyDocument=first)["Policy"]["Arn"]
    holder = {f"{kind.title()}Name": name}
    getattr(iam, f"attach_{kind}_policy")(**holder, PolicyArn=policy)
    getattr(iam, f"put_{kind}_policy")(**holder, PolicyName="second", PolicyDocument=second)


def of_a_denied_user(sandbox: Sandbox) -> Leaked:
    made = of_console_user(sandbox)
    denied_in_two_policies(sandbox, "user", CONSOLE)
    return made


def by_a_denied_role(sandbox: Sandbox) -> Leaked:
    made = by_role(sandbox)
    denied_in_two_policies(sandbox, "role", "ml-pipeline")
    return made


def of_two_accounts(sandbox: Sandbox) -> Leaked:
    keys = [sandbox.make_long_term_key(account, "dev").key for account in (ACCOUNT, MEMBER)]
    return Leaked(tuple(keys), (sandbox.make_long_term_key(MEMBER, "other").key,))


# ── what the guard is deployed for ──────────────────────────────────────────────────────────────


def respond(*options: str) -> tuple[str, ...]:
    return ("respond", *options)


def reset_into(store: str) -> tuple[str, ...]:
    return respond("--action", "reset", "--reset-store", store)


IN_OTHER_ACCOUNTS = respond(
    *("--role-to-assume-template", "arn:aws:iam::{account_id}:role/BedrockKeyGuard"),
    *("--allowed-account-ids", "organization", "--session-tag", "repository=acme/app"),
)
JUDGED = {"iam:GetPolicy", "iam:GetPolicyVersion"}
OF_AKIA = {"iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"}


def _of(kind: str, *verbs: str) -> set[str]:
    return {f"iam:{verb.format(kind)}" for verb in verbs}


DENYING = ("ListAttached{}Policies", "List{}Policies", "Get{}Policy")


def changing(action: type[Remediation], *, other: str = "-", undone: bool = True) -> set[str]:
    """Return what an action declares to need, with its undoing; not those with `other` in them."""
    declared = (*action.permissions, *(action.to_undo if undone else ()))
    return {each for each in declared if other not in each}


SCENARIOS = (
    Scenario(
        "verify a long-term key",
        (),
        of_console_user,
        ("verify",),
        frozenset({LIST}),
        outcome=None,
    ),
    Scenario(
        "verify a key of an older access key",
        (),
        by_old_access_key,
        ("verify",),
        frozenset({"sts:GetAccessKeyInfo"}),
        outcome=None,
    ),
    Scenario(
        "verify a contained key of a user",
        (),
        of_a_denied_user,
        ("verify",),
        frozenset({LIST, *JUDGED, *_of("User", *DENYING)}),
        outcome=None,
    ),
    Scenario(
        "verify a contained key of a role",
        (),
        by_a_denied_role,
        ("verify",),
        frozenset({*JUDGED, *_of("Role", *DENYING)}),
        outcome=None,
    ),
    Scenario(
        "disable",
        ("Disable",),
        of_console_user,
        respond(),
        frozenset({LIST, *changing(Disable)}),
        undo="restore",
    ),
    Scenario(
        "reset into Secrets Manager",
        ("Reset",),
        of_console_user,
        reset_into("secretsmanager:bedrock/new"),
        frozenset({LIST, *changing(Reset, other="ssm:")}),
    ),
    Scenario(
        "reset into a parameter",
        ("Reset",),
        of_console_user,
        reset_into("ssm:/bedrock/new"),
        frozenset({LIST, *changing(Reset, other="secretsmanager:")}),
    ),
    Scenario(
        "delete",
        ("Delete",),
        of_console_user,
        respond("--action", "delete"),
        frozenset({LIST, *changing(Delete, undone=False)}),
    ),
    Scenario(
        "strip policies",
        ("StripPolicies",),
        of_console_user,
        respond("--action", "strip-policies"),
        frozenset({LIST, *changing(StripPolicies)}),
        undo="restore",
    ),
    Scenario(
        "quarantine a role",
        ("Quarantine",),
        by_role,
        respond("--short-term", "quarantine"),
        frozenset({TRAIL, *changing(Quarantine, other="User")}),
        undo="lift",
    ),
    Scenario(
        "quarantine a user",
        ("Quarantine",),
        by_user,
        respond("--short-term", "quarantine"),
        frozenset({TRAIL, *OF_AKIA, *changing(Quarantine, other="Role")}),
        undo="lift",
    ),
    Scenario(
        "revoke sessions of a role",
        ("RevokeSessions",),
        by_role,
        respond("--short-term", "revoke-sessions"),
        frozenset({TRAIL, *SEARCH, *changing(RevokeSessions, other="User")}),
        undo="lift --search",
    ),
    Scenario(
        "revoke sessions of a user",
        ("RevokeSessions",),
        by_user_session,
        respond("--short-term", "revoke-sessions"),
        frozenset({TRAIL, *SEARCH, *changing(RevokeSessions, other="Role")}),
        undo="lift --search",
    ),
    Scenario(
        "timeline of a user",
        ("Investigate",),
        of_console_user,
        ("timeline",),
        frozenset(
            {
                *(LIST, TRAIL, "ec2:DescribeRegions", "iam:ListAccessKeys", "iam:GetLoginProfile"),
                *("iam:ListMFADevices", "iam:ListAttachedUserPolicies", "iam:ListUserPolicies"),
                "iam:ListGroupsForUser",
            }
        ),
        outcome=None,
    ),
    Scenario(
        "timeline of a role",
        ("Investigate",),
        by_role,
        ("timeline",),
        frozenset({TRAIL, "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"}),
        outcome=None,
    ),
    Scenario(
        "many accounts",
        ("Disable", "MemberAccounts"),
        of_two_accounts,
        IN_OTHER_ACCOUNTS,
        frozenset(
            {
                *(LIST, "sts:AssumeRole", "organizations:DescribeAccount"),
                *changing(Disable, undone=False),
            }
        ),
        members=(MEMBER,),
    ),
)
# Each feature once, and the three that most people deploy.
USUAL = (
    *("disable", "quarantine a role", "many accounts", "verify a long-term key", "delete"),
    *("reset into Secrets Manager", "strip policies", "revoke sessions of a user"),
    "timeline of a user",
)
# Not a call of its own: STS asks for it where a session that is asked for has tags.
BESIDE = {"many accounts": {"sts:TagSession"}}


def needed(scenario: Scenario) -> set[str]:
    return {*scenario.needs, *BESIDE.get(scenario.name, ())}


def lacking() -> list[tuple[Scenario, str]]:
    """Return each action of each feature once, in a scenario that needs it."""
    rows: dict[tuple[tuple[str, ...], str], Scenario] = {}
    for scenario in SCENARIOS:
        for action in sorted(needed(scenario)):
            rows.setdefault((scenario.features, action), scenario)
    return [(scenario, action) for (_, action), scenario in rows.items()]


def one_of(name: str) -> tuple[Scenario, str]:
    """Return the first row of a scenario."""
    return next(row for row in lacking() if row[0].name == name)


# ── with all of it ──────────────────────────────────────────────────────────────────────────────


def check_spared(sandbox: Sandbox, leaked: Leaked) -> None:
    assert [asked(sandbox, key) for key in leaked.spared] == [WORKS] * len(leaked.spared)


@pytest.mark.parametrize(
    "scenario", sweep(SCENARIOS, quick=lambda each: each.name in USUAL), ids=str
)
def test_each_feature_works_under_exactly_its_policies(
    scenario: Scenario, tree: Path, sandbox: Sandbox, home: Path
) -> None:
    played, leaked = answers(scenario, deployed(*scenario.features), sandbox, tree)
    assert played.outcomes == [scenario.outcome] * len(leaked.keys), played.reasons
    assert "AccessDenied" not in played.told
    assert played.called == scenario.needs
    check_spared(sandbox, leaked)
    if scenario.undo:
        assert played.is_as_before, played.reasons
        assert [asked(sandbox, key) for key in leaked.keys] == [WORKS]


def test_every_action_that_is_deployed_is_needed_by_its_feature() -> None:
    for scenario in SCENARIOS:
        assert needed(scenario) <= granted(deployed(*scenario.features)), scenario
    look = deployed()
    assert granted(look) <= {action for scenario in SCENARIOS for action in needed(scenario)}
    for feature in {name for scenario in SCENARIOS for name in scenario.features}:
        own = {name: each for name, each in deployed(feature).items() if name not in look}
        used = (needed(each) for each in SCENARIOS if feature in each.features)
        assert granted(own) <= set().union(*used), feature


# ── with one action fewer ───────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def completed() -> dict[str, Played]:
    """Remember what each scenario comes to with all of its policies."""
    return {}


@pytest.mark.parametrize(
    ("scenario", "action"),
    sweep(lacking(), quick=lambda row: row in [one_of(name) for name in USUAL[:3]]),
    ids=lambda each: str(each).replace(":", "-"),
)
def test_a_missing_action_is_named_and_nothing_else_is_done(
    scenario: Scenario,
    action: str,
    tree: Path,
    sandbox: Sandbox,
    home: Path,
    completed: dict[str, Played],
) -> None:
    policies = deployed(*scenario.features)
    if scenario.name not in completed:
        completed[scenario.name] = answers(scenario, policies, sandbox, tree)[0]
    whole = completed[scenario.name]
    played, leaked = answers(scenario, without(policies, action), sandbox, tree)
    assert "Traceback" not in played.told
    assert action in played.reasons
    assert played.writes <= whole.writes
    for key, outcome in zip(leaked.keys, played.outcomes, strict=True):
        if outcome == "done" and not scenario.undo:
            assert "accepted" not in asked(sandbox, key)
    check_spared(sandbox, leaked)
