"""Read which denial means that a key can be used nowhere, sentence by sentence."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bedrock_key_guard.iam.policy_documents import denied_actions
from bedrock_key_guard.keys.key import WholeKey
from bedrock_key_guard.model.evidence import (
    AllowedAccounts,
    BedrockAnswer,
    Clock,
    Evidence,
    Plane,
    PolicyAnswer,
)
from bedrock_key_guard.verify.bedrock import PLANES
from bedrock_key_guard.verify.classify import read_answer
from bedrock_key_guard.verify.verdict import verdict_from
from tests.rows import each
from tests.unit.verify.doubles import (
    ACCOUNT,
    NOT_SHOWN,
    NOW,
    OWN,
    SHOWN,
    UNREAD,
    answer,
    found,
    long_term,
    short_term,
)

EXPLICIT = "with an explicit deny in a"
BEARER, LIST = "CallWithBearerToken", "ListFoundationModels"
OF_THE_ORGANISATION = ": arn:aws:organizations::111122223333:policy/o-1/service_control_policy/p-1"
FROM_ELSEWHERE = (
    "service control policy",
    "resource control policy",
    "permissions boundary",
    "session policy",
    "VPC endpoint policy",
)


def said(plane: Plane, action: str, reason: str) -> BedrockAnswer:
    """Return how the guard reads this sentence of AWS."""
    text = f"User: {OWN} is not authorized to perform: {plane}:{action} on resource: *{reason}"
    body = {"Message": text} if plane == "bedrock" else {"error": {"message": text}}
    asked = BedrockAnswer(plane, "us-east-1", "unknown", NOW)
    return read_answer(asked, 403, json.dumps(body).encode())


def evidence(
    action: str, reason: str, policies: PolicyAnswer | None, second: BedrockAnswer | None = None
) -> Evidence:
    answers = [said(plane, action, reason) for plane in PLANES]
    if second is not None:
        answers[1] = second
    allowed = AllowedAccounts(ACCOUNT, frozenset((ACCOUNT,)))
    return Evidence(long_term(), Clock(NOW), allowed, tuple(answers), found(), policies=policies)


@each("policies", [SHOWN, NOT_SHOWN, UNREAD, None])
@each("action", [BEARER, LIST])
@each("policy", FROM_ELSEWHERE)
@each("form", ["explicit", "explicit with its ARN", "not allowed"])
def test_a_denial_by_anothers_policy_is_told_with_its_reason_and_contains_nothing(
    form: str, policy: str, action: str, policies: PolicyAnswer | None
) -> None:
    arn = OF_THE_ORGANISATION if form.endswith("ARN") else ""
    reason = f" {EXPLICIT} {policy}{arn}"
    if form == "not allowed":
        reason = f" because no {policy} allows the bedrock:{action} action"
    verdict = verdict_from(evidence(action, reason, policies))
    assert verdict.state == "live"
    assert verdict.reason.startswith("denied from here: bedrock knew it as")
    assert policy in verdict.reason


@pytest.mark.parametrize(
    ("action", "reason", "policies", "state"),
    [
        (BEARER, f" {EXPLICIT}n identity-based policy", SHOWN, "contained"),
        (BEARER, "", SHOWN, "contained"),
        (LIST, f" {EXPLICIT}n identity-based policy", SHOWN, "contained"),
        # Of the operation alone, and not by a deny, it says nothing of the use of keys.
        (LIST, "", SHOWN, "live"),
        (
            LIST,
            f" because no identity-based policy allows the bedrock:{LIST} action",
            SHOWN,
            "live",
        ),
        *(
            (action, f" {EXPLICIT}n identity-based policy", policies, "live")
            for action in (BEARER, LIST)
            for policies in (NOT_SHOWN, UNREAD, None)
        ),
        (
            BEARER,
            f" because no identity-based policy allows the bedrock:{BEARER} action",
            NOT_SHOWN,
            "live",
        ),
    ],
)
def test_only_a_policy_that_iam_shows_contains_a_key(
    action: str, reason: str, policies: PolicyAnswer | None, state: str
) -> None:
    assert verdict_from(evidence(action, reason, policies)).state == state


@pytest.mark.parametrize(
    ("second", "state"),
    [
        ("refused twice", "contained"),
        ("not offered", "contained"),
        ("denied bearer", "contained"),
        ("denied explicitly", "contained"),
        ("denied bearer from above", "live"),
        ("denied", "live"),
        ("refused", "live"),
        ("unknown", "live"),
        ("accepted", "live"),
    ],
)
def test_both_planes_have_to_keep_the_key_out(second: str, state: str) -> None:
    reason = f" {EXPLICIT}n identity-based policy"
    told = evidence(BEARER, reason, SHOWN, answer("bedrock-mantle", second))
    assert verdict_from(told).state == state


# ── what a policy denies ────────────────────────────────────────────────────────────────────────

BOTH = ["bedrock:CallWithBearerToken", "bedrock-mantle:CallWithBearerToken"]
LONG, OF_ROLE = long_term(), short_term()
OF_ACCESS_KEY = short_term(kind="AKIA")
SIGNED = OF_ROLE.issued_at


def deny(actions: Any = "*", condition: Any = None, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Deny", "Action": actions, "Resource": "*", **more}
    return statement if condition is None else {**statement, "Condition": condition}


def begun_before(moment: Any, operator: str = "DateLessThan") -> dict[str, Any]:
    return {operator: {"aws:TokenIssueTime": moment}}


LATER = f"{SIGNED + timedelta(minutes=1):%Y-%m-%dT%H:%M:%S.000Z}"


@pytest.mark.parametrize(
    ("statement", "key", "denied"),
    [
        (deny(BOTH), LONG, 2),
        (deny(BOTH), OF_ROLE, 2),
        (deny("*"), LONG, 2),
        (deny("bedrock*:Call*"), LONG, 2),
        (deny("BEDROCK:callwithbearertoken"), LONG, 1),
        (deny("bedrock:*"), LONG, 1),
        (deny("bedrock:InvokeModel"), LONG, 0),
        (deny(BOTH, Resource="arn:aws:bedrock:us-east-1::foundation-model/*"), LONG, 0),
        (deny(BOTH, Effect="Allow"), LONG, 0),
        ({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}, LONG, 0),
        # The console's revocation, and the guard's own, of the session that signed.
        (deny("*", begun_before(LATER)), OF_ROLE, 2),
        (deny("*", begun_before([LATER])), OF_ROLE, 2),
        (deny("*", begun_before(LATER, "DateLessThanEquals")), OF_ROLE, 2),
        (deny("*", {"datelessthan": {"AWS:tokenissuetime": LATER}}), OF_ROLE, 2),
        (
            deny("*", {**begun_before(LATER), "StringEquals": {"aws:userid": "AROA1:run-7"}}),
            OF_ROLE,
            2,
        ),
        (
            deny("*", {**begun_before(LATER), "StringEquals": {"aws:userid": "AROA1:run-8"}}),
            OF_ROLE,
            0,
        ),
        (deny("*", begun_before(f"{SIGNED:%Y-%m-%dT%H:%M:%SZ}")), OF_ROLE, 0),
        (deny("*", begun_before("2014-05-07T23:47:00Z")), OF_ROLE, 0),
        (deny("*", begun_before("some day")), OF_ROLE, 0),
        (deny("*", begun_before(LATER, "DateGreaterThan")), OF_ROLE, 0),
        (deny("*", begun_before(LATER)), LONG, 0),
        (deny("*", begun_before(LATER)), OF_ACCESS_KEY, 0),
        # Conditions on where, when and how.
        (deny("*", {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}), LONG, 0),
        (deny("*", {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), LONG, 0),
        (deny("*", {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}), LONG, 0),
        (deny("*", {"DateLessThan": {"aws:CurrentTime": LATER}}), OF_ROLE, 0),
        (deny("*", {**begun_before(LATER), "Bool": {"aws:ViaAWSService": "false"}}), OF_ROLE, 0),
        (deny("*", "no condition"), LONG, 0),
        (deny("*", {"DateLessThan": "no test"}), OF_ROLE, 0),
        (deny("*", {}), LONG, 2),
        ("no statement", LONG, 0),
    ],
)
def test_a_policy_denies_what_no_circumstance_lets_through(
    statement: Any, key: WholeKey, denied: int
) -> None:
    assert len(denied_actions({"Statement": statement}, key, "run-7")) == denied
    assert len(denied_actions({"Statement": ["no", statement]}, key, "run-7")) == denied


def test_what_is_no_document_denies_nothing() -> None:
    documents: list[Any] = [None, [], "text", {}]
    assert not any(denied_actions(document, LONG, None) for document in documents)


def test_a_session_that_is_aimed_at_has_a_name() -> None:
    aimed = deny("*", {**begun_before(LATER), "StringEquals": {"aws:userid": "AIDA1:"}})
    assert denied_actions({"Statement": aimed}, OF_ROLE, None) == set()
