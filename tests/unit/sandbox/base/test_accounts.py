"""How accounts stand to each other: organisations, partitions, and whose an access key is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.front import signers
from sandbox.front.sandbox import ACCOUNTS
from sandbox.front.seeding import DENY_BOTH_PLANES
from tests.unit.sandbox.credential_calls import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.front.sandbox import Sandbox
    from sandbox.front.seeding import AccessKey
    from tests.unit.sandbox.conftest import Asker

HUB, MEMBER = ACCOUNTS
GOV, CHINA = "123456789012", "444455556666"
TWENTY = tuple(f"1111222233{number:02}" for number in range(20))


def ask_about(sandbox: Sandbox, account: str, caller: str = HUB) -> dict[str, Any]:
    organizations = sandbox.client("organizations", caller)
    described: dict[str, Any] = organizations.describe_account(AccountId=account)["Account"]
    return described


def test_the_management_account_is_told_of_every_member(sandbox: Sandbox) -> None:
    sandbox.organize(HUB, members={MEMBER: "SUSPENDED"})
    member = ask_about(sandbox, MEMBER)
    assert (member["Id"], member["Status"]) == (MEMBER, "SUSPENDED")
    assert member["Arn"] == f"arn:aws:organizations::{HUB}:account/o-exampleorgid/{MEMBER}"
    assert ask_about(sandbox, HUB)["Status"] == "ACTIVE"
    about = sandbox.client("organizations", MEMBER).describe_organization()["Organization"]
    assert (about["Id"], about["MasterAccountId"]) == ("o-exampleorgid", HUB)


@pytest.mark.parametrize(
    ("organized", "caller", "account", "code"),
    [
        (False, HUB, MEMBER, "AWSOrganizationsNotInUseException"),
        (True, MEMBER, MEMBER, "AccessDeniedException"),
        (True, HUB, "333344445555", "AccountNotFoundException"),
    ],
)
def test_others_are_told_why_not(
    sandbox: Sandbox, organized: bool, caller: str, account: str, code: str
) -> None:
    """The errors are those of the Organizations API reference, `DescribeAccount`."""
    if organized:
        sandbox.organize(HUB)
    with pytest.raises(ClientError) as caught:
        ask_about(sandbox, account, caller)
    assert refusal(caught.value)[::2] == (code, 400)


def test_a_delegated_administrator_may_ask_too(sandbox: Sandbox) -> None:
    sandbox.organize(HUB, delegated=[MEMBER])
    assert ask_about(sandbox, HUB, MEMBER)["Id"] == HUB


def test_accounts_are_listed_by_the_page(sandbox: Sandbox) -> None:
    sandbox.organize(HUB, members=dict.fromkeys(TWENTY, "ACTIVE"))
    pages = sandbox.client("organizations", HUB).get_paginator("list_accounts").paginate()
    listed = [account["Id"] for page in pages for account in page["Accounts"]]
    assert listed == sorted([*TWENTY, HUB])


@pytest.mark.parametrize(
    ("account", "kind"),
    [(HUB, None), (MEMBER, "service control policy")],
)
def test_a_service_control_policy_binds_all_members_and_not_the_management_account(
    sandbox: Sandbox, ask: Asker, account: str, kind: str | None
) -> None:
    """AWS Organizations user guide, "Service control policies"."""
    sandbox.organize(HUB, policies={HUB: [DENY_BOTH_PLANES], MEMBER: [DENY_BOTH_PLANES]})
    keys = [
        sandbox.make_long_term_key(account, "alice").key,
        sandbox.make_short_term_key(account, role="ops").key,
        signers.short_term_key(sandbox, signers.root(sandbox, account)).key,
    ]
    for key in keys:
        control, mantle = ask.bedrock(key), ask.mantle(key)
        if kind is None:
            assert (control.status_code, mantle.status_code) == (200, 200)
        else:
            assert control.json()["Message"].endswith(f"with an explicit deny in a {kind}")
            assert mantle.json()["error"]["message"].endswith(f"explicit deny in a {kind}")


def by_user(sandbox: Sandbox) -> AccessKey:
    return signers.user(sandbox, MEMBER, "alice")


def by_role(sandbox: Sandbox) -> AccessKey:
    return sandbox.credentials(MEMBER, role="ops")


def by_root(sandbox: Sandbox) -> AccessKey:
    return signers.root(sandbox, MEMBER)


@pytest.mark.parametrize("make", [by_user, by_role, by_root])
def test_anybody_is_told_the_account_of_an_access_key(
    sandbox: Sandbox, make: Callable[[Sandbox], AccessKey]
) -> None:
    """STS API reference, `GetAccessKeyInfo`: of AKIA and of ASIA keys, whatever their state."""
    key = make(sandbox)
    sts = sandbox.client("sts", HUB)
    assert sts.get_access_key_info(AccessKeyId=key.access_key_id)["Account"] == MEMBER
    if make is by_user:
        iam = sandbox.client("iam", MEMBER)
        iam.update_access_key(UserName="alice", AccessKeyId=key.access_key_id, Status="Inactive")
        assert sts.get_access_key_info(AccessKeyId=key.access_key_id)["Account"] == MEMBER


def test_an_access_key_that_nobody_has_is_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError, match="does not exist"):
        sandbox.client("sts", HUB).get_access_key_info(AccessKeyId="AKIAIOSFODNN7EXAMPLE")


def test_the_last_use_of_an_access_key_names_its_user(sandbox: Sandbox) -> None:
    """IAM API reference, `GetAccessKeyLastUsed`."""
    key = by_user(sandbox)
    iam = sandbox.client("iam", MEMBER)
    never = iam.get_access_key_last_used(AccessKeyId=key.access_key_id)
    assert (never["UserName"], never["AccessKeyLastUsed"]["ServiceName"]) == ("alice", "N/A")
    sandbox.client_with(key, "sts").get_caller_identity()
    used = iam.get_access_key_last_used(AccessKeyId=key.access_key_id)
    assert used["AccessKeyLastUsed"]["ServiceName"] == "sts"


@pytest.mark.parametrize("make", [by_user, by_role])
def test_the_last_use_is_told_of_the_accounts_own_users_only(
    sandbox: Sandbox, make: Callable[[Sandbox], AccessKey]
) -> None:
    key = make(sandbox).access_key_id
    account = HUB if make is by_user else MEMBER
    with pytest.raises(ClientError) as caught:
        sandbox.client("iam", account).get_access_key_last_used(AccessKeyId=key)
    text = f"The Access Key with id {key} cannot be found."
    assert refusal(caught.value) == ("NoSuchEntity", text, 404)


PLACES = [
    (HUB, "aws", "us-east-1"),
    (GOV, "aws-us-gov", "us-gov-west-1"),
    (CHINA, "aws-cn", "cn-north-1"),
]


def test_every_partition_is_a_world_of_its_own(sandbox: Sandbox, ask: Asker) -> None:
    """AWS Fault Isolation Boundaries, "AWS partitions": no credential works in two of them."""
    sandbox.reset((HUB, GOV, CHINA), {GOV: "aws-us-gov", CHINA: "aws-cn"})
    for account, partition, region in PLACES:
        arn = sandbox.client("sts", account).get_caller_identity()["Arn"]
        assert arn.startswith(f"arn:{partition}:iam::{account}:")
        assert sandbox.environment(account)["AWS_REGION"] == region
        keys = [
            sandbox.make_long_term_key(account, "alice").key,
            sandbox.make_short_term_key(account, role="ops", region=region).key,
        ]
        for plays in (region, None, *(other for _, _, other in PLACES if other != region)):
            sandbox.bedrock.region = plays
            statuses = [ask.bedrock(key).status_code for key in keys]
            assert statuses == ([200, 200] if plays in {region, None} else [403, 403])
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        sandbox.client("iam", GOV, region="us-east-1").list_users()


def test_twenty_accounts_fit_into_one_sandbox(sandbox: Sandbox, ask: Asker) -> None:
    sandbox.reset(TWENTY)
    keys = [sandbox.make_long_term_key(account, "alice").key for account in TWENTY]
    assert {ask.bedrock(key).status_code for key in keys} == {200}
    sandbox.reset()
    assert sandbox.environment(HUB)
    with pytest.raises(KeyError):
        sandbox.environment(TWENTY[0])
