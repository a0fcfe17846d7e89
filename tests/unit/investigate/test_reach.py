from __future__ import annotations

from typing import Any

import pytest

from bedrock_key_guard.aws.session import Session
from bedrock_key_guard.investigate.reach import reach_of_role, reach_of_user
from bedrock_key_guard.model.usage import Holding, Reach
from sandbox.base.faults import ACCESS_DENIED
from sandbox.front.sandbox import Sandbox

ACCOUNT = "111122223333"


@pytest.fixture
def iam(sandbox: Sandbox) -> Any:
    return sandbox.client("iam", ACCOUNT)


def held(reach: Reach) -> dict[str, Holding]:
    return {holding.name: holding for holding in reach.holdings}


def test_a_user_with_a_key_alone_has_nothing_else(
    session: Session, sandbox: Sandbox, iam: Any
) -> None:
    iam.create_user(UserName="bare")
    leaked = sandbox.make_long_term_key(ACCOUNT, "bare")
    for policy in iam.list_attached_user_policies(UserName="bare")["AttachedPolicies"]:
        iam.detach_user_policy(UserName="bare", PolicyArn=policy["PolicyArn"])
    for name in iam.list_user_policies(UserName="bare")["PolicyNames"]:
        iam.delete_user_policy(UserName="bare", PolicyName=name)
    reach = reach_of_user(session, "bare", leaked.credential_id)
    assert reach.holder == f"arn:aws:iam::{ACCOUNT}:user/bare"
    assert [(each.values, each.unknown) for each in reach.holdings] == [((), None)] * 7


def test_all_that_a_user_has_is_listed(session: Session, sandbox: Sandbox, iam: Any) -> None:
    leaked = sandbox.make_long_term_key(ACCOUNT, "alice")
    other = sandbox.make_long_term_key(ACCOUNT, "alice")
    access_key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    iam.create_login_profile(UserName="alice", Password="correct-Horse-1")
    iam.create_group(GroupName="admins")
    iam.add_user_to_group(GroupName="admins", UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="more", PolicyDocument=POLICY)
    found = held(reach_of_user(session, "alice", leaked.credential_id))
    assert found["Bedrock and other service-specific credentials"].values == (
        f"{other.credential_id}, bedrock.amazonaws.com, Active",
    )
    assert found["access keys"].values == (f"{access_key}, Active",)
    assert found["console password"].values[0].startswith("since 20")
    assert found["groups"].values == ("admins",)
    assert "more" in found["inline policies"].values


POLICY = (
    '{"Version": "2012-10-17", "Statement": '
    '[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
)


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("ListServiceSpecificCredentials", "Bedrock and other service-specific credentials"),
        ("ListAccessKeys", "access keys"),
        ("GetLoginProfile", "console password"),
        ("ListMFADevices", "MFA devices"),
        ("ListAttachedUserPolicies", "attached policies"),
        ("ListUserPolicies", "inline policies"),
        ("ListGroupsForUser", "groups"),
    ],
)
def test_what_is_denied_is_unknown_and_nothing_else(
    action: str, name: str, session: Session, sandbox: Sandbox
) -> None:
    leaked = sandbox.make_long_term_key(ACCOUNT, "alice")
    sandbox.aws_faults.add(ACCESS_DENIED, on=f"iam:{action}", times=None)
    reach = reach_of_user(session, "alice", leaked.credential_id)
    assert {each.name: each.unknown for each in reach.holdings if each.unknown} == {
        name: f"iam:{action} failed (AccessDenied)"
    }


def test_a_role_has_policies(session: Session, sandbox: Sandbox, iam: Any) -> None:
    sandbox.make_role(ACCOUNT, "ml-pipeline")
    iam.put_role_policy(RoleName="ml-pipeline", PolicyName="more", PolicyDocument=POLICY)
    reach = reach_of_role(session, "ml-pipeline")
    assert reach.holder == f"arn:aws:iam::{ACCOUNT}:role/ml-pipeline"
    assert "more" in held(reach)["inline policies"].values


def test_nothing_is_changed(session: Session, sandbox: Sandbox) -> None:
    leaked = sandbox.make_long_term_key(ACCOUNT, "alice")
    reach_of_user(session, "alice", leaked.credential_id)
    assert sandbox.writes() == ()
