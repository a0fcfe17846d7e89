from __future__ import annotations

import pytest

from bedrock_key_guard.iam.principal import read_principal
from bedrock_key_guard.model.principals import Account, Holder, Principal

ACCOUNT = "111122223333"
IAM, STS = f"arn:aws:iam::{ACCOUNT}:", f"arn:aws:sts::{ACCOUNT}:"


@pytest.mark.parametrize(
    ("arn", "kind", "name", "session"),
    [
        (f"{IAM}user/sam", "user", "sam", None),
        (f"{IAM}user/teams/ml/sam", "user", "sam", None),
        (f"{IAM}role/deploy", "role", "deploy", None),
        (f"{IAM}role/a/b/deploy", "role", "deploy", None),
        (f"{STS}assumed-role/deploy/run-7", "role", "deploy", "run-7"),
        (f"{STS}assumed-role/deploy/sam@x.example", "role", "deploy", "sam@x.example"),
        (f"{STS}federated-user/bob", "federated-user", "bob", None),
        (f"{IAM}root", "root", "root", None),
    ],
)
def test_who_an_arn_names(arn: str, kind: str, name: str, session: str | None) -> None:
    principal = read_principal(arn)
    assert principal == Principal(arn, "aws", ACCOUNT, kind, name, session)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "arn",
    [
        None,
        "",
        "sam",
        f"{IAM}user/",
        f"{IAM}role/a/",
        f"{IAM}group/x",
        f"{IAM}policy/x",
        f"{STS}assumed-role/deploy",
        f"{STS}assumed-role/deploy/",
        f"{STS}assumed-role//run-7",
        f"{STS}federated-user/",
        f"{STS}user/sam",
        f"{IAM}assumed-role/deploy/run-7",
        f"urn:aws:iam::{ACCOUNT}:user/sam",
        f"arn:aws:iam:{ACCOUNT}:user/sam",
    ],
)
def test_what_names_nobody(arn: str | None) -> None:
    assert read_principal(arn) is None


@pytest.mark.parametrize(
    ("arn", "fixed"),
    [
        (f"{IAM}user/sam", False),
        (f"{STS}assumed-role/deploy/run-7", False),
        (f"{STS}federated-user/bob", False),
        (f"{STS}assumed-role/AWSReservedSSO_Admin_0123456789abcdef/sam", True),
        (f"{IAM}role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", True),
        (f"{IAM}user/AWSReservedSSO_x", False),
        (f"{IAM}root", True),
    ],
)
def test_whom_nobody_but_aws_can_change(arn: str, fixed: bool) -> None:
    principal = read_principal(arn)
    assert principal is not None
    assert (principal.fixed is not None) is fixed


def test_a_holder_is_the_same_whatever_its_session_its_path_and_its_case() -> None:
    arns = (f"{STS}assumed-role/deploy/1", f"{STS}assumed-role/Deploy/2", f"{IAM}role/a/DEPLOY")
    assert len({p.identity for p in map(read_principal, arns) if p}) == 1
    others = (f"{IAM}user/deploy", f"{IAM}role/deploy-2", arns[0].replace(ACCOUNT, "210987654321"))
    assert len({p.identity for p in map(read_principal, (*arns, *others)) if p}) == 4


def test_permissions_hang_on_users_and_roles_alone() -> None:
    account = Account(ACCOUNT)
    for arn, holder in (
        (f"{IAM}user/teams/sam", Holder(account, "user", "sam")),
        (f"{STS}assumed-role/deploy/run-7", Holder(account, "role", "deploy")),
        (f"{STS}federated-user/bob", None),
        (f"{IAM}root", None),
    ):
        principal = read_principal(arn)
        assert principal is not None
        assert principal.as_holder == holder
