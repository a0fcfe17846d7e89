"""Who may assume which role, one rule of AWS's documentation a row.

The rules are those of the STS API reference, "AssumeRole", and of the IAM user guide: "Access to
AWS accounts owned by third parties" (external id), "Passing session tags in AWS STS", "AWS JSON
policy elements: Principal". The refusal is worded as in
aws-samples/bulk-policy-migrator-scripts-for-account-cost-billing-consoles#9.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.front import signers
from sandbox.front.sandbox import ACCOUNTS, GUARD_USER, Sandbox
from sandbox.front.seeding import AccessKey, session_key
from tests.unit.sandbox.credential_calls import refusal

HUB, MEMBER = ACCOUNTS
ROLE = "BedrockKeyGuard"
ARN = f"arn:aws:iam::{MEMBER}:role/{ROLE}"
GUARD_ARN = f"arn:aws:iam::{HUB}:user/{GUARD_USER}"
ASSUME, TAG = "sts:AssumeRole", "sts:TagSession"
TAGS = [{"Key": "repository", "Value": "acme/shop"}]


def trust(principal: Any = "*", action: Any = ASSUME, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action}
    return {"Version": "2012-10-17", "Statement": [statement | more]}


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {operator: {key: value}}


EXTERNAL = when("StringEquals", "sts:ExternalId", "known")
TAGGED = when("StringEquals", "aws:RequestTag/repository", "acme/shop")
ONLY_TAGS = when("ForAllValues:StringEquals", "aws:TagKeys", ["repository"])


@dataclass(frozen=True)
class Row:
    what: str
    trust: dict[str, Any]
    asked: dict[str, Any] = field(default_factory=dict)
    denied: str | None = None

    def __str__(self) -> str:
        return self.what


ROWS = [
    Row("anybody", trust()),
    Row("the account by its number", trust(HUB)),
    Row("the account by its root", trust(f"arn:aws:iam::{HUB}:root")),
    Row("the user itself", trust([GUARD_ARN, MEMBER])),
    Row("another user", trust(f"arn:aws:iam::{HUB}:user/eve"), denied=ASSUME),
    Row("another account", trust(MEMBER), denied=ASSUME),
    Row("a service", trust() | {"Statement": []}, denied=ASSUME),
    Row("external id", trust(HUB, Condition=EXTERNAL), {"ExternalId": "known"}),
    Row("a wrong external id", trust(HUB, Condition=EXTERNAL), {"ExternalId": "x" * 9}, ASSUME),
    Row("no external id", trust(HUB, Condition=EXTERNAL), denied=ASSUME),
    Row("an external id that nobody asks for", trust(HUB), {"ExternalId": "known"}),
    Row("tags", trust(HUB, [ASSUME, TAG]), {"Tags": TAGS}),
    Row("tags without permission", trust(HUB), {"Tags": TAGS}, TAG),
    Row("the right tag", trust(HUB, [ASSUME, TAG], Condition=TAGGED), {"Tags": TAGS}),
    Row("no tag", trust(HUB, [ASSUME, TAG], Condition=TAGGED), denied=ASSUME),
    Row("known tags", trust(HUB, [ASSUME, TAG], Condition=ONLY_TAGS), {"Tags": TAGS}),
    Row(
        "another tag",
        trust(HUB, [ASSUME, TAG], Condition=ONLY_TAGS),
        {"Tags": [*TAGS, {"Key": "team", "Value": "x"}]},
        ASSUME,
    ),
    Row(
        "the principal by condition",
        trust(HUB, Condition=when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/bedrock-*")),
    ),
    Row(
        "an explicit deny",
        {"Statement": [*trust()["Statement"], *trust(HUB, Effect="Deny")["Statement"]]},
        denied=ASSUME,
    ),
]


def assume(sandbox: Sandbox, caller: AccessKey | None = None, **asked: Any) -> AccessKey:
    caller = caller or sandbox.credentials(HUB, user=GUARD_USER)
    named = {"RoleArn": ARN, "RoleSessionName": "guard"} | asked
    return session_key(sandbox.client_with(caller, "sts").assume_role(**named))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_trust_policy_decides(sandbox: Sandbox, row: Row) -> None:
    sandbox.make_role(MEMBER, ROLE, trust=row.trust)
    if row.denied is None:
        made = sandbox.client_with(assume(sandbox, **row.asked), "sts").get_caller_identity()
        assert made["Arn"] == f"arn:aws:sts::{MEMBER}:assumed-role/{ROLE}/guard"
        return
    with pytest.raises(ClientError) as caught:
        assume(sandbox, **row.asked)
    assert refusal(caught.value) == ("AccessDenied", refused(row.denied), 403)


def refused(action: str, role: str = ARN) -> str:
    return f"User: {GUARD_ARN} is not authorized to perform: {action} on resource: {role}"


@pytest.mark.parametrize(
    "role",
    [
        f"arn:aws:iam::{MEMBER}:role/nowhere",
        f"arn:aws:iam::333344445555:role/{ROLE}",
        f"arn:aws-us-gov:iam::{MEMBER}:role/{ROLE}",
        f"arn:aws:iam::{MEMBER}:role/path/{ROLE}",
    ],
)
def test_a_role_that_is_not_there_is_refused_like_one_that_does_not_trust(
    sandbox: Sandbox, role: str
) -> None:
    sandbox.make_role(MEMBER, ROLE)
    with pytest.raises(ClientError) as caught:
        assume(sandbox, RoleArn=role)
    assert refusal(caught.value) == ("AccessDenied", refused(ASSUME, role), 403)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"RoleSessionName": "a b"}, r"Value 'a b' at 'roleSessionName'"),
        ({"RoleSessionName": "x" * 65}, "'roleSessionName' failed"),
        ({"ExternalId": "known?"}, "'externalId' failed to satisfy constraint"),
        ({"DurationSeconds": 7200}, "exceeds the MaxSessionDuration set for this role"),
    ],
)
def test_what_sts_cannot_read_is_a_validation_error(
    sandbox: Sandbox, asked: dict[str, Any], text: str
) -> None:
    sandbox.make_role(MEMBER, ROLE)
    with pytest.raises(ClientError, match=text) as caught:
        assume(sandbox, **asked)
    assert refusal(caught.value)[::2] == ("ValidationError", 400)


def test_a_chain_of_roles_lasts_an_hour(sandbox: Sandbox) -> None:
    iam = sandbox.client("iam", MEMBER)
    sandbox.make_role(MEMBER, ROLE)
    iam.update_role(RoleName=ROLE, MaxSessionDuration=43_200)
    assume(sandbox, DurationSeconds=7200)
    chained = sandbox.credentials(HUB, role="hub")
    assume(sandbox, chained, DurationSeconds=3600)
    with pytest.raises(ClientError, match="1 hour session limit for roles assumed by role chain"):
        assume(sandbox, chained, DurationSeconds=7200)


def test_root_assumes_no_role(sandbox: Sandbox) -> None:
    sandbox.make_role(MEMBER, ROLE)
    with pytest.raises(ClientError, match="Roles may not be assumed by root accounts"):
        assume(sandbox, signers.root(sandbox, HUB))


def test_a_session_of_a_role_is_trusted_by_its_role(sandbox: Sandbox) -> None:
    hub = sandbox.make_role(HUB, "hub")
    sandbox.make_role(MEMBER, ROLE, trust=trust(hub))
    assume(sandbox, sandbox.credentials(HUB, role="hub"))
    with pytest.raises(ClientError, match="not authorized"):
        assume(sandbox, sandbox.credentials(HUB, role="other"))


def test_what_was_assumed_acts_in_its_account_only(sandbox: Sandbox) -> None:
    keys = {account: sandbox.make_long_term_key(account, "alice") for account in ACCOUNTS}
    sandbox.make_role(MEMBER, ROLE)
    sandbox.client_with(assume(sandbox), "iam").update_service_specific_credential(
        UserName="alice",
        ServiceSpecificCredentialId=keys[MEMBER].credential_id,
        Status="Inactive",
    )
    assert {
        account: sandbox.credential_status(account, key.credential_id)
        for account, key in keys.items()
    } == {HUB: "Active", MEMBER: "Inactive"}
    assert [call.account_id for call in sandbox.writes()] == [MEMBER]
