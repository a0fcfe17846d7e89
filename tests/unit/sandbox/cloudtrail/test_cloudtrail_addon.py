from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.front.sandbox import GUARD_USER

if TYPE_CHECKING:
    from sandbox.front.sandbox import Sandbox
    from sandbox.front.seeding import LongTermKey

ACCOUNT, OTHER_ACCOUNT = "111122223333", "210987654321"
USER = "BedrockAPIKey-ex4m"
LIFE = ["CreateServiceSpecificCredential", "UpdateServiceSpecificCredential"]
LIFE += ["ResetServiceSpecificCredential", "DeleteServiceSpecificCredential"]


@pytest.fixture
def trail(sandbox: Sandbox) -> Any:
    return sandbox.client("cloudtrail", ACCOUNT)


def live_and_die(sandbox: Sandbox, user: str = USER) -> LongTermKey:
    """Make a credential, and let the guard deactivate, reset and delete it."""
    made = sandbox.make_long_term_key(ACCOUNT, user)
    guard = sandbox.client("iam", ACCOUNT, user=GUARD_USER)
    named = {"UserName": user, "ServiceSpecificCredentialId": made.credential_id}
    guard.update_service_specific_credential(Status="Inactive", **named)
    guard.reset_service_specific_credential(**named)
    guard.delete_service_specific_credential(**named)
    forget_all_but_credentials(sandbox)
    return made


def forget_all_but_credentials(sandbox: Sandbox) -> None:
    events = sandbox.trail.events(ACCOUNT, "us-east-1")
    kept = [event for event in events if "Credential" in event.name]
    sandbox.trail.replace(ACCOUNT, "us-east-1", kept)


def looked_up(
    trail: Any, key: str | None = None, value: str = "", **query: Any
) -> list[dict[str, Any]]:
    if key is not None:
        query["LookupAttributes"] = [{"AttributeKey": key, "AttributeValue": value}]
    found: list[dict[str, Any]] = trail.lookup_events(**query)["Events"]
    return found


def test_every_change_of_a_credential_is_recorded_newest_first(
    sandbox: Sandbox, trail: Any
) -> None:
    live_and_die(sandbox)
    assert [event["EventName"] for event in looked_up(trail)] == LIFE[::-1]


def test_an_event_says_who_did_what_to_which_credential(sandbox: Sandbox, trail: Any) -> None:
    made = live_and_die(sandbox)
    (found,) = looked_up(trail, "EventName", "UpdateServiceSpecificCredential")
    event = json.loads(found["CloudTrailEvent"])
    key = sandbox.credentials(ACCOUNT, user=GUARD_USER)
    identity = event["userIdentity"]
    assert identity["type"] == "IAMUser"
    assert identity["arn"] == f"arn:aws:iam::{ACCOUNT}:user/{GUARD_USER}"
    assert identity["accessKeyId"] == found["AccessKeyId"] == key.access_key_id
    assert identity["userName"] == found["Username"] == GUARD_USER
    assert event["requestParameters"] == {
        "userName": USER,
        "serviceSpecificCredentialId": made.credential_id,
        "status": "Inactive",
    }
    assert event["sourceIPAddress"] == "127.0.0.1"
    assert "Botocore" in event["userAgent"]
    assert (event["awsRegion"], event["eventSource"]) == ("us-east-1", "iam.amazonaws.com")
    assert event["eventTime"] == found["EventTime"].astimezone(timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )


def test_an_event_of_a_role_names_its_session(sandbox: Sandbox, trail: Any) -> None:
    made = sandbox.make_long_term_key(ACCOUNT, USER)
    sandbox.client("iam", ACCOUNT, role="ops").delete_service_specific_credential(
        UserName=USER, ServiceSpecificCredentialId=made.credential_id
    )
    (found,) = looked_up(trail, "Username", "sandbox-session")
    identity = json.loads(found["CloudTrailEvent"])["userIdentity"]
    assert identity["type"] == "AssumedRole"
    assert identity["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/sandbox-session"
    assert identity["sessionContext"]["sessionIssuer"]["userName"] == "ops"


def test_a_refused_change_is_an_event_with_its_error(
    sandbox: Sandbox, iam: Any, trail: Any
) -> None:
    with pytest.raises(ClientError):
        iam.create_service_specific_credential(
            UserName="ghost", ServiceName="bedrock.amazonaws.com"
        )
    (found,) = looked_up(trail, "ResourceName", "ghost")
    event = json.loads(found["CloudTrailEvent"])
    assert event["errorCode"] == "NoSuchEntityException"
    assert "ghost" in event["errorMessage"]
    assert event["responseElements"] is None


def test_no_event_holds_a_key(sandbox: Sandbox, trail: Any) -> None:
    made = live_and_die(sandbox)
    recorded = json.dumps(looked_up(trail), default=str)
    assert made.alias in recorded
    assert made.key[-40:] not in recorded


@pytest.mark.parametrize(
    ("key", "value", "count"),
    [
        ("EventName", "ResetServiceSpecificCredential", 2),
        ("EventName", "resetservicespecificcredential", 0),
        ("Username", GUARD_USER, 6),
        ("ResourceName", USER, 4),
        ("ResourceName", "bob", 8),
        ("EventSource", "iam.amazonaws.com", 12),
        ("ReadOnly", "false", 12),
        ("ReadOnly", "true", 0),
    ],
)
def test_events_are_found_by_one_attribute(
    sandbox: Sandbox, trail: Any, key: str, value: str, count: int
) -> None:
    live_and_die(sandbox)
    live_and_die(sandbox, "bob")
    made = sandbox.make_long_term_key(ACCOUNT, "bob")
    iam = sandbox.client("iam", ACCOUNT)
    for status in ("Inactive", "Active", "Inactive"):
        iam.update_service_specific_credential(
            UserName="bob", ServiceSpecificCredentialId=made.credential_id, Status=status
        )
    forget_all_but_credentials(sandbox)
    assert len(looked_up(trail, key, value)) == count


def test_events_are_found_by_credential_access_key_and_event_id(
    sandbox: Sandbox, trail: Any
) -> None:
    made = live_and_die(sandbox)
    live_and_die(sandbox, "bob")
    assert len(looked_up(trail, "ResourceName", made.credential_id)) == 4
    access_key_id = sandbox.credentials(ACCOUNT, user=GUARD_USER).access_key_id
    found = looked_up(trail, "AccessKeyId", access_key_id)
    assert len(found) == 6
    assert looked_up(trail, "EventId", found[2]["EventId"]) == [found[2]]


def test_a_look_up_is_bounded_in_time(sandbox: Sandbox, trail: Any) -> None:
    live_and_die(sandbox)
    now = datetime.now(timezone.utc)
    before, after = now - timedelta(minutes=5), now + timedelta(minutes=5)
    assert len(looked_up(trail, StartTime=before, EndTime=after)) == 4
    assert looked_up(trail, StartTime=after) == []
    assert looked_up(trail, EndTime=before) == []


def test_pages_follow_each_other(sandbox: Sandbox, trail: Any) -> None:
    live_and_die(sandbox)
    pages = [page["Events"] for page in paged(trail, 3)]
    assert [len(page) for page in pages] == [3, 1]
    assert [event["EventName"] for page in pages for event in page] == LIFE[::-1]


def paged(trail: Any, size: int) -> Any:
    return trail.get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": size})


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"MaxResults": 51}, "InvalidMaxResultsException"),
        ({"NextToken": "elsewhere"}, "InvalidNextTokenException"),
        (
            {"StartTime": "2026-02-01T00:00:00Z", "EndTime": "2026-01-01T00:00:00Z"},
            "InvalidTimeRangeException",
        ),
        (
            {"LookupAttributes": [{"AttributeKey": "Username", "AttributeValue": "x"}] * 2},
            "InvalidLookupAttributesException",
        ),
    ],
)
def test_a_bad_look_up_is_refused(trail: Any, query: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        trail.lookup_events(**query)
    assert caught.value.response["Error"]["Code"] == code


def test_events_stay_in_their_account_and_region(sandbox: Sandbox, trail: Any) -> None:
    live_and_die(sandbox)
    assert looked_up(sandbox.client("cloudtrail", OTHER_ACCOUNT)) == []
    assert looked_up(sandbox.client("cloudtrail", ACCOUNT, region="eu-west-1")) == []
