"""What the services make of sessions, and which there cannot be (STS API reference)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from sandbox.front import signers
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import AccessKey
from tests.unit.sandbox.front.test_signers import by_role, by_root_session, by_user, by_user_session

Make = Callable[[Sandbox], AccessKey]


@pytest.mark.parametrize("make", [by_user_session, by_role, by_root_session])
@pytest.mark.parametrize("operation", ["get_session_token", "get_federation_token"])
def test_a_session_gets_no_session(sandbox: Sandbox, make: Make, operation: str) -> None:
    sts = sandbox.client_with(make(sandbox), "sts")
    named = {"Name": "bob"} if operation == "get_federation_token" else {}
    with pytest.raises(ClientError, match=r"AccessDenied.*with session credentials"):
        getattr(sts, operation)(**named)


@pytest.mark.parametrize(
    ("service", "operation", "expired"),
    [
        ("sts", "get_caller_identity", "ExpiredToken"),
        ("ssm", "describe_parameters", "ExpiredTokenException"),
    ],
)
def test_an_api_refuses_a_session_that_is_over(
    sandbox: Sandbox, service: str, operation: str, expired: str
) -> None:
    session = by_role(sandbox)
    signers.age(sandbox, session, hours=13)
    with pytest.raises(ClientError) as caught:
        getattr(sandbox.client_with(session, service), operation)()
    assert caught.value.response["Error"]["Code"] == expired


@pytest.mark.parametrize(
    ("service", "operation", "codes"),
    [
        ("sts", "get_caller_identity", ("InvalidClientTokenId", "SignatureDoesNotMatch")),
        (
            "ssm",
            "describe_parameters",
            ("UnrecognizedClientException", "InvalidSignatureException"),
        ),
    ],
)
def test_an_api_refuses_a_false_token_and_a_false_secret(
    sandbox: Sandbox, service: str, operation: str, codes: tuple[str, str]
) -> None:
    session = by_role(sandbox)
    token, secret = session.session_token, session.secret_access_key
    false = (
        AccessKey(session.access_key_id, secret, "another"),
        AccessKey(session.access_key_id, "another", token),
    )
    for key, code in zip(false, codes, strict=True):
        with pytest.raises(ClientError) as caught:
            getattr(sandbox.client_with(key, service), operation)()
        assert caught.value.response["Error"]["Code"] == code


def test_only_a_session_can_be_aged(sandbox: Sandbox) -> None:
    with pytest.raises(LookupError, match="has a session"):
        signers.age(sandbox, by_user(sandbox), hours=1)
