"""What each condition operator of the IAM user guide makes of a request."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.iam.conditions import UnsupportedConditionError, conditions_met, matches

TYPE = "bedrock:BearerTokenType"
ISSUED = "aws:TokenIssueTime"
BEGAN: dict[str, str | tuple[str, ...]] = {ISSUED: "2026-11-23T00:00:00+00:00"}
POLICY = "arn:aws:iam::111122223333:policy/BedrockKeyGuardQuarantine"
RESOURCE_ORG = "aws:ResourceOrgID"
SAME_ORGANIZATION = (RESOURCE_ORG, "${aws:PrincipalOrgID}")

ROWS: list[tuple[str, str, Any, dict[str, str | tuple[str, ...]], bool]] = [
    ("StringEquals", TYPE, "LONG_TERM", {TYPE: "LONG_TERM"}, True),
    ("StringEquals", TYPE, "long_term", {TYPE: "LONG_TERM"}, False),
    ("StringEquals", "BEDROCK:bearertokentype", "LONG_TERM", {TYPE: "LONG_TERM"}, True),
    ("StringEquals", TYPE, ["SHORT_TERM", "LONG_TERM"], {TYPE: "LONG_TERM"}, True),
    ("StringEquals", TYPE, "LONG_TERM", {}, False),
    ("StringEqualsIfExists", TYPE, "LONG_TERM", {}, True),
    ("StringEqualsIfExists", TYPE, "LONG_TERM", {TYPE: "SHORT_TERM"}, False),
    ("StringEqualsIgnoreCase", TYPE, "long_term", {TYPE: "LONG_TERM"}, True),
    ("StringNotEquals", TYPE, "LONG_TERM", {TYPE: "SHORT_TERM"}, True),
    ("StringNotEquals", TYPE, ["LONG_TERM", "SHORT_TERM"], {TYPE: "SHORT_TERM"}, False),
    ("StringNotEquals", TYPE, "LONG_TERM", {}, True),
    ("StringNotEqualsIgnoreCase", TYPE, "long_term", {TYPE: "LONG_TERM"}, False),
    ("StringLike", TYPE, "*_TERM", {TYPE: "LONG_TERM"}, True),
    ("StringLike", TYPE, "????_TERM", {TYPE: "SHORT_TERM"}, False),
    ("StringNotLike", TYPE, "LONG*", {TYPE: "SHORT_TERM"}, True),
    ("DateLessThan", ISSUED, "2026-11-23T00:00:01Z", BEGAN, True),
    ("DateLessThan", ISSUED, "2026-11-23T00:00:00Z", BEGAN, False),
    ("DateLessThan", ISSUED, "2026-11-23T00:00:01Z", {}, False),
    ("DateLessThan", ISSUED, "2026-11-23T01:00:00-01:00", BEGAN, True),
    ("DateLessThan", ISSUED, "2026-11-24", BEGAN, True),
    ("DateLessThan", ISSUED, 1795391999, BEGAN, False),
    ("DateLessThanEquals", ISSUED, "2026-11-23T00:00:00Z", BEGAN, True),
    ("DateGreaterThan", ISSUED, "2026-11-22T00:00:00Z", BEGAN, True),
    ("DateNotEquals", ISSUED, "2026-11-23T00:00:00Z", BEGAN, False),
    ("NumericGreaterThan", "iam:ServiceSpecificCredentialAgeDays", "90", {}, False),
    (
        "NumericGreaterThan",
        "iam:ServiceSpecificCredentialAgeDays",
        "90",
        {"iam:ServiceSpecificCredentialAgeDays": "91"},
        True,
    ),
    ("StringEquals", *SAME_ORGANIZATION, {RESOURCE_ORG: "o-a", "aws:PrincipalOrgID": "o-a"}, True),
    ("StringEquals", *SAME_ORGANIZATION, {RESOURCE_ORG: "o-b", "aws:PrincipalOrgID": "o-a"}, False),
    ("StringEquals", *SAME_ORGANIZATION, {RESOURCE_ORG: "o-a"}, False),
    ("StringEquals", *SAME_ORGANIZATION, {"aws:PrincipalOrgID": "o-a"}, False),
    ("StringNotEquals", *SAME_ORGANIZATION, {RESOURCE_ORG: "o-a"}, False),
    ("Null", "iam:ServiceSpecificCredentialAgeDays", "true", {}, True),
    ("Null", "iam:ServiceSpecificCredentialAgeDays", False, {}, False),
    ("Bool", "aws:ViaAWSService", False, {"aws:ViaAWSService": "false"}, True),
    ("ArnEquals", "iam:PolicyARN", POLICY, {"iam:PolicyARN": POLICY}, True),
    (
        "ArnLike",
        "iam:PolicyARN",
        "arn:aws:iam::*:policy/Bedrock*",
        {"iam:PolicyARN": POLICY},
        True,
    ),
    ("ArnLike", "iam:PolicyARN", "arn:*", {"iam:PolicyARN": POLICY}, False),
    ("ArnNotEquals", "iam:PolicyARN", POLICY, {"iam:PolicyARN": POLICY}, False),
    ("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b"], {"aws:TagKeys": ("a",)}, True),
    ("ForAllValues:StringEquals", "aws:TagKeys", ["a"], {"aws:TagKeys": ("a", "b")}, False),
    ("ForAllValues:StringEquals", "aws:TagKeys", ["a"], {}, True),
    ("ForAnyValue:StringEquals", "aws:TagKeys", ["a"], {"aws:TagKeys": ("a", "b")}, True),
    ("ForAnyValue:StringEquals", "aws:TagKeys", ["a"], {}, False),
]


@pytest.mark.parametrize(("operator", "key", "expected", "context", "met"), ROWS)
def test_an_operator_is_judged_as_the_user_guide_says(
    operator: str,
    key: str,
    expected: Any,
    context: dict[str, str | tuple[str, ...]],
    met: bool,
) -> None:
    assert conditions_met({operator: {key: expected}}, context) is met


@pytest.mark.parametrize("met", [True, False])
def test_all_conditions_of_a_statement_have_to_be_met(met: bool) -> None:
    conditions = {"StringEquals": {"a": "1", "b": "2"}, "Null": {"c": "true"}}
    assert conditions_met(conditions, {"a": "1", "b": "2" if met else "3"}) is met


@pytest.mark.parametrize(
    ("conditions", "context"),
    [
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, {"aws:SourceIp": "127.0.0.1"}),
        ({"StringEquels": {"a": "1"}}, {}),
        ({"StringEquals": {"aws:TagKeys": "a"}}, {"aws:TagKeys": ("a", "b")}),
    ],
)
def test_what_is_not_known_is_not_guessed(
    conditions: dict[str, Any], context: dict[str, str | tuple[str, ...]]
) -> None:
    with pytest.raises(UnsupportedConditionError):
        conditions_met(conditions, context)


@given(st.text(alphabet="ab*?.[\n", max_size=8))
def test_only_asterisk_and_question_mark_are_wild(text: str) -> None:
    assert matches(text, text.replace("*", "xyz").replace("?", "x"))
    assert matches("*", text)
    assert not matches(text + "c", text)
