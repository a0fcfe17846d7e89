"""Hold responses to what they must never do: each of these ends in commands for a person."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.front import seeding, signers
from sandbox.front.sandbox import Sandbox
from tests.answers import Answering
from tests.jobs import ACCOUNT
from tests.leakers import (
    CONSOLE,
    Making,
    by_role,
    by_root,
    by_service,
    by_sso,
    by_user,
    iam_of,
    long_term,
)
from tests.leaks import leak

ACTION = "--action"
BY_QUARANTINE = ("--short-term", "quarantine")
BY_REVOCATION = ("--short-term", "revoke-sessions")


@pytest.mark.parametrize("options", [BY_QUARANTINE, BY_REVOCATION], ids=lambda o: o[-1])
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (by_sso, ("IAM Identity Center", "AWSReservedSSO_PowerUser_", "*:sam@example.com")),
        (by_service, ("linked to a service", "AWSServiceRoleForExample")),
        (by_root, ("root user", f"arn:aws:iam::{ACCOUNT}:root")),
    ],
)
def test_whom_nobody_here_can_change_is_left_to_a_person_with_the_commands(
    answering: Answering, make: Making, words: tuple[str, ...], options: tuple[str, ...]
) -> None:
    leak(answering.tree, make(answering.sandbox).key)
    outcome = answering.respond(*options)["outcome"]
    assert (outcome["action"], outcome["state"], outcome["urgent"]) == ("manual", "refused", True)
    told = " ".join((outcome["reason"], *outcome["commands"]))
    for word in words:
        assert word in told
    assert "aws organizations create-policy" in told
    assert answering.sandbox.writes() == ()


def test_a_key_signed_by_an_access_key_has_no_session_to_revoke(answering: Answering) -> None:
    leak(answering.tree, by_user(answering.sandbox).key)
    outcome = answering.respond(*BY_REVOCATION)["outcome"]
    assert (outcome["action"], outcome["state"]) == ("manual", "refused")
    assert "only a quarantine stops it" in outcome["reason"]
    assert answering.sandbox.writes() == ()


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (None, "there is no such policy"),
        ({**seeding.ANYTHING}, "it allows something"),
        (
            {"Statement": {"Effect": "Deny", "Action": "bedrock:*", "Resource": "*"}},
            "does not deny bedrock-mantle:CallWithBearerToken",
        ),
    ],
)
def test_a_policy_that_is_no_quarantine_is_not_attached(
    answering: Answering, document: dict[str, Any] | None, why: str
) -> None:
    leak(answering.tree, by_role(answering.sandbox).key)
    if document is not None:
        text = json.dumps({"Version": "2012-10-17", **document})
        iam_of(answering.sandbox).create_policy(PolicyName="Other", PolicyDocument=text)
    outcome = answering.respond(*BY_QUARANTINE, "--quarantine-policy", "Other")["outcome"]
    assert (outcome["state"], outcome["urgent"]) == ("refused", True)
    assert why in outcome["reason"]
    assert "create-policy" in outcome["commands"][0]
    assert "attach-role-policy" in outcome["commands"][1]
    assert answering.sandbox.writes() == ()


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_the_guards_own_role_is_not_revoked_unless_forced(
    tree: Path, sandbox: Sandbox, home: Path, force: tuple[str, ...]
) -> None:
    own = sandbox.environment(ACCOUNT, role="ml-pipeline")
    document = json.dumps(seeding.ANYTHING)
    iam_of(sandbox).put_role_policy(
        RoleName="ml-pipeline", PolicyName="all", PolicyDocument=document
    )
    answering = Answering(tree, sandbox, {"PATH": "/usr/bin:/bin", "HOME": str(home), **own})
    leak(tree, by_role(sandbox).key)
    outcome = answering.respond(*BY_REVOCATION, *force)["outcome"]
    assert outcome["state"] == ("done" if force else "refused")
    assert bool(sandbox.writes()) is bool(force)
    assert force or "the guard itself acts as role ml-pipeline" in outcome["reason"]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda s: signers.user(s, ACCOUNT, CONSOLE), "access key AKIA"),
        (lambda s: s.make_long_term_key(ACCOUNT, CONSOLE), "credential ACCA"),
        (
            lambda s: iam_of(s).create_login_profile(UserName=CONSOLE, Password="made-up-1"),
            "a password for the console",
        ),
        (
            lambda s: iam_of(s).put_user_policy(
                UserName=CONSOLE, PolicyName="x", PolicyDocument=json.dumps(seeding.ANYTHING)
            ),
            "inline policies",
        ),
    ],
)
def test_a_user_who_is_not_the_keys_alone_is_not_stripped(
    answering: Answering, spoil: Callable[[Sandbox], Any], why: str
) -> None:
    leak(answering.tree, long_term(CONSOLE, beside=False)(answering.sandbox).key)
    spoil(answering.sandbox)
    outcome = answering.respond(ACTION, "strip-policies")["outcome"]
    assert outcome["state"] == "refused"
    assert why in outcome["reason"]
    assert answering.sandbox.writes() == ()


def test_a_user_whom_a_person_made_is_not_stripped(answering: Answering) -> None:
    leak(answering.tree, long_term("alice", beside=False)(answering.sandbox).key)
    outcome = answering.respond(ACTION, "strip-policies")["outcome"]
    assert "was not made by the console" in outcome["reason"]
    assert answering.sandbox.writes() == ()
