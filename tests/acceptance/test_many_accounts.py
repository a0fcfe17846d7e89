"""Answer keys of many accounts in one run, by a role in each."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.front.sandbox import GUARD_USER, Sandbox
from sandbox.front.seeding import LongTermKey
from tests.jobs import guard, report_of
from tests.leaks import leak, status

HUB = "111122223333"
MEMBERS = tuple(f"2222222222{number:02}" for number in range(12))
STRANGER = "999999999999"
ROLE = "BedrockKeyGuard"
TEMPLATE = f"arn:aws:iam::{{account_id}}:role/{ROLE}"
EXTERNAL_ID = "our-guard"
BY_ROLE = ("--role-to-assume-template", TEMPLATE, "--external-id", EXTERNAL_ID)


def trust(external_id: str = EXTERNAL_ID) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{HUB}:user/{GUARD_USER}"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
        },
    }


@pytest.fixture
def organization(sandbox: Sandbox) -> dict[str, LongTermKey]:
    """Leak a key of each account of an organisation, and give each account the guard's role."""
    sandbox.reset((HUB, *MEMBERS, STRANGER))
    sandbox.organize(HUB, members=dict.fromkeys(MEMBERS, "ACTIVE"))
    for account in MEMBERS:
        sandbox.make_role(account, ROLE, trust=trust(), permissions=False)
    return {each: sandbox.make_long_term_key(each, "dev") for each in (HUB, *MEMBERS)}


def run(
    tree: Path, sandbox: Sandbox, *more: str, accounts: str = "organization"
) -> tuple[int, dict[str, Any]]:
    environment: Mapping[str, str] = {**os.environ, **sandbox.environment(HUB)}
    arguments = (
        *BY_ROLE,
        *("--allowed-account-ids", accounts, "--format", "json"),
    )
    done = guard("respond", *arguments, *more, ".", cwd=tree, env=environment, hurried=True)
    return done.returncode, report_of(done)


def undo(tree: Path, sandbox: Sandbox, *more: str) -> tuple[int, str]:
    """Give back what the guard's ledger records; return the exit code and what was told."""
    environment: Mapping[str, str] = {**os.environ, **sandbox.environment(HUB)}
    done = guard("restore", *more, cwd=tree, env=environment)
    return done.returncode, done.stdout.decode()


def outcomes(report: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the verdict and the outcome of each account's key."""
    return {
        each["identity"]["account_id"]: (each["verdict"]["state"], each["outcome"]["state"])
        for each in report["incidents"]
    }


def test_a_key_of_every_account_is_answered_in_one_run(
    tree: Path, sandbox: Sandbox, organization: dict[str, LongTermKey], home: Path
) -> None:
    others = {each: sandbox.make_long_term_key(each, "dev") for each in organization}
    leak(tree, *(key.key for key in organization.values()))
    code, report = run(tree, sandbox, "--session-tag", "repository=acme/app")
    assert code == 1
    assert outcomes(report) == dict.fromkeys(organization, ("live", "done"))
    for key in organization.values():
        assert status(sandbox, key) == "Inactive"
        assert not sandbox.accepts(key.key)
    assert all(sandbox.accepts(other.key) for other in others.values())
    assumed = [call for call in sandbox.calls() if call.operation == "AssumeRole"]
    assert len(assumed) == len(MEMBERS)


def test_a_role_that_cannot_be_assumed_stops_nothing_else(
    tree: Path, sandbox: Sandbox, organization: dict[str, LongTermKey], home: Path
) -> None:
    distrustful, roleless, *rest = MEMBERS
    sandbox.client("iam", distrustful).update_assume_role_policy(
        RoleName=ROLE, PolicyDocument=json.dumps(trust("another"))
    )
    sandbox.client("iam", roleless).delete_role(RoleName=ROLE)
    dead = sandbox.make_long_term_key(roleless, "retired")
    sandbox.client("iam", roleless).update_service_specific_credential(
        UserName="retired", ServiceSpecificCredentialId=dead.credential_id, Status="Inactive"
    )
    leak(tree, dead.key, *(organization[each].key for each in (distrustful, *rest)))
    _, report = run(tree, sandbox)
    became = outcomes(report)
    # Bedrock accepts the one, so people hear that it is live; who holds the other nobody can ask.
    assert became[distrustful] == ("live", "refused")
    assert became[roleless] == ("unverified", "refused")
    assert {became[each] for each in rest} == {("live", "done")}
    reasons = {
        each["identity"]["account_id"]: each["verdict"]["reason"] for each in report["incidents"]
    }
    told = (
        f"arn:aws:iam::{roleless}:role/{ROLE} cannot be assumed (AccessDenied for sts:AssumeRole)"
    )
    assert told in str(reasons[roleless])


def test_an_account_outside_the_organisation_is_left_alone(
    tree: Path, sandbox: Sandbox, organization: dict[str, LongTermKey], home: Path
) -> None:
    theirs = sandbox.make_long_term_key(STRANGER, "dev")
    sandbox.make_role(STRANGER, ROLE, trust=trust())
    leak(tree, theirs.key, organization[HUB].key)
    _, report = run(tree, sandbox)
    assert outcomes(report) == {STRANGER: ("foreign", "not-needed"), HUB: ("live", "done")}
    assert status(sandbox, theirs) == "Active"
    assert [call for call in sandbox.calls() if call.operation == "AssumeRole"] == []


def test_a_list_of_accounts_bounds_what_a_role_could_reach(
    tree: Path, sandbox: Sandbox, organization: dict[str, LongTermKey], home: Path
) -> None:
    ours, left_out, *_ = MEMBERS
    leak(tree, organization[ours].key, organization[left_out].key)
    _, report = run(tree, sandbox, accounts=f"{HUB},{ours}")
    assert outcomes(report) == {ours: ("live", "done"), left_out: ("foreign", "not-needed")}


def test_what_was_changed_in_another_account_is_given_back_by_its_role(
    tree: Path, sandbox: Sandbox, organization: dict[str, LongTermKey], home: Path
) -> None:
    key = organization[MEMBERS[0]]
    leak(tree, key.key)
    run(tree, sandbox)
    code, told = undo(tree, sandbox)
    assert (code, status(sandbox, key)) == (4, "Inactive")
    assert f"there are no credentials for account {key.account_id}" in told
    code, told = undo(tree, sandbox, *BY_ROLE)
    assert (code, status(sandbox, key)) == (0, "Active")
    assert "done" in told


def test_the_command_that_is_printed_undoes_a_change_in_another_account(
    tree: Path, sandbox: Sandbox, organization: dict[str, LongTermKey], home: Path
) -> None:
    key = organization[MEMBERS[0]]
    leak(tree, key.key)
    _, report = run(tree, sandbox, "--session-tag", "repository=acme/app")
    (incident,) = report["incidents"]
    assert status(sandbox, key) == "Inactive"
    _, _, *printed = shlex.split(incident["outcome"]["undo"])
    code, told = undo(tree, sandbox, *printed)
    assert (code, status(sandbox, key)) == (0, "Active"), told
