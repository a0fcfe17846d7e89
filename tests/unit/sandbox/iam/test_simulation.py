"""What `SimulatePrincipalPolicy` answers, by the IAM API reference."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.front.sandbox import GUARD_USER, Sandbox

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/{GUARD_USER}"
ACTION = "iam:UpdateServiceSpecificCredential"
KEY = "iam:ServiceSpecificCredentialServiceName"
BEDROCK = "bedrock.amazonaws.com"
ALLOW: dict[str, Any] = {
    "Effect": "Allow",
    "Action": ACTION,
    "Resource": f"arn:aws:iam::{ACCOUNT}:user/team/*",
    "Condition": {"StringEquals": {KEY: BEDROCK}},
}
DENY: dict[str, Any] = {"Effect": "Deny", "Action": "*", "Resource": "*"}


def decided(sandbox: Sandbox, service: str | None = BEDROCK) -> str:
    resource = f"arn:aws:iam::{ACCOUNT}:user/team/sam"
    entry = {"ContextKeyName": KEY, "ContextKeyType": "string", "ContextKeyValues": [service]}
    answer = sandbox.client("iam", ACCOUNT).simulate_principal_policy(
        PolicySourceArn=USER,
        ActionNames=[ACTION],
        ResourceArns=[resource],
        ContextEntries=[entry] if service else [],
    )
    (result,) = answer["EvaluationResults"]
    assert (result["EvalActionName"], result["EvalResourceName"]) == (ACTION, resource)
    return str(result["EvalDecision"])


def give(sandbox: Sandbox, *statements: dict[str, Any]) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam = sandbox.client("iam", ACCOUNT)
    iam.put_user_policy(UserName=GUARD_USER, PolicyName="guard", PolicyDocument=document)


@pytest.mark.parametrize(
    ("statements", "service", "decision"),
    [
        ([ALLOW], BEDROCK, "allowed"),
        ([ALLOW], "codecommit.amazonaws.com", "implicitDeny"),
        ([ALLOW], None, "implicitDeny"),
        ([ALLOW, DENY], BEDROCK, "explicitDeny"),
    ],
)
def test_policies_decide_by_the_context_that_is_given(
    statements: list[dict[str, Any]], service: str | None, decision: str, sandbox: Sandbox
) -> None:
    give(sandbox, *statements)
    assert decided(sandbox, service) == decision


def test_a_service_control_policy_takes_part(sandbox: Sandbox) -> None:
    sandbox.organize("210987654321", policies={ACCOUNT: [{"Statement": DENY}]})
    give(sandbox, ALLOW)
    assert decided(sandbox) == "explicitDeny"


def test_nobody_is_simulated_who_is_not_there(sandbox: Sandbox) -> None:
    iam = sandbox.client("iam", ACCOUNT)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.simulate_principal_policy(PolicySourceArn=f"{USER}-2", ActionNames=[ACTION])


def test_to_simulate_takes_a_permission_on_whom_it_is_about(sandbox: Sandbox) -> None:
    give(sandbox, {"Effect": "Allow", "Action": "iam:SimulatePrincipalPolicy", "Resource": USER})
    iam = sandbox.client("iam", ACCOUNT, user=GUARD_USER)
    with sandbox.enforced():
        iam.simulate_principal_policy(PolicySourceArn=USER, ActionNames=[ACTION])
        with pytest.raises(ClientError, match="AccessDenied"):
            iam.simulate_principal_policy(PolicySourceArn=f"{USER}-2", ActionNames=[ACTION])


def test_ec2_refuses_in_its_own_form(sandbox: Sandbox) -> None:
    give(sandbox, DENY)
    ec2 = sandbox.client("ec2", ACCOUNT, user=GUARD_USER)
    with sandbox.enforced(), pytest.raises(ClientError) as refused:
        ec2.describe_regions()
    assert refused.value.response["Error"]["Code"] == "UnauthorizedOperation"
