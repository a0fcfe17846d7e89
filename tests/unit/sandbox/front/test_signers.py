"""What stops a short-term key, by who signed it, one row of AWS's documentation each.

The rows are those of the Amazon Bedrock user guide, "Revoke Amazon Bedrock API keys", and of the
IAM user guide, "Disabling permissions for temporary security credentials" (also root and federated
users); that roles of IAM Identity Center and service-linked ones cannot be changed is in the
former's user guide, "Troubleshooting", in the words of rebuy-de/aws-nuke#441.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.front import signers
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import DENY_BOTH_PLANES, AccessKey
from tests.unit.sandbox.credential_calls import refusal

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Asker

ACCOUNT = "111122223333"
USER, ROLE = "alice", "ml-pipeline"
IAM, STS = f"arn:aws:iam::{ACCOUNT}", f"arn:aws:sts::{ACCOUNT}"
REVOKED = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2099-01-01T00:00:00Z"}},
    },
}
Make = Callable[[Sandbox], AccessKey]


def by_user(sandbox: Sandbox) -> AccessKey:
    return signers.user(sandbox, ACCOUNT, USER)


def by_user_session(sandbox: Sandbox) -> AccessKey:
    return signers.user_session(sandbox, ACCOUNT, USER)


def by_federated_user(sandbox: Sandbox) -> AccessKey:
    return signers.federated_user(sandbox, ACCOUNT, USER, "bob")


def by_role(sandbox: Sandbox) -> AccessKey:
    return sandbox.credentials(ACCOUNT, role=ROLE)


def by_sso(sandbox: Sandbox) -> AccessKey:
    return signers.sso_session(sandbox, ACCOUNT, "PowerUser", "sam@example.com")


def by_service(sandbox: Sandbox) -> AccessKey:
    return signers.service_linked_session(sandbox, ACCOUNT, "AWSServiceRoleForExample")


def by_root(sandbox: Sandbox) -> AccessKey:
    return signers.root(sandbox, ACCOUNT)


def by_root_session(sandbox: Sandbox) -> AccessKey:
    return signers.root_session(sandbox, ACCOUNT)


HOLDER: dict[Make, str] = {
    by_role: "role",
    by_user: "user",
    by_user_session: "user",
    by_federated_user: "user",
}
EVERYBODY = [*HOLDER, by_sso, by_service, by_root, by_root_session]


def put(iam: Any, make: Make, policy: dict[str, Any]) -> None:
    document = json.dumps(policy)
    if HOLDER[make] == "role":
        iam.put_role_policy(RoleName=ROLE, PolicyName="deny", PolicyDocument=document)
    else:
        iam.put_user_policy(UserName=USER, PolicyName="deny", PolicyDocument=document)


@pytest.mark.parametrize("make", EVERYBODY)
def test_both_planes_accept_a_key_of_every_signer(sandbox: Sandbox, ask: Asker, make: Make) -> None:
    key = signers.short_term_key(sandbox, make(sandbox)).key
    assert (ask.bedrock(key).status_code, ask.mantle(key).status_code) == (200, 200)


@pytest.mark.parametrize(
    ("make", "policy", "named"),
    [
        (by_user, DENY_BOTH_PLANES, f"{IAM}:user/{USER}"),
        (by_user_session, DENY_BOTH_PLANES, f"{IAM}:user/{USER}"),
        (by_federated_user, DENY_BOTH_PLANES, f"{STS}:federated-user/bob"),
        (by_role, DENY_BOTH_PLANES, f"{STS}:assumed-role/{ROLE}/sandbox-session"),
        (by_user, REVOKED, None),
        (by_user_session, REVOKED, f"{IAM}:user/{USER}"),
        (by_federated_user, REVOKED, f"{STS}:federated-user/bob"),
        (by_role, REVOKED, f"{STS}:assumed-role/{ROLE}/sandbox-session"),
    ],
)
def test_a_deny_on_the_holder_stops_the_key_that_it_is_about(
    sandbox: Sandbox,
    ask: Asker,
    iam: Any,
    make: Make,
    policy: dict[str, Any],
    named: str | None,
) -> None:
    key = signers.short_term_key(sandbox, make(sandbox)).key
    put(iam, make, policy)
    control, mantle = ask.bedrock(key), ask.mantle(key)
    if named is None:
        assert (control.status_code, mantle.status_code) == (200, 200)
        return
    what = "CallWithBearerToken on resource: * with an explicit deny in an identity-based policy"
    said = f"User: {named} is not authorized to perform: "
    assert control.json() == {"Message": f"{said}bedrock:{what}"}
    assert mantle.json()["error"]["message"] == f"{said}bedrock-mantle:{what}"


def test_sessions_that_begin_after_the_revocation_go_on(
    sandbox: Sandbox, ask: Asker, iam: Any
) -> None:
    old, new = by_user_session(sandbox), by_user_session(sandbox)
    signers.age(sandbox, old, hours=2)
    keys = [signers.short_term_key(sandbox, session).key for session in (old, new)]
    cutoff = (datetime.now(timezone.utc) - timedelta(hours=1)).isoformat()
    put(iam, by_user, json.loads(json.dumps(REVOKED).replace("2099-01-01T00:00:00Z", cutoff)))
    assert [ask.bedrock(key).status_code for key in keys] == [403, 200]


@pytest.mark.parametrize("make", [by_role, by_user_session, by_federated_user, by_root_session])
def test_a_key_does_not_outlive_its_session(sandbox: Sandbox, ask: Asker, make: Make) -> None:
    session = make(sandbox)
    key = signers.short_term_key(sandbox, session).key
    signers.age(sandbox, session, hours=13)
    answer = ask.bedrock(key)
    assert (answer.status_code, answer.json()) == (403, {"Message": "Bearer Token has expired"})


@pytest.mark.parametrize("make", [by_role, by_user_session, by_federated_user])
def test_a_key_does_not_outlive_the_role_or_the_user(
    sandbox: Sandbox, ask: Asker, iam: Any, make: Make
) -> None:
    key = signers.short_term_key(sandbox, make(sandbox)).key
    arn = "arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess"
    if HOLDER[make] == "role":
        iam.detach_role_policy(RoleName=ROLE, PolicyArn=arn)
        iam.delete_role(RoleName=ROLE)
    else:
        iam.detach_user_policy(UserName=USER, PolicyArn=arn)
        for made in iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=USER, AccessKeyId=made["AccessKeyId"])
        iam.delete_user(UserName=USER)
    assert ask.bedrock(key).json()["Message"].startswith("Authentication failed")


def test_a_federated_user_may_do_no_more_than_its_session_policy(
    sandbox: Sandbox, ask: Asker
) -> None:
    allow = {"Effect": "Allow", "Action": "bedrock:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": allow}
    session = signers.federated_user(sandbox, ACCOUNT, USER, "bob", policy)
    key = signers.short_term_key(sandbox, session).key
    assert ask.bedrock(key).status_code == 200
    assert (
        ask.mantle(key)
        .json()["error"]["message"]
        .endswith("because no session policy allows the bedrock-mantle:CallWithBearerToken action")
    )


ONLY_AWS = "this role is only modifiable by AWS"
WRITES: dict[str, dict[str, str]] = {
    "attach_role_policy": {"PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll"},
    "detach_role_policy": {"PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll"},
    "put_role_policy": {"PolicyName": "deny", "PolicyDocument": json.dumps(REVOKED)},
    "delete_role_policy": {"PolicyName": "AwsSSOInlinePolicy"},
    "delete_role": {},
    "put_role_permissions_boundary": {"PermissionsBoundary": "arn:aws:iam::aws:policy/AWSDenyAll"},
}


@pytest.mark.parametrize("make", [by_sso, by_service])
@pytest.mark.parametrize("operation", WRITES)
def test_a_protected_role_is_only_modifiable_by_aws(
    sandbox: Sandbox, iam: Any, operation: str, make: Make
) -> None:
    sts = sandbox.client_with(make(sandbox), "sts")
    role = sts.get_caller_identity()["Arn"].split("/")[1]
    before = iam.list_role_policies(RoleName=role)["PolicyNames"]
    with pytest.raises(ClientError) as caught:
        getattr(iam, operation)(RoleName=role, **WRITES[operation])
    assert refusal(caught.value) == (
        "UnmodifiableEntity",
        f"Cannot perform the operation on the protected role '{role}' - {ONLY_AWS}",
        400,
    )
    assert iam.get_role(RoleName=role)["Role"]["RoleName"] == role
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == before


def test_a_role_of_identity_center_is_the_same_for_all_who_sign_in(sandbox: Sandbox) -> None:
    names = {
        sandbox.client_with(
            signers.sso_session(sandbox, ACCOUNT, "PowerUser", person), "sts"
        ).get_caller_identity()["Arn"]
        for person in ("sam@example.com", "kim@example.com")
    }
    assert {name.rpartition("/")[2] for name in names} == {"sam@example.com", "kim@example.com"}
    (role,) = {name.split("/")[1] for name in names}
    assert role.startswith("AWSReservedSSO_PowerUser_")


@pytest.mark.parametrize(
    ("make", "arn"),
    [
        (by_user, f"{IAM}:user/{USER}"),
        (by_user_session, f"{IAM}:user/{USER}"),
        (by_federated_user, f"{STS}:federated-user/bob"),
        (by_role, f"{STS}:assumed-role/{ROLE}/sandbox-session"),
        (by_root, f"{IAM}:root"),
        (by_root_session, f"{IAM}:root"),
    ],
)
def test_a_signer_knows_who_it_is(sandbox: Sandbox, make: Make, arn: str) -> None:
    key = make(sandbox)
    assert sandbox.client_with(key, "sts").get_caller_identity()["Arn"] == arn
    assert signers.short_term_key(sandbox, key).principal_arn == arn
