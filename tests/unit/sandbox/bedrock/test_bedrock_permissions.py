"""What the policies of a key's owner make of a call to Bedrock."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.front.seeding import DENY_BOTH_PLANES

if TYPE_CHECKING:
    from sandbox.front.sandbox import Sandbox
    from tests.unit.sandbox.conftest import Asker

ACCOUNT = "111122223333"
USER = "BedrockAPIKey-ex4m"
ROLE = "ml-pipeline"
USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/{USER}"


@pytest.mark.parametrize(
    ("action", "control", "mantle"),
    [
        ("bedrock:CallWithBearerToken", 403, 200),
        ("bedrock-mantle:CallWithBearerToken", 200, 403),
        ("bedrock:ListFoundationModels", 403, 200),
        ("bedrock-mantle:List*", 200, 403),
        ("*", 403, 403),
    ],
)
def test_a_deny_of_one_plane_leaves_the_other_open(
    sandbox: Sandbox, ask: Asker, iam: Any, action: str, control: int, mantle: int
) -> None:
    key = sandbox.make_long_term_key(ACCOUNT, USER).key
    policy = {"Statement": {"Effect": "Deny", "Action": action, "Resource": "*"}}
    iam.put_user_policy(UserName=USER, PolicyName="deny", PolicyDocument=versioned(policy))
    assert ask.bedrock(key).status_code == control
    assert ask.mantle(key).status_code == mantle


def versioned(policy: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17"} | policy)


def test_a_user_without_permissions_is_named_with_the_missing_one(
    sandbox: Sandbox, ask: Asker, iam: Any
) -> None:
    sandbox.make_user(ACCOUNT, USER, permissions=False)
    key = sandbox.make_long_term_key(ACCOUNT, USER).key
    bearer = DENY_BOTH_PLANES["Statement"] | {"Effect": "Allow"}
    assert ask.bedrock(key).json()["Message"] == (
        f"User: {USER_ARN} is not authorized to perform: bedrock:CallWithBearerToken on resource: *"
        " because no identity-based policy allows the bedrock:CallWithBearerToken action"
    )
    document = versioned({"Statement": [bearer]})
    iam.put_user_policy(UserName=USER, PolicyName="bearer", PolicyDocument=document)
    assert ask.bedrock(key).json()["Message"] == (
        f"User: {USER_ARN} is not authorized to perform: bedrock:ListFoundationModels"
        " because no identity-based policy allows the bedrock:ListFoundationModels action"
    )
    assert ask.mantle(key).json()["error"]["message"] == (
        f"User: {USER_ARN} is not authorized to perform: bedrock-mantle:ListModels on resource:"
        f" arn:aws:bedrock-mantle:us-east-1:{ACCOUNT}:project/default"
        " because no identity-based policy allows the bedrock-mantle:ListModels action"
    )


def revoke_sessions(iam: Any, **holder: str) -> None:
    until = (datetime.now(timezone.utc) + timedelta(minutes=1)).isoformat()
    deny = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": until}},
    }
    put = iam.put_role_policy if "RoleName" in holder else iam.put_user_policy
    put(PolicyName="revoke", PolicyDocument=versioned({"Statement": [deny]}), **holder)


def test_revoking_sessions_stops_a_role_and_does_nothing_to_an_access_key(
    sandbox: Sandbox, ask: Asker, iam: Any
) -> None:
    session, user = (
        sandbox.make_short_term_key(ACCOUNT, role=ROLE).key,
        sandbox.make_short_term_key(ACCOUNT, user=USER).key,
    )
    revoke_sessions(iam, RoleName=ROLE)
    revoke_sessions(iam, UserName=USER)
    assert "explicit deny" in ask.bedrock(session).json()["Message"]
    assert ask.bedrock(user).status_code == 200


@pytest.mark.parametrize(
    ("token_type", "long", "short"), [("LONG_TERM", 403, 200), ("SHORT_TERM", 200, 403)]
)
def test_a_policy_can_be_about_one_kind_of_key(
    sandbox: Sandbox, ask: Asker, iam: Any, token_type: str, long: int, short: int
) -> None:
    keys = (
        sandbox.make_long_term_key(ACCOUNT, USER).key,
        sandbox.make_short_term_key(ACCOUNT, user=USER).key,
    )
    deny = DENY_BOTH_PLANES["Statement"] | {
        "Condition": {"StringEquals": {"bedrock:BearerTokenType": token_type}}
    }
    document = versioned({"Statement": deny})
    iam.put_user_policy(UserName=USER, PolicyName="deny", PolicyDocument=document)
    assert [ask.bedrock(key).status_code for key in keys] == [long, short]
    assert [ask.mantle(key).status_code for key in keys] == [200, 200]


def test_a_policy_that_the_sandbox_cannot_judge_is_an_error(
    sandbox: Sandbox, ask: Asker, iam: Any
) -> None:
    key = sandbox.make_long_term_key(ACCOUNT, USER).key
    deny = DENY_BOTH_PLANES["Statement"] | {
        "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}
    }
    document = versioned({"Statement": deny})
    iam.put_user_policy(UserName=USER, PolicyName="deny", PolicyDocument=document)
    answer = ask.bedrock(key)
    assert answer.status_code == 500
    assert "IpAddress" in answer.json()["Message"]


def test_groups_grant_permissions(sandbox: Sandbox, ask: Asker, iam: Any) -> None:
    sandbox.make_user(ACCOUNT, USER, permissions=False)
    key = sandbox.make_long_term_key(ACCOUNT, USER).key
    iam.create_group(GroupName="callers")
    arn = "arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess"
    iam.attach_group_policy(GroupName="callers", PolicyArn=arn)
    assert ask.bedrock(key).status_code == 403
    iam.add_user_to_group(GroupName="callers", UserName=USER)
    assert ask.bedrock(key).status_code == 200
