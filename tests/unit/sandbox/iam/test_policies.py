from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.iam.policies import Decision, UnsupportedConditionError, evaluate

ACTION = "bedrock:CallWithBearerToken"
ISSUED = {"aws:TokenIssueTime": "2026-11-23T00:00:00+00:00"}


def statement(
    effect: str, action: Any = ACTION, resource: Any = "*", **more: Any
) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource} | more


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {operator: {key: value}}


ALLOW, DENY = statement("Allow"), statement("Deny")


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], Decision.NOT_ALLOWED),
        ([ALLOW], Decision.ALLOWED),
        ([DENY], Decision.EXPLICIT_DENY),
        ([ALLOW, DENY], Decision.EXPLICIT_DENY),
        ([DENY, ALLOW], Decision.EXPLICIT_DENY),
        ([statement("Allow", "BEDROCK:callwith*")], Decision.ALLOWED),
        ([statement("Allow", "bedrock-mantle:*")], Decision.NOT_ALLOWED),
        ([statement("Allow", ["s3:*", "bedrock:CallWithBearerToke?"])], Decision.ALLOWED),
        ([statement("Allow", "bedrock.CallWithBearerToken")], Decision.NOT_ALLOWED),
        ([statement("Allow", resource="arn:aws:bedrock:*")], Decision.NOT_ALLOWED),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], Decision.ALLOWED),
        ([{"Effect": "Allow", "NotAction": "bedrock:*", "Resource": "*"}], Decision.NOT_ALLOWED),
        ([{"Effect": "Deny", "Action": "*", "NotResource": "*"}], Decision.NOT_ALLOWED),
    ],
)
def test_statements_are_weighed_as_iam_does(
    statements: list[dict[str, Any]], expected: Decision
) -> None:
    assert evaluate([json.dumps({"Statement": statements})], ACTION, "*", {}) is expected


@pytest.mark.parametrize(
    ("condition", "context", "denied"),
    [
        (when("DateLessThan", "aws:TokenIssueTime", "2026-11-24T00:00:00Z"), ISSUED, True),
        (when("DateLessThan", "aws:TokenIssueTime", "2026-11-22T00:00:00Z"), ISSUED, False),
        (when("DateLessThan", "aws:TokenIssueTime", "2026-11-24T00:00:00Z"), {}, False),
        (when("StringEquals", "aws:userid", "AROA:me"), {"aws:UserId": "AROA:me"}, True),
        (when("StringEquals", "aws:userid", ["x", "AROA:me"]), {"aws:userid": "AROA:me"}, True),
        (when("StringEquals", "aws:userid", "aroa:me"), {"aws:userid": "AROA:me"}, False),
        (when("StringLike", "aws:userid", "*:me"), {"aws:userid": "AROA:me"}, True),
        (when("StringLike", "aws:userid", "*:you"), {"aws:userid": "AROA:me"}, False),
    ],
)
def test_a_deny_holds_only_when_its_condition_is_met(
    condition: dict[str, Any], context: dict[str, str], denied: bool
) -> None:
    documents = [
        json.dumps({"Statement": ALLOW}),
        json.dumps({"Statement": statement("Deny", Condition=condition)}),
    ]
    expected = Decision.EXPLICIT_DENY if denied else Decision.ALLOWED
    assert evaluate(documents, ACTION, "*", context) is expected


def test_an_unknown_operator_is_not_guessed() -> None:
    unknown = statement("Deny", Condition=when("IpAddress", "aws:SourceIp", "0.0.0.0/0"))
    with pytest.raises(UnsupportedConditionError, match="IpAddress"):
        evaluate([json.dumps({"Statement": unknown})], ACTION, "*", {})
