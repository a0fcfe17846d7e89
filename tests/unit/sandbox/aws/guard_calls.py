"""Make the calls that a guard makes, and say which action each of them is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.front.sandbox import ACCOUNTS
from sandbox.front.seeding import LongTermKey

ACCOUNT, OTHER = ACCOUNTS
USER, ROLE = "alice", "ops"
IAM = f"arn:aws:iam::{ACCOUNT}"
QUARANTINE = f"{IAM}:policy/BedrockKeyGuardQuarantine"
FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonBedrockFullAccess"
DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
)
Client = Callable[[str], Any]


@dataclass(frozen=True)
class Scene:
    """Hold what the calls are about."""

    credential: LongTermKey
    role: str


def update(client: Client, scene: Scene) -> Any:
    return client("iam").update_service_specific_credential(
        UserName=USER,
        ServiceSpecificCredentialId=scene.credential.credential_id,
        Status="Inactive",
    )


def list_one(client: Client, scene: Scene) -> Any:
    return client("iam").list_service_specific_credentials(UserName=USER)


def list_all(client: Client, scene: Scene) -> Any:
    return client("iam").list_service_specific_credentials(AllUsers=True)


def list_own(client: Client, scene: Scene) -> Any:
    return client("iam").list_service_specific_credentials()


def attach_user(client: Client, scene: Scene) -> Any:
    return client("iam").attach_user_policy(UserName=USER, PolicyArn=QUARANTINE)


def attach_something_else(client: Client, scene: Scene) -> Any:
    return client("iam").attach_user_policy(UserName=USER, PolicyArn=FULL_ACCESS)


def attach_role(client: Client, scene: Scene) -> Any:
    return client("iam").attach_role_policy(RoleName=ROLE, PolicyArn=QUARANTINE)


def put_role(client: Client, scene: Scene) -> Any:
    return client("iam").put_role_policy(
        RoleName=ROLE, PolicyName="revoke", PolicyDocument=DOCUMENT
    )


def get_policy(client: Client, scene: Scene) -> Any:
    return client("iam").get_policy(PolicyArn=QUARANTINE)


def list_users(client: Client, scene: Scene) -> Any:
    return client("iam").list_users()


def last_used(client: Client, scene: Scene) -> Any:
    key = client("iam").list_access_keys(UserName=USER)["AccessKeyMetadata"][0]["AccessKeyId"]
    return client("iam").get_access_key_last_used(AccessKeyId=key)


def look_up(client: Client, scene: Scene) -> Any:
    return client("cloudtrail").lookup_events()


def key_info(client: Client, scene: Scene) -> Any:
    return client("sts").get_access_key_info(AccessKeyId="AKIAIOSFODNN7EXAMPLE")


def assume(client: Client, scene: Scene) -> Any:
    return client("sts").assume_role(RoleArn=scene.role, RoleSessionName="guard")


def describe_account(client: Client, scene: Scene) -> Any:
    return client("organizations").describe_account(AccountId=OTHER)


def store(client: Client, scene: Scene) -> Any:
    return client("secretsmanager").put_secret_value(SecretId="bedrock/key", SecretString="x")


def put_parameter(client: Client, scene: Scene) -> Any:
    return client("ssm").put_parameter(Name="/bedrock/key", Value="x", Type="SecureString")


Call = Callable[[Client, Scene], Any]
ACTIONS: dict[Call, str] = {
    update: "iam:UpdateServiceSpecificCredential",
    list_one: "iam:ListServiceSpecificCredentials",
    list_all: "iam:ListServiceSpecificCredentials",
    list_own: "iam:ListServiceSpecificCredentials",
    attach_something_else: "iam:AttachUserPolicy",
    attach_role: "iam:AttachRolePolicy",
    put_role: "iam:PutRolePolicy",
    get_policy: "iam:GetPolicy",
    list_users: "iam:ListUsers",
    look_up: "cloudtrail:LookupEvents",
    key_info: "sts:GetAccessKeyInfo",
    assume: "sts:AssumeRole",
    describe_account: "organizations:DescribeAccount",
    put_parameter: "ssm:PutParameter",
}
