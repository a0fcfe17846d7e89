from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bedrock_key_guard.aws.cloudtrail import Record
from bedrock_key_guard.iam.policy_documents import denial, session_denial
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.principals import HolderKind
from bedrock_key_guard.respond.ledger import records
from bedrock_key_guard.respond.ledger.entries import LedgerEntry
from bedrock_key_guard.respond.ledger.records import (
    Hold,
    PoliciesDetached,
    PolicyAttached,
    PolicyPut,
)
from bedrock_key_guard.respond.undo.restoration import (
    attach_again,
    delete_again,
    detach_again,
    held_by_others,
)
from bedrock_key_guard.respond.undo.reversal import Reversal, Shown
from tests.unit.respond.doubles import QUARANTINE, Diary, FakeIdentities, changed
from tests.unit.verify.doubles import ACCOUNT, NOW, USER

GUARD = f"arn:aws:sts::{ACCOUNT}:assumed-role/guard/run-7"
OWNER = f"arn:aws:iam::{ACCOUNT}:user/owner"
AGENT = "Boto3/1.44 bedrock-key-guard/0.1.0"
LIMITED = "arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
DOCUMENT = session_denial(("bedrock:CallWithBearerToken",), NOW, None)
NO_S3 = denial(("s3:*",))
NAME = "BedrockKeyGuard-revoke-until-20261123T2035Z-0123456789ab"
UNTIL = (NOW + timedelta(hours=1)).isoformat()

STRIPPED = PoliciesDetached(USER, "AIDA1", "alias", (LIMITED,))
ATTACHED = PolicyAttached("role", "ml", "AROA1", QUARANTINE, UNTIL, was_attached=False)
PUT = PolicyPut("role", "ml", "AROA1", NAME, json.dumps(DOCUMENT), UNTIL)


def entry(record: records.Record, change: str = "1") -> LedgerEntry:
    return LedgerEntry(
        change, "done", NOW.isoformat(), "x", GUARD, ACCOUNT, "aws", "0" * 64, record
    )


def event(
    name: str,
    policy: str,
    actor: str = GUARD,
    *,
    agent: str | None = None,
    of: tuple[HolderKind, str] | None = None,
    failed: bool = False,
) -> Record:
    usual: tuple[HolderKind, str] = ("role", "ml") if "Role" in name else ("user", USER)
    program = agent or (AGENT if actor == GUARD else "aws-cli/2.30")
    return changed(name, policy, by=actor, agent=program, of=of or usual, failed=failed)


def told(way: Reversal | Outcome) -> tuple[str, str]:
    return (way.state, way.reason) if isinstance(way, Outcome) else ("may", "")


@pytest.fixture
def identities() -> FakeIdentities:
    """Give a user and a role as the guard has left them."""
    fake = FakeIdentities(Diary())
    fake.add("user", USER, unique_id="AIDA1")
    fake.add("role", "ml", QUARANTINE, unique_id="AROA1")
    fake.inlines["role", "ml"] = {
        NAME: json.dumps(DOCUMENT),
        "owners": json.dumps(DOCUMENT),
        "no-s3": json.dumps(NO_S3),
    }
    return fake


DETACHED = event("DetachUserPolicy", LIMITED)


@pytest.mark.parametrize(
    ("record", "events", "state", "why"),
    [
        (STRIPPED, [DETACHED], "may", ""),
        (STRIPPED, [event("AttachUserPolicy", LIMITED, OWNER), DETACHED], "may", ""),
        (STRIPPED, [DETACHED, event("AttachUserPolicy", LIMITED, failed=True)], "may", ""),
        (replace(STRIPPED, policies=()), [DETACHED], "not-needed", "has all its policies"),
        # Nobody else's, and nobody's who bears the name now.
        (replace(STRIPPED, user_id="AIDA2"), [DETACHED], "refused", "made anew"),
        (replace(STRIPPED, user_name="x"), [DETACHED], "refused", "no user x any more"),
        # Nothing is granted that the guard is not shown to have taken, in whole or in part.
        (STRIPPED, [], "refused", "CloudTrail does not show"),
        (
            STRIPPED,
            [event("DetachUserPolicy", LIMITED, failed=True)],
            "refused",
            "CloudTrail does not show",
        ),
        (
            STRIPPED,
            [event("DetachUserPolicy", LIMITED, of=("user", "x"))],
            "refused",
            "CloudTrail does not show",
        ),
        (STRIPPED, [event("DetachUserPolicy", LIMITED, OWNER)], "refused", "it was not the guard"),
        (
            STRIPPED,
            [event("DetachUserPolicy", LIMITED, OWNER, agent=AGENT)],
            "refused",
            "it was not the guard",
        ),
        (
            STRIPPED,
            [event("DetachUserPolicy", LIMITED, agent="aws-cli/2.30")],
            "refused",
            "not the guard",
        ),
        (STRIPPED, [DETACHED, event("AttachUserPolicy", LIMITED, OWNER)], "refused", "since"),
        (
            STRIPPED,
            [DETACHED, event("DetachUserPolicy", LIMITED, OWNER)],
            "refused",
            "it was not the guard",
        ),
        (
            replace(STRIPPED, policies=(LIMITED, ADMIN)),
            [DETACHED],
            "refused",
            f"{ADMIN}: CloudTrail does not show",
        ),
        (
            replace(STRIPPED, policies=(ADMIN,)),
            [DETACHED, event("DetachUserPolicy", ADMIN, OWNER)],
            "refused",
            "it was not the guard",
        ),
    ],
)
def test_which_policies_are_attached_again(
    record: PoliciesDetached,
    events: list[Record],
    state: str,
    why: str,
    identities: FakeIdentities,
) -> None:
    way = attach_again(record, identities, Shown(events, (GUARD,)))
    assert told(way)[0] == state
    assert why in told(way)[1]
    if isinstance(way, Reversal):
        way.write()
        assert identities.attached("user", USER) == (LIMITED,)
    else:
        assert isinstance(way, Outcome)
        assert identities.diary.done == []


def test_a_policy_that_is_there_is_not_attached_again(identities: FakeIdentities) -> None:
    """Somebody has given it back already: the trail of that one need not show the guard."""
    identities.attach("user", USER, ADMIN)
    record = replace(STRIPPED, policies=(ADMIN, LIMITED))
    way = attach_again(record, identities, Shown([DETACHED], (GUARD,)))
    assert isinstance(way, Reversal)
    way.write()
    assert identities.attached("user", USER) == (ADMIN, LIMITED)


QUARANTINED = event("AttachRolePolicy", QUARANTINE)


@pytest.mark.parametrize(
    ("record", "events", "state", "why"),
    [
        (ATTACHED, [QUARANTINED], "may", ""),
        (replace(ATTACHED, was_attached=True), [QUARANTINED], "not-needed", "before the guard"),
        (replace(ATTACHED, policy=ADMIN), [QUARANTINED], "not-needed", "not attached any more"),
        (replace(ATTACHED, unique_id="AROA2"), [QUARANTINED], "refused", "made anew"),
        (ATTACHED, [], "refused", "CloudTrail does not show"),
        (
            ATTACHED,
            [event("AttachRolePolicy", QUARANTINE, of=("user", "ml"))],
            "refused",
            "CloudTrail does not show",
        ),
        (ATTACHED, [event("AttachRolePolicy", QUARANTINE, OWNER)], "refused", "not the guard"),
        (
            ATTACHED,
            [QUARANTINED, event("AttachRolePolicy", QUARANTINE, OWNER)],
            "refused",
            "not the guard",
        ),
    ],
)
def test_which_quarantine_is_taken_away(
    record: PolicyAttached,
    events: list[Record],
    state: str,
    why: str,
    identities: FakeIdentities,
) -> None:
    way = detach_again(record, identities, Shown(events, (GUARD,)))
    assert told(way)[0] == state
    assert why in told(way)[1]
    if isinstance(way, Reversal):
        way.write()
        assert identities.attached("role", "ml") == ()
    assert isinstance(way, Outcome | Reversal)


WRITTEN = event("PutRolePolicy", NAME)


@pytest.mark.parametrize(
    ("record", "events", "state", "why"),
    [
        (PUT, [WRITTEN], "may", ""),
        (replace(PUT, policy="gone"), [WRITTEN], "not-needed", "is there no more"),
        (replace(PUT, unique_id="AROA2"), [WRITTEN], "refused", "made anew"),
        (replace(PUT, document="{"), [WRITTEN], "refused", "somebody has changed"),
        (
            replace(PUT, document=json.dumps(NO_S3)),
            [WRITTEN],
            "refused",
            "somebody has changed",
        ),
        (PUT, [], "refused", "CloudTrail does not show"),
        # What does more than revoke sessions is not the guard's, whatever ledger and trail say.
        (
            replace(PUT, policy="no-s3", document=json.dumps(NO_S3)),
            [event("PutRolePolicy", "no-s3")],
            "refused",
            "does more than revoke sessions",
        ),
        # A ledger that names an owner's own policy gets nowhere.
        (replace(PUT, policy="owners"), [WRITTEN], "refused", "CloudTrail does not show"),
        (PUT, [event("PutRolePolicy", NAME, OWNER)], "refused", "not the guard"),
    ],
)
def test_which_session_policy_is_taken_away(
    record: PolicyPut, events: list[Record], state: str, why: str, identities: FakeIdentities
) -> None:
    way = delete_again(record, identities, Shown(events, (GUARD,)))
    assert told(way)[0] == state
    assert why in told(way)[1]
    if isinstance(way, Reversal):
        way.write()
        assert identities.inline("role", "ml") == ("owners", "no-s3")
    assert isinstance(way, Outcome | Reversal)


@pytest.mark.parametrize(
    ("other", "phase", "held"),
    [
        (ATTACHED, "done", True),
        (ATTACHED, "intent", True),
        (ATTACHED, "restored", False),
        (ATTACHED, "lifted", False),
        (replace(ATTACHED, name="x"), "done", False),
        (replace(ATTACHED, policy="x"), "done", False),
        (replace(ATTACHED, until=NOW.isoformat()), "done", False),
        (PUT, "done", False),
        (Hold("role", "ml", UNTIL), "done", False),
    ],
)
def test_a_quarantine_that_holds_another_key_stays(
    other: records.Record, phase: str, held: bool
) -> None:
    second = replace(entry(other, "2"), phase=phase)  # type: ignore[arg-type]
    outcome = held_by_others(entry(ATTACHED), [second], NOW)
    assert (outcome is not None) is held
    assert held_by_others(entry(PUT), [second], NOW) is None
    assert held_by_others(second, [second], NOW) is None
