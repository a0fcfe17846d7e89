from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.iam.policy_documents import (
    denial,
    is_session_denial,
    policy_name,
    read_policy_name,
    session_denial,
    shortfall,
)
from tests.unit.respond.doubles import DENIES_KEYS

BOTH = ("bedrock:CallWithBearerToken", "bedrock-mantle:CallWithBearerToken")
UNTIL = datetime(2026, 11, 23, 20, 35, tzinfo=timezone.utc)
FINGERPRINT = "0123456789abcdef" * 4


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def deny(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}


def test_a_denial_is_a_whole_policy_with_a_condition_only_where_one_is_named() -> None:
    assert denial(BOTH) == policy(deny(*BOTH))
    assert denial(BOTH, Null={"x": "true"}) == policy(
        deny(*BOTH, Condition={"Null": {"x": "true"}})
    )


CONDITION = {"StringEquals": {"aws:PrincipalTag/team": "ml"}}


@pytest.mark.parametrize(
    "document",
    [
        DENIES_KEYS,
        {"Statement": deny(*BOTH)},
        policy(deny(BOTH[0]), deny(BOTH[1])),
        policy(deny("bedrock:*", "bedrock-mantle:*")),
        policy(deny("*")),
        policy({"Effect": "Deny", "Action": "*", "Resource": ["*"]}),
        policy(deny("BEDROCK*:callwith?earertoken")),
        policy(deny(*BOTH, Condition={})),
        policy(deny(*BOTH), deny("s3:*", Condition=CONDITION)),
    ],
)
def test_what_is_a_quarantine(document: dict[str, Any]) -> None:
    assert shortfall(document, BOTH) is None


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (None, "cannot be read"),
        ("{}", "cannot be read"),
        ({}, "does not deny bedrock:Call"),
        (policy(), "does not deny bedrock:Call"),
        # One plane left open.
        (policy(deny(BOTH[0])), "does not deny bedrock-mantle:CallWithBearerToken on *"),
        (policy(deny("bedrock:*")), "does not deny bedrock-mantle:CallWithBearerToken on *"),
        # Not everywhere, or not always.
        (policy(deny(*BOTH, Condition=CONDITION)), "without conditions"),
        (policy(deny(*BOTH, Resource="arn:aws:bedrock:us-east-1::x")), "on * without"),
        (policy({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}), "does not deny"),
        (policy({"Effect": "Deny", "Action": list(BOTH), "NotResource": "x"}), "does not deny"),
        (policy(deny("bedrock:[C]allWithBearerToken")), "does not deny"),
        # Whoever is quarantined would be granted something.
        (policy(deny(*BOTH), {"Effect": "Allow", "Action": "*", "Resource": "*"}), "it allows"),
        (policy({"Effect": "Allow", "Action": list(BOTH), "Resource": "*"}), "it allows"),
        (policy(deny(*BOTH), {"Action": "*"}), "it allows"),
        ({"Statement": [deny(*BOTH), "x"]}, "it allows"),
    ],
)
def test_what_is_no_quarantine(document: Any, why: str) -> None:
    assert why in (shortfall(document, BOTH) or "")


def test_a_session_is_denied_by_when_it_began_and_by_its_name() -> None:
    tokyo = timezone(timedelta(hours=9))
    document = session_denial(BOTH, UNTIL.astimezone(tokyo), "AROAEXAMPLE:run-7")
    assert document["Statement"] == [
        {
            "Effect": "Deny",
            "Action": list(BOTH),
            "Resource": "*",
            "Condition": {
                "DateLessThan": {"aws:TokenIssueTime": "2026-11-23T20:35:00Z"},
                "StringEquals": {"aws:userid": "AROAEXAMPLE:run-7"},
            },
        }
    ]
    assert "StringEquals" not in session_denial(BOTH, UNTIL, None)["Statement"][0]["Condition"]
    assert is_session_denial(document)
    assert is_session_denial(session_denial(("*",), UNTIL, None))


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        DENIES_KEYS,
        denial(BOTH, DateLessThan={"aws:CurrentTime": "2026-11-23T20:35:00Z"}),
        denial(BOTH, DateLessThan={"aws:TokenIssueTime": "x", "aws:CurrentTime": "y"}),
        policy({**session_denial(BOTH, UNTIL, None)["Statement"][0], "Effect": "Allow"}),
        policy(*session_denial(BOTH, UNTIL, None)["Statement"] * 2),
        {"Statement": ["Deny"]},
    ],
)
def test_what_does_not_just_revoke_sessions(document: Any) -> None:
    assert not is_session_denial(document)


def test_a_policys_name_says_who_why_and_until_when() -> None:
    name = policy_name(UNTIL, FINGERPRINT)
    assert name == "BedrockKeyGuard-revoke-until-20261123T2035Z-0123456789ab"
    assert read_policy_name(name) == (UNTIL, FINGERPRINT[:12])


@given(st.integers(0, 10**10).map(lambda micros: UNTIL + timedelta(microseconds=micros)))
def test_a_policys_name_never_says_too_early(until: datetime) -> None:
    read = read_policy_name(policy_name(until, FINGERPRINT))
    assert read is not None
    assert timedelta() <= read[0] - until < timedelta(minutes=1)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Deny",
        "BedrockKeyGuard-revoke-until-20261123T2035Z",
        "BedrockKeyGuard-revoke-until-20261323T2035Z-0123456789ab",
        "BedrockKeyGuard-revoke-until-20261123T2035Z-0123456789ab\n",
        "xBedrockKeyGuard-revoke-until-20261123T2035Z-0123456789ab",
        "BedrockKeyGuard-revoke-until-20261123T2035Z-0123456789ab0",
    ],
)
def test_another_name_is_not_the_guards(name: str) -> None:
    assert read_policy_name(name) is None
