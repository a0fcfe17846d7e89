"""In which words each plane refuses a key whose owner's policies deny it, one recorded case a row.

The cases are those of the Amazon Bedrock user guide, "Revoke Amazon Bedrock API keys" (both planes
have to be denied; denying sessions), and of the IAM user guide, "Troubleshoot access denied error
messages" (the words). That a `Deny` of `*` is said of the operation was seen in a field report of
2025-08; that mantle may call such a key invalid in NousResearch/hermes-agent#87190.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.bedrock.planes import CONCEALMENTS, Manner

if TYPE_CHECKING:
    from sandbox.front.sandbox import Sandbox
    from tests.unit.sandbox.conftest import Asker

ACCOUNT = "111122223333"
USER, ROLE, GROUP = "BedrockAPIKey-ex4m", "ml-pipeline", "callers"
USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/{USER}"
PROJECT = f"arn:aws:bedrock-mantle:us-east-1:{ACCOUNT}:project/default"
BEARER, MANTLE_BEARER = "bedrock:CallWithBearerToken", "bedrock-mantle:CallWithBearerToken"
LIST, MANTLE_LIST = "bedrock:ListFoundationModels", "bedrock-mantle:ListModels"
EXPLICIT = "with an explicit deny in an identity-based policy"
ACCEPTED = "accepted"
INVALID = "Invalid bearer token"


def deny(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*"} | more


def refused(action: str, reason: str = EXPLICIT) -> str:
    resource = {LIST: "", MANTLE_LIST: f" on resource: {PROJECT}"}.get(action, " on resource: *")
    return f"User: {USER_ARN} is not authorized to perform: {action}{resource} {reason}"


def missing(action: str) -> str:
    return refused(action, f"because no identity-based policy allows the {action} action")


@dataclass(frozen=True)
class Row:
    what: str
    statement: dict[str, Any]
    control: str
    mantle: str
    manner: Manner = field(default_factory=Manner)

    def __str__(self) -> str:
        return self.what


OPERATION_FIRST = Manner(checks_first="operation")
LONG = {"StringEquals": {"bedrock:BearerTokenType": "LONG_TERM"}}
SHORT = {"StringLike": {"bedrock:BearerTokenType": "SHORT*"}}
MANTLE_LONG = {"StringEquals": {"bedrock-mantle:BearerTokenType": "LONG_TERM"}}
SESSIONS = {"DateLessThan": {"aws:TokenIssueTime": "2099-01-01T00:00:00Z"}}
ROWS = [
    Row("both planes", deny(BEARER, MANTLE_BEARER), refused(BEARER), refused(MANTLE_BEARER)),
    Row("the first plane alone", deny(BEARER), refused(BEARER), ACCEPTED),
    Row("mantle alone", deny(MANTLE_BEARER), ACCEPTED, refused(MANTLE_BEARER)),
    Row("by wildcard", deny("*:CallWithBearer*"), refused(BEARER), refused(MANTLE_BEARER)),
    Row("everything", deny("*"), refused(BEARER), refused(MANTLE_BEARER)),
    Row(
        "everything, the operation first",
        deny("*"),
        refused(LIST),
        refused(MANTLE_LIST),
        OPERATION_FIRST,
    ),
    Row(
        "both planes, the operation first",
        deny(BEARER, MANTLE_BEARER),
        refused(BEARER),
        refused(MANTLE_BEARER),
        OPERATION_FIRST,
    ),
    Row(
        "both planes, which mantle conceals",
        deny(BEARER, MANTLE_BEARER),
        refused(BEARER),
        INVALID,
        Manner(mantle_conceals=CONCEALMENTS["invalid"]),
    ),
    Row("the listing alone", deny(LIST, MANTLE_LIST), refused(LIST), refused(MANTLE_LIST)),
    Row(
        "all but IAM",
        {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"},
        refused(BEARER),
        refused(MANTLE_BEARER),
    ),
    Row(
        "all but Bedrock",
        {"Effect": "Deny", "NotAction": ["bedrock:*", "bedrock-mantle:*"], "Resource": "*"},
        ACCEPTED,
        ACCEPTED,
    ),
    Row("long-term keys", deny("*", Condition=LONG), refused(BEARER), ACCEPTED),
    Row(
        "long-term keys on mantle",
        deny("*", Condition=MANTLE_LONG),
        ACCEPTED,
        refused(MANTLE_BEARER),
    ),
    Row("short-term keys", deny("*", Condition=SHORT), ACCEPTED, ACCEPTED),
    Row("sessions", deny("*", Condition=SESSIONS), ACCEPTED, ACCEPTED),
    Row("another service", deny("s3:*"), ACCEPTED, ACCEPTED),
]


@pytest.mark.parametrize("holder", ["user", "group"])
@pytest.mark.parametrize("kind", ["inline", "managed"])
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_long_term_key_is_refused_in_the_words_that_were_recorded(
    sandbox: Sandbox, ask: Asker, iam: Any, row: Row, kind: str, holder: str
) -> None:
    key = sandbox.make_long_term_key(ACCOUNT, USER).key
    sandbox.bedrock.manner = row.manner
    give(iam, row.statement, kind, holder)
    assert said(ask, key) == (row.control, row.mantle)


def give(iam: Any, statement: dict[str, Any], kind: str, holder: str) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    name = {"UserName": USER} if holder == "user" else {"GroupName": GROUP}
    if holder == "group":
        iam.create_group(GroupName=GROUP)
        iam.add_user_to_group(GroupName=GROUP, UserName=USER)
    if kind == "managed":
        made = iam.create_policy(PolicyName="deny", PolicyDocument=document)
        attach = iam.attach_user_policy if holder == "user" else iam.attach_group_policy
        attach(PolicyArn=made["Policy"]["Arn"], **name)
    else:
        put = iam.put_user_policy if holder == "user" else iam.put_group_policy
        put(PolicyName="deny", PolicyDocument=document, **name)


def said(ask: Asker, key: str) -> tuple[str, str]:
    control, mantle = ask.bedrock(key), ask.mantle(key)
    return (
        ACCEPTED if control.status_code == 200 else control.json()["Message"],
        ACCEPTED if mantle.status_code == 200 else mantle.json()["error"]["message"],
    )


@pytest.mark.parametrize(
    ("allowed", "manner", "expected"),
    [
        ([], Manner(), (missing(BEARER), missing(MANTLE_BEARER))),
        ([], OPERATION_FIRST, (missing(LIST), missing(MANTLE_LIST))),
        ([], Manner(mantle_conceals=CONCEALMENTS["invalid"]), (missing(BEARER), INVALID)),
        ([BEARER, MANTLE_BEARER], Manner(), (missing(LIST), missing(MANTLE_LIST))),
        ([LIST, MANTLE_LIST], OPERATION_FIRST, (missing(BEARER), missing(MANTLE_BEARER))),
        ([BEARER, LIST], Manner(), (ACCEPTED, missing(MANTLE_BEARER))),
        (["bedrock:*", "bedrock-mantle:*"], Manner(), (ACCEPTED, ACCEPTED)),
    ],
)
def test_a_key_whose_user_lacks_a_permission_is_told_which(
    sandbox: Sandbox,
    ask: Asker,
    iam: Any,
    allowed: list[str],
    manner: Manner,
    expected: tuple[str, str],
) -> None:
    sandbox.make_user(ACCOUNT, USER, permissions=False)
    key = sandbox.make_long_term_key(ACCOUNT, USER).key
    sandbox.bedrock.manner = manner
    if allowed:
        give(iam, deny(*allowed, Effect="Allow"), "inline", "user")
    assert said(ask, key) == expected


def test_only_the_default_version_of_a_managed_policy_counts(
    sandbox: Sandbox, ask: Asker, iam: Any
) -> None:
    key = sandbox.make_long_term_key(ACCOUNT, USER).key
    give(iam, deny(BEARER, MANTLE_BEARER), "managed", "user")
    arn = f"arn:aws:iam::{ACCOUNT}:policy/deny"
    document = json.dumps({"Version": "2012-10-17", "Statement": deny("s3:*")})
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    assert said(ask, key) == (ACCEPTED, ACCEPTED)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    assert said(ask, key) == (refused(BEARER), refused(MANTLE_BEARER))
    iam.detach_user_policy(UserName=USER, PolicyArn=arn)
    assert said(ask, key) == (ACCEPTED, ACCEPTED)


def test_a_role_is_named_by_its_session(sandbox: Sandbox, ask: Asker, iam: Any) -> None:
    key = sandbox.make_short_term_key(ACCOUNT, role=ROLE).key
    document = json.dumps({"Version": "2012-10-17", "Statement": deny("*", Condition=SESSIONS)})
    iam.put_role_policy(RoleName=ROLE, PolicyName="revoke", PolicyDocument=document)
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/sandbox-session"
    expected = refused(BEARER).replace(USER_ARN, arn), refused(MANTLE_BEARER).replace(USER_ARN, arn)
    assert said(ask, key) == expected
