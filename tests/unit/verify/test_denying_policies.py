"""Deny real keys by every kind of policy, and see which of them the guard calls contained."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.model.evidence import Verdict
from bedrock_key_guard.pipeline.options import Surroundings, Verifying
from bedrock_key_guard.pipeline.pipeline import run
from bedrock_key_guard.scan.scanning import Scanning
from sandbox.base.faults import ACCESS_DENIED
from sandbox.bedrock.planes import Manner
from sandbox.front import seeding, signers
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import ANYTHING, DENY_BOTH_PLANES
from tests.leakers import make_quarantine, role_session, signed

MEMBER, MANAGEMENT = "111122223333", "210987654321"
USER, ROLE = "alice", "ml-pipeline"
Deny = Callable[[Sandbox], None]


def iam_of(sandbox: Sandbox) -> Any:
    return sandbox.client("iam", MEMBER)


def inline(document: Any, name: str = "deny") -> Deny:
    """Write a policy into both who may sign; the key is of one of them."""

    def put(sandbox: Sandbox) -> None:
        text = json.dumps(document)
        iam = iam_of(sandbox)
        iam.put_user_policy(UserName=USER, PolicyName=name, PolicyDocument=text)
        iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=text)

    return put


def attached(sandbox: Sandbox) -> None:
    policy = make_quarantine(sandbox)
    iam_of(sandbox).attach_user_policy(UserName=USER, PolicyArn=policy)
    iam_of(sandbox).attach_role_policy(RoleName=ROLE, PolicyArn=policy)


def by_group(sandbox: Sandbox) -> None:
    iam = iam_of(sandbox)
    iam.create_group(GroupName="callers")
    iam.add_user_to_group(GroupName="callers", UserName=USER)
    text = json.dumps(DENY_BOTH_PLANES)
    iam.put_group_policy(GroupName="callers", PolicyName="deny", PolicyDocument=text)


def bounded(sandbox: Sandbox) -> None:
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam = iam_of(sandbox)
    policy = iam.create_policy(PolicyName="boundary", PolicyDocument=document)["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName=USER, PermissionsBoundary=policy)
    iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=policy)


def service_control(sandbox: Sandbox) -> None:
    sandbox.organize(MANAGEMENT, policies={MEMBER: [DENY_BOTH_PLANES]})


def resource_control(sandbox: Sandbox) -> None:
    sandbox.organize(MANAGEMENT, resource_policies={MEMBER: [DENY_BOTH_PLANES]})


def endpoint(sandbox: Sandbox) -> None:
    allowed = ANYTHING["Statement"]
    document = {**ANYTHING, "Statement": [allowed, DENY_BOTH_PLANES["Statement"]]}
    sandbox.bedrock.endpoint_policy = document


def nothing_allowed(sandbox: Sandbox) -> None:
    for policy in iam_of(sandbox).list_attached_user_policies(UserName=USER)["AttachedPolicies"]:
        iam_of(sandbox).detach_user_policy(UserName=USER, PolicyArn=policy["PolicyArn"])


def denied(actions: Any = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [statement]}


SOON = f"{datetime.now(timezone.utc) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
REVOKED = denied(DateLessThan={"aws:TokenIssueTime": SOON})
FOR_NOW = denied(DateLessThan={"aws:CurrentTime": SOON})
IN_A_REGION = denied(StringEquals={"aws:RequestedRegion": "us-east-1"})


def verdict_on(key: str, folder: Path) -> Verdict:
    (folder / "leak.env").write_text(f"KEY={key}\n", encoding="utf-8")
    around = Surroundings(os.environ, sleep=lambda _: None, clock=lambda: 0.0)
    (case,) = run(Scanning((folder,)), Verifying(), None, around).cases
    assert case.verdict is not None
    return case.verdict


def of_user(sandbox: Sandbox) -> str:
    return sandbox.make_long_term_key(MEMBER, USER).key


def of_role(sandbox: Sandbox) -> str:
    return signed(sandbox, role_session(sandbox, ROLE, "run-7"))


@pytest.fixture
def both(sandbox: Sandbox, environment: dict[str, str]) -> tuple[str, str]:
    return of_user(sandbox), of_role(sandbox)


@pytest.mark.parametrize(
    ("whose", "deny", "state", "told"),
    [
        ("user", attached, "contained", "BedrockKeyGuardQuarantine"),
        ("role", attached, "contained", "BedrockKeyGuardQuarantine"),
        ("user", inline(DENY_BOTH_PLANES), "contained", "denied them by deny"),
        ("role", inline(FOR_NOW), "live", "itself that denies it everywhere"),
        ("user", inline(IN_A_REGION), "live", "itself that denies it everywhere"),
        ("role", service_control, "live", "an explicit deny in its service control policy"),
        ("user", resource_control, "live", "an explicit deny in its resource control policy"),
        ("role", endpoint, "live", "an explicit deny in its VPC endpoint policy"),
        ("user", bounded, "live", "for no permissions boundary allows it"),
        ("role", bounded, "live", "for no permissions boundary allows it"),
    ],
)
def test_a_key_is_contained_only_by_a_policy_of_its_own_that_holds_everywhere(  # noqa: PLR0917
    deny: Deny,
    state: str,
    told: str,
    whose: str,
    sandbox: Sandbox,
    both: tuple[str, str],
    tmp_path: Path,
) -> None:
    deny(sandbox)
    verdict = verdict_on(both[whose == "role"], tmp_path)
    assert (verdict.state, told in verdict.reason) == (state, True), verdict.reason


def test_another_denial_beside_a_quarantine_is_told_all_the_same(
    sandbox: Sandbox, both: tuple[str, str], tmp_path: Path
) -> None:
    attached(sandbox)
    service_control(sandbox)
    assert verdict_on(both[1], tmp_path).state == "live"


@pytest.mark.parametrize("first", ["bearer", "operation"])
def test_the_consoles_revocation_contains_the_keys_of_the_sessions_before_it(
    first: Any, sandbox: Sandbox, both: tuple[str, str], tmp_path: Path
) -> None:
    """Bedrock was seen to name the operation then."""
    sandbox.bedrock.manner = Manner(checks_first=first)
    inline(REVOKED, "AWSRevokeOlderSessions")(sandbox)
    verdict = verdict_on(both[1], tmp_path)
    assert (verdict.state, "AWSRevokeOlderSessions" in verdict.reason) == ("contained", True)


@pytest.mark.parametrize(
    ("deny", "told"),
    [
        (by_group, "IAM shows no policy of user alice itself"),
        (nothing_allowed, "for no identity-based policy allows it"),
    ],
)
def test_what_is_not_among_a_users_own_policies_contains_nothing(
    deny: Deny, told: str, sandbox: Sandbox, both: tuple[str, str], tmp_path: Path
) -> None:
    deny(sandbox)
    verdict = verdict_on(both[0], tmp_path)
    assert (verdict.state, told in verdict.reason) == ("live", True), verdict.reason


def test_a_session_policy_contains_nothing(
    sandbox: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    arn = sandbox.make_role(MEMBER, ROLE)
    session = sandbox.client("sts", MEMBER).assume_role(
        RoleArn=arn, RoleSessionName="run-7", Policy=json.dumps({**ANYTHING, "Statement": allowed})
    )
    key = signers.short_term_key(sandbox, seeding.session_key(session)).key
    verdict = verdict_on(key, tmp_path)
    assert (verdict.state, "for no session policy allows it" in verdict.reason) == ("live", True)


def test_a_federated_user_is_contained_by_the_policies_of_the_user_behind_it(
    sandbox: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    key = signed(sandbox, signers.federated_user(sandbox, MEMBER, USER, "bob"))
    text = json.dumps(DENY_BOTH_PLANES)
    iam_of(sandbox).put_user_policy(UserName=USER, PolicyName="deny", PolicyDocument=text)
    verdict = verdict_on(key, tmp_path)
    assert (verdict.state, "user alice is denied" in verdict.reason) == ("contained", True)


@pytest.mark.parametrize(
    "operation",
    ["ListAttachedUserPolicies", "ListUserPolicies", "GetUserPolicy"],
)
def test_a_policy_that_cannot_be_read_contains_nothing(
    operation: str, sandbox: Sandbox, both: tuple[str, str], tmp_path: Path
) -> None:
    """What stands in the other policies does not do: one plane is denied in each."""
    iam = iam_of(sandbox)
    first, second = (
        json.dumps(
            {**DENY_BOTH_PLANES, "Statement": {**DENY_BOTH_PLANES["Statement"], "Action": a}}
        )
        for a in DENY_BOTH_PLANES["Statement"]["Action"]
    )
    policy = iam.create_policy(PolicyName="first", PolicyDocument=first)["Policy"]["Arn"]
    iam.attach_user_policy(UserName=USER, PolicyArn=policy)
    iam.put_user_policy(UserName=USER, PolicyName="second", PolicyDocument=second)
    assert verdict_on(both[0], tmp_path).state == "contained"
    sandbox.aws_faults.add(ACCESS_DENIED, on=f"iam:{operation}", times=9)
    verdict = verdict_on(both[0], tmp_path)
    assert (verdict.state, "could not be read: IAM would not" in verdict.reason) == ("live", True)


def test_what_an_unreadable_policy_leaves_open_another_may_settle(
    sandbox: Sandbox, both: tuple[str, str], tmp_path: Path
) -> None:
    inline(DENY_BOTH_PLANES)(sandbox)
    sandbox.aws_faults.add(ACCESS_DENIED, on="iam:ListAttachedUserPolicies", times=9)
    assert verdict_on(both[0], tmp_path).state == "contained"
