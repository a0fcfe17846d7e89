from __future__ import annotations

import base64
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
from aws_bedrock_token_generator.token_generator import _generate_token
from botocore.credentials import Credentials

from sandbox.bedrock.bearer import mint_short_term
from sandbox.iam import sigv4
from sandbox.iam.principals import Principal, Signer

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "bedrock-api-key-"
SOMEBODY = Principal(
    kind="IAMUser",
    account_id="111122223333",
    arn="arn:aws:iam::111122223333:user/alice",
    name="alice",
    unique_id="AIDAEXAMPLE",
    policies=(),
)


def query_of(key: str) -> Mapping[str, list[str]]:
    return parse_qs(base64.b64decode(key.removeprefix(PREFIX)).decode().partition("?")[2])


@pytest.mark.parametrize("session_token", [None, "FAKE+SESSION/TOKEN=="])
@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1"])
def test_a_key_is_signed_as_by_the_generator_of_aws(session_token: str | None, region: str) -> None:
    access_key_id, secret = "AKIARTX3GSDSEXAMPLE2", "made+up/secret"
    theirs = _generate_token(Credentials(access_key_id, secret, session_token), region, 3600)
    signer = Signer(
        principal=SOMEBODY,
        access_key_id=access_key_id,
        secret_access_key=secret,
        session_token=session_token,
        active=True,
    )
    (date,) = query_of(theirs)["X-Amz-Date"]
    issued_at = sigv4.moment(date)
    ours = mint_short_term(signer, region, 3600, issued_at)
    assert query_of(ours) == query_of(theirs)
    assert ours.startswith(PREFIX)


def test_a_signature_depends_on_every_parameter() -> None:
    scope = "AKIARTX3GSDSEXAMPLE2/20261123/us-east-1/bedrock/aws4_request"
    parameters = {"X-Amz-Credential": scope, "X-Amz-Date": "20261123T000000Z", "X-Amz-Expires": "1"}
    signatures = {
        sigv4.signature(parameters | {name: value[:-1] + "2"}, "secret")
        for name, value in parameters.items()
    }
    assert len(signatures | {sigv4.signature(parameters, "secret")}) == 4
    assert len(signatures | {sigv4.signature(parameters, "other")}) == 4


def test_a_time_stamp_is_in_utc() -> None:
    assert sigv4.moment("20261123T035116Z") == datetime.fromisoformat("2026-11-23T03:51:16+00:00")
