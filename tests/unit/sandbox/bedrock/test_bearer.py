"""Which keys Bedrock accepts, and in which words it refuses the others, over real TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from tests.unit.sandbox.bedrock import candidates
from tests.unit.sandbox.bedrock.candidates import ACCOUNT, ROLE, USER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.front.sandbox import Sandbox
    from tests.unit.sandbox.conftest import Asker

USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/{USER}"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/sandbox-session"

ACCEPTED = (200, "")
FORGED = (403, "Authentication failed: Please make sure your API Key is valid.")
NO_FORMAT = (403, "Invalid API Key format: Must start with pre-defined prefix")
EXPIRED = (403, "Bearer Token has expired")


def denied(arn: str) -> tuple[int, str]:
    action = "bedrock:CallWithBearerToken"
    why = "with an explicit deny in an identity-based policy"
    return 403, f"User: {arn} is not authorized to perform: {action} on resource: * {why}"


CASES = [
    (candidates.long_term, ACCEPTED),
    (candidates.long_term_after_reset, ACCEPTED),
    (candidates.long_term_of_a_renamed_user, ACCEPTED),
    (candidates.long_term_tampered, FORGED),
    (candidates.long_term_truncated, FORGED),
    (candidates.long_term_forged, FORGED),
    (candidates.long_term_inactive, FORGED),
    (candidates.long_term_before_reset, FORGED),
    (candidates.long_term_expired, FORGED),
    (candidates.long_term_deleted, FORGED),
    (candidates.long_term_of_another_service, NO_FORMAT),
    (candidates.long_term_denied, denied(USER_ARN)),
    (candidates.short_term, ACCEPTED),
    (candidates.short_term_of_a_session, ACCEPTED),
    (candidates.short_term_sorted, ACCEPTED),
    (candidates.short_term_of_another_region, FORGED),
    (candidates.short_term_of_a_wrong_secret, FORGED),
    (candidates.short_term_of_an_unknown_key, FORGED),
    (candidates.short_term_of_an_inactive_key, FORGED),
    (candidates.short_term_of_a_deleted_key, FORGED),
    (candidates.short_term_prolonged, FORGED),
    (candidates.short_term_without_its_session_token, FORGED),
    (candidates.short_term_of_another_host, FORGED),
    (candidates.short_term_expired, EXPIRED),
    (candidates.short_term_of_a_denied_role, denied(SESSION_ARN)),
    (candidates.no_key_at_all, NO_FORMAT),
    (candidates.only_a_prefix, FORGED),
    (candidates.not_ascii, FORGED),
]


@pytest.mark.parametrize(
    ("make", "expected"), CASES, ids=lambda value: getattr(value, "__name__", "")
)
def test_both_planes_judge_a_key(
    sandbox: Sandbox,
    ask: Asker,
    make: Callable[[Sandbox], str],
    expected: tuple[int, str],
) -> None:
    key = make(sandbox)
    status, text = expected
    control, mantle = ask.bedrock(key), ask.mantle(key)
    assert control.status_code == status
    assert control.headers["Content-Type"] == "application/json"
    if expected == ACCEPTED:
        assert {"modelArn", "modelId"} <= control.json()["modelSummaries"][0].keys()
        assert mantle.json()["object"] == "list"
        assert mantle.json()["data"][0]["object"] == "model"
        return
    assert control.json() == {"Message": text}
    named = text.startswith("User: ")
    assert mantle.status_code == (403 if named else 401)
    error = mantle.json()["error"]
    assert error["code"] == ("access_denied" if named else "invalid_api_key")
    on_mantle = text.replace("bedrock:CallWith", "bedrock-mantle:CallWith")
    assert error["message"] == (on_mantle if named else "Invalid bearer token")


def test_mantle_takes_the_key_in_x_api_key_and_the_control_plane_does_not(
    sandbox: Sandbox, ask: Asker
) -> None:
    key = candidates.long_term(sandbox)
    assert ask.get("/v1/models", {"x-api-key": key}).status_code == 200
    control = ask.get("/foundation-models", {"x-api-key": key})
    assert (control.status_code, control.json()) == (
        403,
        {"Message": "Missing Authentication Token"},
    )


def test_mantle_without_a_key_says_that_it_is_invalid(ask: Asker) -> None:
    assert ask.get("/v1/models").json()["error"]["code"] == "invalid_api_key"


def test_a_short_term_key_works_in_the_region_that_the_endpoint_plays(
    sandbox: Sandbox, ask: Asker
) -> None:
    key = candidates.short_term_of_another_region(sandbox)
    sandbox.bedrock.region = "eu-west-1"
    assert ask.bedrock(key).status_code == 200
    assert ask.bedrock(candidates.short_term(sandbox)).status_code == 403


def test_the_sdk_itself_lists_models_with_a_key(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", candidates.long_term(sandbox))
    bedrock = boto3.Session().client(
        "bedrock",
        region_name="us-east-1",
        endpoint_url=sandbox.bedrock.url,
        verify=str(sandbox.bedrock.ca_bundle),
        config=Config(proxies={}),
    )
    try:
        assert len(bedrock.list_foundation_models()["modelSummaries"]) == 3
    finally:
        bedrock.close()


def test_other_paths_and_methods_are_refused(ask: Asker) -> None:
    assert ask.get("/somewhere").status_code == 404
    posted = ask.session.post(ask.sandbox.bedrock.url + "/foundation-models", data="x", timeout=10)
    assert posted.status_code == 405
