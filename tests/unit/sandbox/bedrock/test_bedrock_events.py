"""What CloudTrail records of calls made with a Bedrock API key, one documented case a row.

Where the mark is: the Amazon Bedrock user guide, "Monitor bedrock-mantle API calls using
CloudTrail", for mantle, and for the first plane the events of a field report of 2025-08, which also
show who is named for each kind of key.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.base.faults import AcceptEverything
from sandbox.base.lag import Lag
from sandbox.front import signers
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import DENY_BOTH_PLANES

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Asker

ACCOUNT = "111122223333"
USER = "BedrockAPIKey-ex4m"
MODEL = "anthropic.claude-sonnet-example-v1:0"
Make = Callable[[Sandbox], str]


def long_term(sandbox: Sandbox) -> str:
    return sandbox.make_long_term_key(ACCOUNT, USER).key


def by_user(sandbox: Sandbox) -> str:
    return signers.short_term_key(sandbox, signers.user(sandbox, ACCOUNT, "alice")).key


def by_user_session(sandbox: Sandbox) -> str:
    return signers.short_term_key(sandbox, signers.user_session(sandbox, ACCOUNT, "alice")).key


def by_role(sandbox: Sandbox) -> str:
    return sandbox.make_short_term_key(ACCOUNT, role="ml-pipeline").key


def by_sso(sandbox: Sandbox) -> str:
    session = signers.sso_session(sandbox, ACCOUNT, "PowerUser", "sam@example.com")
    return signers.short_term_key(sandbox, session).key


def by_federated_user(sandbox: Sandbox) -> str:
    session = signers.federated_user(sandbox, ACCOUNT, "alice", "bob")
    return signers.short_term_key(sandbox, session).key


def by_root(sandbox: Sandbox) -> str:
    return signers.short_term_key(sandbox, signers.root(sandbox, ACCOUNT)).key


def recorded(sandbox: Sandbox, event_name: str, region: str = "us-east-1") -> list[dict[str, Any]]:
    trail = sandbox.client("cloudtrail", ACCOUNT, region=region)
    attribute = {"AttributeKey": "EventName", "AttributeValue": event_name}
    found = trail.lookup_events(LookupAttributes=[attribute])["Events"]
    return [json.loads(event["CloudTrailEvent"]) for event in found]


@pytest.mark.parametrize(
    ("make", "kind", "name", "in_session"),
    [
        (long_term, "IAMUser", USER, False),
        (by_user, "IAMUser", "alice", False),
        (by_user_session, "IAMUser", "alice", True),
        (by_role, "AssumedRole", "ml-pipeline", True),
        (by_sso, "AssumedRole", "AWSReservedSSO_PowerUser_", True),
        (by_federated_user, "FederatedUser", "alice", True),
        (by_root, "Root", "", False),
    ],
)
def test_both_planes_name_who_called_with_which_key(
    sandbox: Sandbox, ask: Asker, make: Make, kind: str, name: str, in_session: bool
) -> None:
    key = make(sandbox)
    ask.session.headers["User-Agent"] = "bedrock-key-guard/0.1"
    ask.bedrock(key)
    ask.mantle(key)
    (control,), (mantle,) = (
        recorded(sandbox, "ListFoundationModels"),
        recorded(sandbox, "ListModels"),
    )
    for event in (control, mantle):
        identity = event["userIdentity"]
        assert identity["type"] == kind
        assert ("sessionContext" in identity) is in_session
        issuer = identity.get("sessionContext", {}).get("sessionIssuer", {})
        assert (issuer.get("userName") or identity.get("userName", "")).startswith(name)
        assert (event["sourceIPAddress"], event["userAgent"]) == (
            "127.0.0.1",
            "bedrock-key-guard/0.1",
        )
        assert (event["readOnly"], event["managementEvent"]) == (True, True)
        assert "errorCode" not in event
    assert control["eventSource"] == "bedrock.amazonaws.com"
    assert control["additionalEventData"] == {"callWithBearerToken": True}
    assert control["requestParameters"] is None
    assert mantle["eventSource"] == "bedrock-mantle.amazonaws.com"
    assert mantle["requestParameters"] == {
        "callWithBearerToken": True,
        "bearerTokenType": "ABSK" if make is long_term else "SHORT_TERM",
    }
    assert (control.get("sessionCredentialFromConsole") == "true") is (make is by_sso)


@pytest.mark.parametrize("named", [True, False])
def test_whether_the_first_plane_names_access_keys_can_be_chosen(
    sandbox: Sandbox, ask: Asker, named: bool
) -> None:
    made = sandbox.make_short_term_key(ACCOUNT, role="ml-pipeline")
    sandbox.trail.names_access_keys = named
    ask.bedrock(made.key)
    ask.mantle(made.key)
    (control,), (mantle,) = (
        recorded(sandbox, "ListFoundationModels"),
        recorded(sandbox, "ListModels"),
    )
    assert control["userIdentity"].get("accessKeyId") == (made.access_key_id if named else None)
    assert mantle["userIdentity"]["accessKeyId"] == made.access_key_id


def post(ask: Asker, key: str, path: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return ask.session.post(ask.sandbox.bedrock.url + path, headers=headers, json={}, timeout=10)


@pytest.mark.parametrize(
    ("path", "event_name"),
    [(f"/model/{MODEL}/converse", "Converse"), (f"/model/{MODEL}/invoke", "InvokeModel")],
)
def test_inference_is_a_management_event_on_the_first_plane(
    sandbox: Sandbox, ask: Asker, path: str, event_name: str
) -> None:
    assert post(ask, long_term(sandbox), path).status_code == 200
    (event,) = recorded(sandbox, event_name)
    assert event["requestParameters"] == {"modelId": MODEL}
    assert event["additionalEventData"] == {
        "callWithBearerToken": True,
        "inferenceRegion": "us-east-1",
    }


def test_inference_on_mantle_is_a_data_event_that_is_not_shown(
    sandbox: Sandbox, ask: Asker
) -> None:
    assert post(ask, long_term(sandbox), "/v1/chat/completions").status_code == 200
    assert recorded(sandbox, "CreateInference") == []


def test_a_denied_call_is_an_event_with_its_error(sandbox: Sandbox, ask: Asker, iam: Any) -> None:
    key = long_term(sandbox)
    document = json.dumps(DENY_BOTH_PLANES)
    iam.put_user_policy(UserName=USER, PolicyName="deny", PolicyDocument=document)
    said = post(ask, key, f"/model/{MODEL}/converse").json()["Message"]
    (event,) = recorded(sandbox, "Converse")
    assert (event["errorCode"], event["errorMessage"]) == ("AccessDenied", said)


@pytest.mark.parametrize("planned", [True, False])
def test_what_nobody_is_known_to_have_called_is_no_event(
    sandbox: Sandbox, ask: Asker, planned: bool
) -> None:
    if planned:
        sandbox.bedrock.faults.add(AcceptEverything())
    ask.bedrock(long_term(sandbox)[:-1])
    assert recorded(sandbox, "ListFoundationModels") == []


def test_a_call_is_recorded_in_the_region_where_it_was_made(sandbox: Sandbox, ask: Asker) -> None:
    sandbox.bedrock.region = "eu-west-1"
    ask.bedrock(long_term(sandbox))
    assert recorded(sandbox, "ListFoundationModels") == []
    (event,) = recorded(sandbox, "ListFoundationModels", "eu-west-1")
    assert event["awsRegion"] == "eu-west-1"


def test_a_key_that_still_works_by_delay_is_recorded_as_accepted(
    sandbox: Sandbox, ask: Asker, iam: Any
) -> None:
    made = sandbox.make_long_term_key(ACCOUNT, USER)
    sandbox.bedrock.lag = Lag(probes=1)
    ask.bedrock(made.key)
    iam.delete_service_specific_credential(
        UserName=USER, ServiceSpecificCredentialId=made.credential_id
    )
    assert [ask.bedrock(made.key).status_code for _ in range(2)] == [200, 403]
    assert len(recorded(sandbox, "ListFoundationModels")) == 2


def test_no_event_holds_a_key(sandbox: Sandbox, ask: Asker) -> None:
    keys = [make(sandbox) for make in (long_term, by_role)]
    for key in keys:
        ask.bedrock(key)
        ask.mantle(key)
    shown = json.dumps([event.record() for event in sandbox.trail.events(ACCOUNT, "us-east-1")])
    assert not any(key[-40:] in shown for key in keys)
