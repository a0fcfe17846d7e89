"""Recall changes from a fake trail alone: no ledger is there in any of these tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from bedrock_key_guard.iam.policy_documents import session_denial
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.evidence import CredentialRecord
from bedrock_key_guard.respond.account_access import AccountAccess
from bedrock_key_guard.respond.change_events import ChangeEvents
from bedrock_key_guard.respond.purpose import purpose_of
from bedrock_key_guard.respond.undo.recorded_changes import recorded_change, recorded_changes
from bedrock_key_guard.respond.undo.restoration import restore
from tests.unit.investigate.records import NOW, Record, at, iam, refusal
from tests.unit.respond.doubles import QUARANTINE
from tests.unit.respond.stage import Stage
from tests.unit.verify.doubles import ACCOUNT, STRANGER, USER, credential

GUARD = f"arn:aws:sts::{ACCOUNT}:assumed-role/guard/run-1"
OTHERS = f"arn:aws:sts::{ACCOUNT}:assumed-role/others/run-1"
OWNER = f"arn:aws:iam::{ACCOUNT}:user/owner"
KEY = "0123456789abcdef" * 4
CHANGE, ANOTHER = "20261123T050000Z-0badc0de", "20261123T053000Z-5ca1ab1e"
ID = credential().credential_id
INLINE = "BedrockKeyGuard-revoke-until-20261123T0500Z-0123456789ab"
DOCUMENT = session_denial(("bedrock:CallWithBearerToken",), NOW, None)
LIMITED = "arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
UPDATE = "UpdateServiceSpecificCredential"
INACTIVE, ACTIVE = credential("Inactive"), credential("Active")
RENAMED = replace(INACTIVE, user_name="new")


def event(
    name: str,
    request: dict[str, str],
    *,
    action: str | None = "disable",
    change: str | None = CHANGE,
    by: str = GUARD,
    hours: float = 3,
    **more: Any,
) -> Record:
    """Return an event that says what it was for, unless its `action` is None."""
    purpose = f" {purpose_of(action, KEY, NOW, change)}" if action else ""
    agent = f"Boto3/1.44 bedrock-key-guard/0.1.0{purpose}" if action else "aws-cli/2.30"
    who = {"arn": by}
    return iam(
        name, at(hours=hours), userAgent=agent, userIdentity=who, requestParameters=request, **more
    )


def update(status: str = "Inactive", **more: Any) -> Record:
    request = {"userName": USER, "serviceSpecificCredentialId": ID, "status": status}
    return event(UPDATE, request, **more)


def on_policy(name: str, policy: str, action: str, **more: Any) -> Record:
    holder = {"roleName": "ml"} if "Role" in name else {"userName": USER}
    what = "policyArn" if policy.startswith("arn:") else "policyName"
    return event(name, {**holder, what: policy}, action=action, **more)


DISABLED = update()
RESET = event(
    "ResetServiceSpecificCredential", {"serviceSpecificCredentialId": ID}, action=None, hours=2
)
STRIPPED = [on_policy("DetachUserPolicy", each, "strip-policies") for each in (LIMITED, ADMIN)]
QUARANTINED = on_policy("AttachRolePolicy", QUARANTINE, "quarantine")
REVOKED = event(
    "PutRolePolicy",
    {"roleName": "ml", "policyName": INLINE, "policyDocument": json.dumps(DOCUMENT)},
    action="revoke-sessions",
)


@dataclass(frozen=True, slots=True)
class Row:
    """Say what CloudTrail shows, what IAM knows, and what becomes of the change."""

    name: str
    events: list[Record]
    state: str
    why: str
    found: CredentialRecord | None = INACTIVE
    change: str = CHANGE
    made_ago: float = 24
    document: object = field(default_factory=lambda: DOCUMENT)

    def __str__(self) -> str:
        return self.name


ROWS = (
    Row("a disable", [DISABLED], "done", "is Active: its leaked key works again"),
    Row("a delete that was cut off", [update(action="delete")], "done", "works again"),
    Row("another session of the role", [update(by=GUARD[:-1] + "9")], "done", "works again"),
    Row("a user renamed since", [DISABLED], "done", "of user new", RENAMED),
    Row("policies of a user", STRIPPED, "done", f"{ADMIN}, {LIMITED} again: its"),
    Row("a quarantine", [QUARANTINED], "done", "is detached from role ml"),
    Row("sessions", [REVOKED], "done", f"{INLINE} of role ml is gone"),
    # What cannot be given back.
    Row("a reset", [update(action="reset")], "refused", "a reset cannot be undone"),
    Row("a credential that is gone", [DISABLED], "refused", "no such credential any more", None),
    Row("one that is Active", [DISABLED], "not-needed", "the credential is Active", ACTIVE),
    Row("one that has expired", [DISABLED], "refused", "is Expired", credential("Expired")),
    Row("a user made anew", STRIPPED, "refused", "made anew", made_ago=0.5),
    Row("a role made anew", [QUARANTINED], "refused", "made anew", made_ago=0.5),
    # What is forged: anybody can write a user agent, and a name into it.
    Row("another's deed", [update(by=OTHERS)], "refused", f"but {OTHERS} (if that is the guard"),
    Row("another account's", [update(by=GUARD.replace(ACCOUNT, STRANGER))], "refused", "but arn"),
    Row("another's, named so too", [update(by=OTHERS, hours=4), DISABLED], "done", "works again"),
    Row("another's after the guard", [DISABLED, update(by=OTHERS, hours=2)], "refused", OTHERS),
    Row("no purpose", [update(action=None)], "refused", "shows no change"),
    Row("no name", [update(change=None)], "refused", "shows no change"),
    Row("what AWS refused", [update(errorCode="AccessDenied")], "refused", "shows no change"),
    Row("a deed of another kind", [update(action="quarantine")], "refused", "shows no change"),
    Row("an unknown deed", [update(action="x")], "refused", "shows no change"),
    # What is stale.
    Row("Active and off again", [DISABLED, update("Active", action=None, by=OWNER, hours=2),
         update(action=None, by=OWNER, hours=1)], "refused", f"but {OWNER}"),
    Row("reset since", [DISABLED, RESET], "refused", "changed it since: Reset"),
    Row("disabled once more", [DISABLED, update(change=ANOTHER, hours=2)], "refused",
        f"the guard has changed it again since: {UPDATE} Inactive, change {ANOTHER}"),
    Row("the later of two", [DISABLED, update(change=ANOTHER, hours=2)], "done", "works again",
        change=ANOTHER),
    Row("policies, one given back and taken", [*STRIPPED, on_policy("DetachUserPolicy", ADMIN,
        "x", by=OWNER, hours=2)], "refused", f"{ADMIN}: it was not the guard"),
    Row("a quarantine of the owner's since", [QUARANTINED, on_policy("AttachRolePolicy",
        QUARANTINE, "x", by=OWNER, hours=2)], "refused", f"but {OWNER}"),
    Row("a policy with other words", [REVOKED], "refused", "somebody has changed", document={}),
    Row("a policy written anew", [REVOKED, on_policy("PutRolePolicy", INLINE, "x", by=OWNER,
        hours=2)], "refused", f"but {OWNER}"),
)  # fmt: skip


def undone(row: Row, stage: Stage) -> Outcome:
    made = at(hours=row.made_ago)
    stage.identities.add("user", USER, created=made)
    stage.identities.add("role", "ml", QUARANTINE, created=made)
    stage.identities.put("role", "ml", INLINE, json.dumps(row.document))
    stage.session.trail.put(*row.events)
    stage.diary.done.clear()
    access = access_to(stage, lambda _: row.found)
    entry = recorded_change(row.change, access)
    if isinstance(entry, Outcome):
        return entry
    return restore(entry, access, None, dry_run=False)


def access_to(
    stage: Stage,
    find: Callable[[str], CredentialRecord | None] = lambda _: INACTIVE,
    now: datetime = NOW,
) -> AccountAccess:
    return replace(stage.access, find_credential=find, events=ChangeEvents(stage.session, now))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_a_change_was_is_told_by_aws_alone(row: Row, stage: Stage) -> None:
    outcome = undone(row, stage)
    assert (outcome.action, outcome.state) == ("restore", row.state), outcome
    assert row.why in outcome.reason
    assert bool(stage.diary.done) is (row.state == "done")


@pytest.mark.parametrize(
    ("ago", "why"),
    [
        ({"minutes": 0}, "may come 15 minutes late, so try again after 2026-11-23 06:15 UTC"),
        ({"minutes": 14}, "may come 15 minutes late, so try again after 2026-11-23 06:01 UTC"),
        ({"minutes": 16}, f"in account {ACCOUNT}"),
        ({"days": 89}, f"in account {ACCOUNT}"),
        ({"days": 91}, "older than 90 days"),
        ({"days": -365_000}, "so try again after 2026-11-23 06:15 UTC"),
        (None, f"shows no change x in account {ACCOUNT}"),
    ],
)
def test_what_is_not_shown_says_when_to_look_again(
    ago: dict[str, float] | None, why: str, stage: Stage
) -> None:
    change = f"{at(**ago):%Y%m%dT%H%M%SZ}-0badc0de" if ago is not None else "x"
    outcome = recorded_change(change, access_to(stage))
    assert isinstance(outcome, Outcome)
    assert (outcome.action, outcome.state) == ("restore", "refused")
    assert outcome.reason.endswith(why) or why in outcome.reason
    assert ("15 minutes" in outcome.reason) is ("15 minutes" in why or "try again" in why)
    by_hand = "aws iam update-service-specific-credential --user-name=USER"
    assert [command.startswith(by_hand) for command in outcome.commands] == (
        [True] if "90 days" in why else []
    )


def test_a_trail_that_could_not_be_read_shows_nothing(stage: Stage) -> None:
    stage.session.trail.put(DISABLED)
    stage.session.trail.faults["us-east-1"] = [None, None, None, refusal("AccessDenied")]
    access = access_to(stage)
    outcome = recorded_change(CHANGE, access)
    assert isinstance(outcome, Outcome)
    assert outcome.reason.startswith("CloudTrail could not be read (")
    assert isinstance(recorded_changes(access_to(stage)), tuple)


def test_the_guards_changes_are_named_in_their_order_and_nobody_elses(stage: Stage) -> None:
    others = update(by=OTHERS, change="20261123T050000Z-00000000", hours=4)
    later = replace_change(QUARANTINED, ANOTHER)
    stage.session.trail.put(DISABLED, *STRIPPED, later, others, RESET)
    assert recorded_changes(access_to(stage)) == (CHANGE, ANOTHER)


def replace_change(event: Record, change: str) -> Record:
    return {**event, "userAgent": event["userAgent"].replace(CHANGE, change)}
