"""Which workflows of GitHub a role lets in, one claim a row.

The rules are those of the STS API reference, "AssumeRoleWithWebIdentity"; the claims, and both
forms of `sub`, those of GitHub's "OpenID Connect reference".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.front.seeding import session_key
from tests import oidc
from tests.oidc import HOST
from tests.unit.sandbox.credential_calls import refusal

if TYPE_CHECKING:
    from sandbox.front.sandbox import Sandbox

ACCOUNT = "111122223333"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{HOST}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/BedrockKeyGuard"
SUBJECTS = ["repo:acme/shop:ref:refs/heads/main", "repo:acme@123/shop@456:ref:refs/heads/main"]
CONDITION = {
    "StringEquals": {f"{HOST}:aud": "sts.amazonaws.com", f"{HOST}:repository_id": "456"},
    "StringLike": {f"{HOST}:sub": SUBJECTS},
}


def token(**claims: Any) -> str:
    """Write the token of a run that the role lets in, but for these claims."""
    return oidc.token({"sub": SUBJECTS[0], "repository_id": "456", **claims})


@pytest.fixture
def role(sandbox: Sandbox, iam: Any) -> str:
    iam.create_open_id_connect_provider(
        Url=f"https://{HOST}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40]
    )
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": CONDITION,
    }
    return sandbox.make_role(ACCOUNT, "BedrockKeyGuard", trust={"Statement": [statement]})


def assume(sandbox: Sandbox, web_identity: str, role: str = ROLE) -> dict[str, Any]:
    return oidc.assume(sandbox, web_identity, role)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_both_forms_of_the_subject_are_let_in(sandbox: Sandbox, role: str, subject: str) -> None:
    answer = assume(sandbox, token(sub=subject))
    assert answer["SubjectFromWebIdentityToken"] == subject
    who = sandbox.client_with(session_key(answer), "sts").get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/BedrockKeyGuard/guard"


@pytest.mark.parametrize(
    ("claims", "code", "text"),
    [
        ({"sub": "repo:eve/shop:ref:refs/heads/main"}, "AccessDenied", "Not authorized"),
        ({"repository_id": "457"}, "AccessDenied", "Not authorized"),
        ({"aud": "https://example.com"}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"iss": "https://example.com"}, "InvalidIdentityToken", "No OpenIDConnect provider"),
        ({"exp": 1}, "ExpiredTokenException", "expired"),
    ],
)
def test_another_claim_is_refused(
    sandbox: Sandbox, role: str, claims: dict[str, Any], code: str, text: str
) -> None:
    with pytest.raises(ClientError, match=text) as caught:
        assume(sandbox, token(**claims))
    assert refusal(caught.value)[0] == code


@pytest.mark.parametrize("garbage", ["a.b.c", "nothing", "e30.", token().rpartition(".")[0]])
def test_what_is_no_token_is_refused(sandbox: Sandbox, role: str, garbage: str) -> None:
    with pytest.raises(ClientError, match="not a valid JWT") as caught:
        assume(sandbox, garbage)
    assert refusal(caught.value)[0] == "InvalidIdentityToken"


def test_a_role_that_trusts_no_provider_is_refused(sandbox: Sandbox, role: str) -> None:
    for other in (sandbox.make_role(ACCOUNT, "other"), f"{ROLE}-that-is-not-there"):
        with pytest.raises(ClientError, match="Not authorized"):
            assume(sandbox, token(), other)
