"""Lift what users and roles that are held in memory are denied, as a fake trail shows it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bedrock_key_guard.iam.policy_documents import session_denial
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.respond.change_events import ChangeEvents
from bedrock_key_guard.respond.purpose import purpose_of
from bedrock_key_guard.respond.undo.expiry import lift
from tests.unit.investigate.records import NOW, Record, at, iam
from tests.unit.respond.doubles import QUARANTINE
from tests.unit.respond.stage import Stage
from tests.unit.verify.doubles import ACCOUNT, STRANGER

ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/guard/{{}}"
ENDED = NOW - timedelta(hours=1)
PURPOSE = purpose_of("quarantine", "0123456789abcdef" * 4, ENDED)
AGENT = f"Boto3/1.44 bedrock-key-guard/0.1.0 {PURPOSE}"
INLINE = "BedrockKeyGuard-revoke-until-20261123T0500Z-0123456789ab"


def changed(
    name: str, actor: str, agent: str = AGENT, policy: str = QUARANTINE, hours: float = 3
) -> Record:
    what = "policyArn" if policy == QUARANTINE else "policyName"
    request = {"roleName": "ml", what: policy}
    who = {"arn": actor}
    when: datetime = at(hours=hours)
    return iam(name, when, userAgent=agent, userIdentity=who, requestParameters=request)


def lifted(stage: Stage, *events: Record) -> list[Outcome]:
    stage.session.trail.put(*events)
    access = replace(stage.access, events=ChangeEvents(stage.session, NOW))
    done = lift((), access, stage.ledger, NOW, search=False, dry_run=False)
    return [outcome for _, outcome in done]


@pytest.mark.parametrize(
    ("actor", "state"),
    [
        (ROLE.format("run-7"), "done"),
        (ROLE.format("run-1"), "done"),
        (f"arn:aws:iam::{ACCOUNT}:role/team/guard", "done"),
        (ROLE.format("run-7").replace("/guard/", "/guard-2/"), "refused"),
        (ROLE.format("run-7").replace(ACCOUNT, STRANGER), "refused"),
        (f"arn:aws:iam::{ACCOUNT}:user/guard", "refused"),
        ("", "refused"),
    ],
)
def test_only_what_the_guards_own_principal_attached_is_lifted(
    actor: str, state: str, stage: Stage
) -> None:
    """Anybody can write the guard's user agent, and a purpose into it."""
    stage.identities.add("role", "ml", QUARANTINE)
    (outcome,) = lifted(stage, changed("AttachRolePolicy", actor))
    assert (outcome.action, outcome.state) == ("lift", state)
    assert (QUARANTINE in stage.identities.attached("role", "ml")) is (state == "refused")
    assert state == "done" or f"it was not the guard that did it, but {actor}" in outcome.reason


@pytest.mark.parametrize(
    ("actor", "agent", "state"),
    [
        (ROLE.format("run-1"), AGENT, "done"),
        (ROLE.format("run-1").replace("/guard/", "/guard-2/"), AGENT, "refused"),
        (ROLE.format("run-1"), "aws-cli/2.30", "refused"),
    ],
)
def test_a_session_policy_that_somebody_wrote_anew_is_not_lifted(
    actor: str, agent: str, state: str, stage: Stage
) -> None:
    stage.identities.add("role", "ml")
    document = session_denial(("bedrock:CallWithBearerToken",), NOW, None)
    stage.identities.put("role", "ml", INLINE, json.dumps(document))
    first = changed("PutRolePolicy", ROLE.format("run-7"), policy=INLINE, hours=4)
    (outcome,) = lifted(stage, first, changed("PutRolePolicy", actor, agent, INLINE))
    assert outcome.state == state
    assert bool(stage.identities.inline("role", "ml")) is (state == "refused")
