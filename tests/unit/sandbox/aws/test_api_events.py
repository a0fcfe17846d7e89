"""What CloudTrail records of changes made through IAM and STS (IAM user guide, "Logging IAM and AWS
STS API calls with AWS CloudTrail"), one call a row.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.front.sandbox import ACCOUNTS, GUARD_USER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.front.sandbox import Sandbox

ACCOUNT, OTHER = ACCOUNTS
USER, ROLE = "alice", "ops"
POLICY = "arn:aws:iam::aws:policy/AmazonBedrockFullAccess"
DOCUMENT = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
)
CALLS: dict[str, tuple[Callable[[Any], Any], dict[str, str]]] = {
    "CreateUser": (lambda iam: iam.create_user(UserName="eve"), {"userName": "eve"}),
    "CreateAccessKey": (lambda iam: iam.create_access_key(UserName=USER), {"userName": USER}),
    "CreateLoginProfile": (
        lambda iam: iam.create_login_profile(UserName=USER, Password="correct-horse"),
        {"userName": USER, "password": "HIDDEN_DUE_TO_SECURITY_REASONS"},
    ),
    "AttachUserPolicy": (
        lambda iam: iam.attach_user_policy(UserName=USER, PolicyArn=POLICY),
        {"userName": USER, "policyArn": POLICY},
    ),
    "DetachUserPolicy": (
        lambda iam: iam.detach_user_policy(UserName=USER, PolicyArn=POLICY),
        {"userName": USER, "policyArn": POLICY},
    ),
    "PutUserPolicy": (
        lambda iam: iam.put_user_policy(UserName=USER, PolicyName="deny", PolicyDocument=DOCUMENT),
        {"userName": USER, "policyName": "deny", "policyDocument": DOCUMENT},
    ),
    "DeleteUserPolicy": (
        lambda iam: iam.delete_user_policy(UserName=USER, PolicyName="first"),
        {"userName": USER, "policyName": "first"},
    ),
    "AttachRolePolicy": (
        lambda iam: iam.attach_role_policy(RoleName=ROLE, PolicyArn=POLICY),
        {"roleName": ROLE, "policyArn": POLICY},
    ),
    "PutRolePolicy": (
        lambda iam: iam.put_role_policy(RoleName=ROLE, PolicyName="deny", PolicyDocument=DOCUMENT),
        {"roleName": ROLE, "policyName": "deny", "policyDocument": DOCUMENT},
    ),
}


def looked_up(sandbox: Sandbox, name: str, account: str = ACCOUNT) -> list[dict[str, Any]]:
    attribute = {"AttributeKey": "EventName", "AttributeValue": name}
    trail = sandbox.client("cloudtrail", account)
    found: list[dict[str, Any]] = trail.lookup_events(LookupAttributes=[attribute])["Events"]
    return found


@pytest.fixture
def guard(sandbox: Sandbox, iam: Any) -> Any:
    sandbox.make_user(ACCOUNT, USER)
    sandbox.make_role(ACCOUNT, ROLE)
    iam.attach_user_policy(UserName=USER, PolicyArn=POLICY)
    iam.put_user_policy(UserName=USER, PolicyName="first", PolicyDocument=DOCUMENT)
    sandbox.trail.replace(ACCOUNT, "us-east-1", [])
    return sandbox.client("iam", ACCOUNT, user=GUARD_USER)


@pytest.mark.parametrize("name", CALLS)
def test_a_change_is_recorded_with_its_parameters_and_without_secrets(
    sandbox: Sandbox, guard: Any, name: str
) -> None:
    call, parameters = CALLS[name]
    call(guard)
    (found,) = looked_up(sandbox, name)
    event = json.loads(found["CloudTrailEvent"])
    assert event["requestParameters"] == parameters
    assert (event["eventName"], event["eventSource"]) == (name, "iam.amazonaws.com")
    assert (found["Username"], found["ReadOnly"]) == (GUARD_USER, "false")
    named = {resource["ResourceName"] for resource in found["Resources"]}
    expected = ("userName", "roleName", "policyArn")
    assert named >= {value for key, value in parameters.items() if key in expected}
    assert "errorCode" not in event


def test_the_answer_names_a_new_access_key_and_not_its_secret(sandbox: Sandbox, guard: Any) -> None:
    made = guard.create_access_key(UserName=USER)["AccessKey"]
    (found,) = looked_up(sandbox, "CreateAccessKey")
    answer = json.loads(found["CloudTrailEvent"])["responseElements"]["accessKey"]
    assert answer["accessKeyId"] == made["AccessKeyId"]
    assert made["SecretAccessKey"] not in found["CloudTrailEvent"]
    assert {"ResourceName": made["AccessKeyId"]} in found["Resources"]


def test_what_only_reads_is_not_recorded(sandbox: Sandbox, guard: Any) -> None:
    guard.list_users()
    guard.list_attached_user_policies(UserName=USER)
    sandbox.client("sts", ACCOUNT, user=GUARD_USER).get_caller_identity()
    assert sandbox.trail.events(ACCOUNT, "us-east-1") == []


def test_a_refusal_is_recorded_with_its_error(sandbox: Sandbox, guard: Any) -> None:
    with pytest.raises(ClientError):
        guard.detach_user_policy(UserName=USER, PolicyArn=POLICY + "-other")
    (found,) = looked_up(sandbox, "DetachUserPolicy")
    event = json.loads(found["CloudTrailEvent"])
    assert (event["errorCode"], event["responseElements"]) == ("NoSuchEntityException", None)


def test_an_assumed_role_is_recorded_in_both_accounts(sandbox: Sandbox) -> None:
    """The access key that was given is among the resources, and can be looked up by its id."""
    arn = sandbox.make_role(OTHER, ROLE)
    sts = sandbox.client("sts", ACCOUNT, user=GUARD_USER)
    made = sts.assume_role(RoleArn=arn, RoleSessionName="guard")["Credentials"]
    for account, kind in ((ACCOUNT, "IAMUser"), (OTHER, "AWSAccount")):
        (found,) = looked_up(sandbox, "AssumeRole", account)
        event = json.loads(found["CloudTrailEvent"])
        assert (event["userIdentity"]["type"], event["readOnly"]) == (kind, True)
        answer = event["responseElements"]["credentials"]
        assert answer["accessKeyId"] == made["AccessKeyId"]
        assert made["SessionToken"] not in found["CloudTrailEvent"]
        named = {resource["ResourceName"] for resource in found["Resources"]}
        assert {arn, made["AccessKeyId"]} <= named


def test_a_role_that_refuses_is_recorded_where_it_was_asked_for(sandbox: Sandbox) -> None:
    arn = sandbox.make_role(OTHER, ROLE, trust={"Statement": []})
    with pytest.raises(ClientError):
        sandbox.client("sts", ACCOUNT).assume_role(RoleArn=arn, RoleSessionName="guard")
    (found,) = looked_up(sandbox, "AssumeRole")
    assert json.loads(found["CloudTrailEvent"])["errorCode"] == "AccessDenied"
    assert looked_up(sandbox, "AssumeRole", OTHER) == []


def test_a_new_secret_is_hidden(sandbox: Sandbox) -> None:
    store = sandbox.client("ssm", ACCOUNT, user=GUARD_USER)
    store.put_parameter(Name="/bedrock/key", Value="not-to-be-seen", Type="SecureString")
    (found,) = looked_up(sandbox, "PutParameter")
    event = json.loads(found["CloudTrailEvent"])
    assert event["requestParameters"]["value"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert {"ResourceName": "/bedrock/key"} in found["Resources"]
