"""What IAM will not attach, put or delete (IAM user guide, "IAM and AWS STS quotas"; IAM API
reference, "DeleteUser", "DeletePolicy"), one rule a row.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.sandbox.credential_calls import refusal

if TYPE_CHECKING:
    from sandbox.front.sandbox import Sandbox

ACCOUNT = "111122223333"
HOLDERS = {"user": "UserName", "role": "RoleName", "group": "GroupName"}
SIZES = {"user": 2_048, "role": 10_240, "group": 5_120}


def named(kind: str) -> dict[str, str]:
    return {HOLDERS[kind]: "alice"}


@pytest.fixture
def holder(sandbox: Sandbox, iam: Any, request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    if kind == "user":
        sandbox.make_user(ACCOUNT, "alice", permissions=False)
    elif kind == "role":
        sandbox.make_role(ACCOUNT, "alice", permissions=False)
    else:
        iam.create_group(GroupName="alice")
    return kind


def policy(size: int = 0, end: str = "") -> str:
    """Write a policy of so many characters without white space."""
    deny = {"Effect": "Deny", "Action": "s3:", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": deny}
    short = json.dumps(document).replace(" ", "")
    deny["Action"] += "x" * (size - len(short)) + end if size else "*"
    return json.dumps(document, indent=4)


def make_policies(iam: Any, count: int) -> list[str]:
    return [
        iam.create_policy(PolicyName=f"p{number}", PolicyDocument=policy())["Policy"]["Arn"]
        for number in range(count)
    ]


@pytest.mark.parametrize("holder", HOLDERS, indirect=True)
def test_ten_managed_policies_can_be_attached(iam: Any, holder: str) -> None:
    attach = getattr(iam, f"attach_{holder}_policy")
    *ten, eleventh = make_policies(iam, 11)
    for arn in ten:
        attach(PolicyArn=arn, **named(holder))
    attach(PolicyArn=ten[0], **named(holder))
    with pytest.raises(ClientError) as caught:
        attach(PolicyArn=eleventh, **named(holder))
    text = f"Cannot exceed quota for PoliciesPer{holder.title()}: 10"
    assert refusal(caught.value) == ("LimitExceeded", text, 409)
    attached = getattr(iam, f"list_attached_{holder}_policies")(**named(holder))
    assert len(attached["AttachedPolicies"]) == 10


@pytest.mark.parametrize("holder", HOLDERS, indirect=True)
def test_inline_policies_have_a_size_together(iam: Any, holder: str) -> None:
    put = getattr(iam, f"put_{holder}_policy")
    put(PolicyName="first", PolicyDocument=policy(SIZES[holder]), **named(holder))
    put(PolicyName="first", PolicyDocument=policy(SIZES[holder]), **named(holder))
    with pytest.raises(ClientError) as caught:
        put(PolicyName="second", PolicyDocument=policy(), **named(holder))
    code, text, status = refusal(caught.value)
    assert (code, status) == ("LimitExceeded", 409)
    assert text == f"Maximum policy size of {SIZES[holder]} bytes exceeded for {holder} alice"


def test_a_managed_policy_has_a_size(iam: Any) -> None:
    iam.create_policy(PolicyName="large", PolicyDocument=policy(6_144))
    with pytest.raises(ClientError, match="quota for PolicySize: 6144"):
        iam.create_policy(PolicyName="larger", PolicyDocument=policy(6_145))


def delete_user(iam: Any) -> None:
    iam.delete_user(UserName="alice")


def delete_role(iam: Any) -> None:
    iam.delete_role(RoleName="alice")


OBSTACLES: dict[str, tuple[str, Any, str]] = {
    "a user's managed policy": (
        "user",
        lambda iam: iam.attach_user_policy(UserName="alice", PolicyArn=make_policies(iam, 1)[0]),
        "must detach all policies first",
    ),
    "a user's inline policy": (
        "user",
        lambda iam: iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy()),
        "must delete policies first",
    ),
    "an access key": (
        "user",
        lambda iam: iam.create_access_key(UserName="alice"),
        "must delete access keys first",
    ),
    "a password": (
        "user",
        lambda iam: iam.create_login_profile(UserName="alice", Password="correct-horse"),
        "must delete login profile first",
    ),
    "a credential": (
        "user",
        lambda iam: iam.create_service_specific_credential(
            UserName="alice", ServiceName="bedrock.amazonaws.com"
        ),
        "must remove referenced objects first",
    ),
    "a role's managed policy": (
        "role",
        lambda iam: iam.attach_role_policy(RoleName="alice", PolicyArn=make_policies(iam, 1)[0]),
        "must detach all policies first",
    ),
    "a role's inline policy": (
        "role",
        lambda iam: iam.put_role_policy(RoleName="alice", PolicyName="p", PolicyDocument=policy()),
        "must delete policies first",
    ),
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_something_hangs_on_is_not_deleted(sandbox: Sandbox, iam: Any, obstacle: str) -> None:
    kind, make, text = OBSTACLES[obstacle]
    if kind == "user":
        sandbox.make_user(ACCOUNT, "alice", permissions=False)
    else:
        sandbox.make_role(ACCOUNT, "alice", permissions=False)
    make(iam)
    with pytest.raises(ClientError, match=text) as caught:
        (delete_user if kind == "user" else delete_role)(iam)
    assert refusal(caught.value)[::2] == ("DeleteConflict", 409)


@pytest.mark.parametrize("kind", ["user", "role"])
def test_what_nothing_hangs_on_is_deleted(sandbox: Sandbox, iam: Any, kind: str) -> None:
    sandbox.make_user(ACCOUNT, "alice", permissions=False)
    sandbox.make_role(ACCOUNT, "alice", permissions=False)
    (delete_user if kind == "user" else delete_role)(iam)
    with pytest.raises(ClientError) as caught:
        (delete_user if kind == "user" else delete_role)(iam)
    assert refusal(caught.value)[::2] == ("NoSuchEntity", 404)


def test_a_policy_is_deleted_when_nobody_has_it_and_it_has_one_version(
    sandbox: Sandbox, iam: Any
) -> None:
    sandbox.make_user(ACCOUNT, "alice", permissions=False)
    (arn,) = make_policies(iam, 1)
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    with pytest.raises(ClientError, match="Cannot delete a policy attached to entities"):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_user_policy(UserName="alice", PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(), SetAsDefault=True)
    with pytest.raises(ClientError, match="more than one version") as caught:
        iam.delete_policy(PolicyArn=arn)
    assert refusal(caught.value)[::2] == ("DeleteConflict", 409)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_policy(PolicyArn=arn)


def test_what_is_not_attached_is_not_detached(sandbox: Sandbox, iam: Any) -> None:
    sandbox.make_user(ACCOUNT, "alice", permissions=False)
    (arn,) = make_policies(iam, 1)
    with pytest.raises(ClientError) as caught:
        iam.detach_user_policy(UserName="alice", PolicyArn=arn)
    assert refusal(caught.value)[::2] == ("NoSuchEntity", 404)
