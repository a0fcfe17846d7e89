from __future__ import annotations

import pytest

from bedrock_key_guard.aws.roles import RoleToAssume, role_to_assume
from bedrock_key_guard.errors import UsageError

TEMPLATE = "arn:aws:iam::{account_id}:role/BedrockKeyGuard"
ACCOUNT = "111122223333"


def test_the_template_names_a_role_in_each_account() -> None:
    role = RoleToAssume(TEMPLATE)
    assert role.arn(ACCOUNT) == f"arn:aws:iam::{ACCOUNT}:role/BedrockKeyGuard"
    assert role.partition == "aws"


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
def test_a_template_names_its_partition(partition: str) -> None:
    template = f"arn:{partition}:iam::{{account_id}}:role/security/Guard"
    assert RoleToAssume(template).partition == partition


@pytest.mark.parametrize(
    "template",
    [
        "BedrockKeyGuard",
        f"arn:aws:iam::{ACCOUNT}:role/BedrockKeyGuard",
        "arn:aws:iam::{account_id}:user/BedrockKeyGuard",
        "arn:aws:iam::{account_id}:role/",
        "arn:aws:iam::{account_id}:role/{account_id}",
        "arn:aws:iam::{account_id}:role/Guard\n",
        "arn:gcp:iam::{account_id}:role/Guard",
    ],
)
def test_a_template_that_names_no_role_is_a_mistake(template: str) -> None:
    with pytest.raises(UsageError, match="no ARN of a role"):
        RoleToAssume(template)


def test_sts_is_asked_for_what_the_trust_wants() -> None:
    plain = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/BedrockKeyGuard", "RoleSessionName": "guard"}
    assert RoleToAssume(TEMPLATE).request(ACCOUNT, "guard") == plain
    role = RoleToAssume(TEMPLATE, "our-guard", ("repository=acme/app", "why=", "sum=a=b"))
    assert role.request(ACCOUNT, "guard") == {
        **plain,
        "ExternalId": "our-guard",
        "Tags": [
            {"Key": "repository", "Value": "acme/app"},
            {"Key": "why", "Value": ""},
            {"Key": "sum", "Value": "a=b"},
        ],
    }


@pytest.mark.parametrize("external_id", ["x", "two words", "a" * 1225, "line\n"])
def test_an_external_id_that_aws_would_not_take_is_a_mistake(external_id: str) -> None:
    with pytest.raises(UsageError, match="no external id"):
        RoleToAssume(TEMPLATE, external_id)


@pytest.mark.parametrize("tag", ["name", "=value", "a<b=c", "n" * 129 + "=v"])
def test_a_tag_that_aws_would_not_take_is_a_mistake(tag: str) -> None:
    with pytest.raises(UsageError, match="no session tag"):
        RoleToAssume(TEMPLATE, tags=(tag,))


def test_without_a_template_no_role_is_assumed() -> None:
    assert role_to_assume(None) is None
    assert role_to_assume("") is None
    assert role_to_assume(TEMPLATE) == role_to_assume(TEMPLATE, "") == RoleToAssume(TEMPLATE)
    assert role_to_assume(TEMPLATE, "our-guard") == RoleToAssume(TEMPLATE, "our-guard")


@pytest.mark.parametrize(("external_id", "tags"), [("our-guard", ()), (None, ("a=b",))])
def test_what_is_for_a_role_without_a_role_is_a_mistake(
    external_id: str | None, tags: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError, match="none is named"):
        role_to_assume(None, external_id, tags)
