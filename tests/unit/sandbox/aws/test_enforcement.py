"""Which policy allows which call within `enforced()`, and how the refusal names what is missing.

Resources and condition keys are those of the Service Authorization Reference; the words are those
of hashicorp/boundary#3877 and of the IAM user guide, "Troubleshoot access denied error messages".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.front.sandbox import GUARD_POLICY, GUARD_USER, Sandbox
from tests.unit.sandbox.aws.guard_calls import (
    ACCOUNT,
    ACTIONS,
    DOCUMENT,
    FULL_ACCESS,
    IAM,
    OTHER,
    QUARANTINE,
    ROLE,
    USER,
    Call,
    Client,
    Scene,
    assume,
    attach_role,
    attach_something_else,
    attach_user,
    describe_account,
    get_policy,
    key_info,
    last_used,
    list_all,
    list_one,
    list_own,
    list_users,
    look_up,
    put_parameter,
    put_role,
    store,
    update,
)
from tests.unit.sandbox.credential_calls import refusal

GUARD_ARN = f"{IAM}:user/{GUARD_USER}"
BEDROCK = {"StringEquals": {"iam:ServiceSpecificCredentialServiceName": "bedrock.amazonaws.com"}}
LOGS = {"StringEquals": {"iam:ServiceSpecificCredentialServiceName": "logs.amazonaws.com"}}
ONLY_QUARANTINE = {"ArnEquals": {"iam:PolicyARN": QUARANTINE}}
TRUST = {"Statement": {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:*"}}


@dataclass(frozen=True)
class Row:
    call: Call
    action: str
    resource: str = "*"
    condition: dict[str, Any] | None = None
    allowed: bool = True
    shown: str | None = None

    def __str__(self) -> str:
        return f"{self.call.__name__} by {self.resource}"


ALICE, OPS = f"{IAM}:user/{USER}", f"{IAM}:role/{ROLE}"
UPDATE, LIST = "iam:UpdateServiceSpecificCredential", "iam:ListServiceSpecificCredentials"
ROWS = [
    Row(update, UPDATE, f"{IAM}:user/*", BEDROCK),
    Row(update, UPDATE, ALICE),
    Row(update, UPDATE, f"{IAM}:user/bob", shown="user alice", allowed=False),
    Row(update, UPDATE, "*", LOGS, allowed=False, shown="user alice"),
    Row(list_one, LIST, ALICE),
    Row(list_one, LIST, ALICE, BEDROCK, allowed=False, shown="user alice"),
    Row(list_all, LIST, f"{IAM}:user/*"),
    Row(list_all, LIST, ALICE, allowed=False, shown=f"{IAM}:user/*"),
    Row(list_all, LIST, GUARD_ARN, allowed=False, shown=f"{IAM}:user/*"),
    Row(list_one, LIST, GUARD_ARN, allowed=False, shown="user alice"),
    Row(list_own, LIST, GUARD_ARN),
    Row(list_own, LIST, f"{IAM}:user/*"),
    Row(list_own, LIST, ALICE, allowed=False, shown=f"user {GUARD_USER}"),
    Row(attach_user, "iam:AttachUserPolicy", f"{IAM}:user/*", ONLY_QUARANTINE),
    Row(
        attach_something_else,
        "iam:AttachUserPolicy",
        f"{IAM}:user/*",
        ONLY_QUARANTINE,
        allowed=False,
        shown="user alice",
    ),
    Row(attach_role, "iam:AttachRolePolicy", f"{IAM}:role/*", ONLY_QUARANTINE),
    Row(attach_role, "iam:AttachRolePolicy", f"{IAM}:user/*", allowed=False, shown="role ops"),
    Row(put_role, "iam:PutRolePolicy", OPS),
    Row(put_role, "iam:AttachRolePolicy", allowed=False, shown="role ops"),
    Row(get_policy, "iam:GetPolicy", QUARANTINE),
    Row(get_policy, "iam:GetPolicy", FULL_ACCESS, allowed=False, shown=f"policy {QUARANTINE}"),
    Row(list_users, "iam:ListUsers", f"{IAM}:user/*"),
    Row(list_users, "iam:ListRoles", allowed=False, shown=f"{IAM}:user/"),
    Row(last_used, "iam:*", ALICE),
    Row(look_up, "cloudtrail:LookupEvents"),
    Row(look_up, "cloudtrail:Describe*", allowed=False),
    Row(key_info, "sts:GetCallerIdentity", allowed=False),
    Row(assume, "sts:AssumeRole", "arn:aws:iam::*:role/BedrockKeyGuard"),
    Row(
        assume,
        "sts:AssumeRole",
        f"{IAM}:role/*",
        allowed=False,
        shown=f"arn:aws:iam::{OTHER}:role/BedrockKeyGuard",
    ),
    Row(
        describe_account,
        "organizations:DescribeAccount",
        f"arn:aws:organizations::{ACCOUNT}:account/*",
    ),
    Row(
        describe_account,
        "organizations:ListAccounts",
        allowed=False,
        shown=f"arn:aws:organizations::{ACCOUNT}:account/o-exampleorgid/{OTHER}",
    ),
    Row(
        store,
        "secretsmanager:PutSecretValue",
        f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:bedrock/key-??????",
    ),
    Row(
        put_parameter,
        "ssm:PutParameter",
        f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/bedrock/key",
    ),
    Row(
        put_parameter,
        "ssm:PutParameter",
        f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/other",
        allowed=False,
        shown=f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/bedrock/key",
    ),
]


@pytest.fixture
def scene(sandbox: Sandbox, iam: Any) -> Scene:
    sandbox.organize(ACCOUNT)
    sandbox.make_short_term_key(ACCOUNT, user=USER)
    sandbox.make_role(ACCOUNT, ROLE)
    iam.create_policy(PolicyName="BedrockKeyGuardQuarantine", PolicyDocument=DOCUMENT)
    sandbox.client("secretsmanager", ACCOUNT).create_secret(Name="bedrock/key", SecretString="x")
    return Scene(
        sandbox.make_long_term_key(ACCOUNT, USER),
        sandbox.make_role(OTHER, "BedrockKeyGuard", trust=TRUST),
    )


def clients(sandbox: Sandbox) -> Client:
    return lambda service: sandbox.client(service, ACCOUNT, user=GUARD_USER)


def allow(iam: Any, action: str, resource: str, condition: dict[str, Any] | None) -> None:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": resource}
    if condition is not None:
        statement["Condition"] = condition
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName=GUARD_USER, PolicyName=GUARD_POLICY, PolicyDocument=document)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_policy_allows_what_it_says_and_a_refusal_names_what_is_missing(
    sandbox: Sandbox, iam: Any, scene: Scene, row: Row
) -> None:
    allow(iam, row.action, row.resource, row.condition)
    with sandbox.enforced():
        if row.allowed:
            assert row.call(clients(sandbox), scene)
            return
        with pytest.raises(ClientError) as caught:
            row.call(clients(sandbox), scene)
    action = ACTIONS[row.call]
    by_query = action.startswith(("iam:", "sts:"))
    where = "" if row.shown is None else f" on resource: {row.shown}"
    why = f"because no identity-based policy allows the {action} action"
    said = f"User: {GUARD_ARN} is not authorized to perform: {action}{where} {why}"
    code = "AccessDenied" if by_query else "AccessDeniedException"
    assert refusal(caught.value) == (code, said, 403 if by_query else 400)


def test_outside_of_it_no_policy_is_asked(sandbox: Sandbox, iam: Any, scene: Scene) -> None:
    allow(iam, "s3:*", "*", None)
    assert update(clients(sandbox), scene)


def test_an_explicit_deny_wins_and_says_so(sandbox: Sandbox, iam: Any, scene: Scene) -> None:
    iam.put_user_policy(UserName=GUARD_USER, PolicyName="deny", PolicyDocument=DOCUMENT)
    with sandbox.enforced(), pytest.raises(ClientError, match="with an explicit deny in an ident"):
        update(clients(sandbox), scene)


def test_who_one_is_may_always_be_asked(sandbox: Sandbox, iam: Any) -> None:
    """STS API reference: no permissions are required to call `GetCallerIdentity`."""
    iam.put_user_policy(UserName=GUARD_USER, PolicyName="deny", PolicyDocument=DOCUMENT)
    with sandbox.enforced():
        assert clients(sandbox)("sts").get_caller_identity()["Arn"] == GUARD_ARN


def test_an_assumed_role_may_do_what_its_own_policies_allow(sandbox: Sandbox, scene: Scene) -> None:
    session = sandbox.credentials(ACCOUNT, role=ROLE)
    with sandbox.enforced(), pytest.raises(ClientError, match="assumed-role/ops") as caught:
        update(lambda service: sandbox.client_with(session, service), scene)
    assert refusal(caught.value)[0] == "AccessDenied"


def test_a_trust_in_the_own_account_that_names_the_caller_is_enough(
    sandbox: Sandbox, iam: Any
) -> None:
    """IAM user guide, "Cross-account policy evaluation logic": within one account either allows."""
    trusted = {"Effect": "Allow", "Principal": {"AWS": GUARD_ARN}, "Action": "sts:AssumeRole"}
    arn = sandbox.make_role(ACCOUNT, "trusting", trust={"Statement": trusted})
    allow(iam, "s3:*", "*", None)
    with sandbox.enforced():
        assert clients(sandbox)("sts").assume_role(RoleArn=arn, RoleSessionName="guard")


def test_a_policy_that_cannot_be_judged_is_an_error_of_the_sandbox(
    sandbox: Sandbox, iam: Any, scene: Scene
) -> None:
    allow(iam, "*", "*", {"IpAddress": {"aws:SourceIp": "127.0.0.1"}})
    with sandbox.enforced(), pytest.raises(ClientError, match="IpAddress") as caught:
        update(clients(sandbox), scene)
    assert refusal(caught.value)[2] == 500
