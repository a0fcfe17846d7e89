"""How events arrive in CloudTrail, are looked up in thousands, and are refused for haste."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.base.faults import ACCESS_DENIED, Every, RateLimit, ServiceError
from sandbox.base.lag import Lag
from sandbox.cloudtrail.event_rows import Row, events_from
from sandbox.cloudtrail.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.front.sandbox import Sandbox

ACCOUNT, OTHER_ACCOUNT = "111122223333", "210987654321"
NOW = datetime.now(timezone.utc).replace(microsecond=0)
REGIONS = (
    "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 "
    "eu-central-1 eu-north-1 eu-south-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 "
    "us-east-2 us-west-1 us-west-2"
).split()


def rows(count: int) -> Iterator[Row]:
    for number in range(count):
        yield Row(NOW - timedelta(seconds=number), REGIONS[number % len(REGIONS)], model="m")


def pages(sandbox: Sandbox, region: str, account: str = ACCOUNT, **query: Any) -> list[Any]:
    trail = sandbox.client("cloudtrail", account, region=region)
    return [page["Events"] for page in trail.get_paginator("lookup_events").paginate(**query)]


@pytest.mark.long
def test_ten_thousand_events_in_seventeen_regions_are_found_by_the_page(sandbox: Sandbox) -> None:
    sandbox.trail.seed(events_from(ACCOUNT, rows(10_000)))
    found = Counter[str]()
    for region in REGIONS:
        read = pages(sandbox, region)
        assert {len(page) for page in read[:-1]} <= {50}
        times = [event["EventTime"] for page in read for event in page]
        assert times == sorted(times, reverse=True)
        found[region] = len({event["EventId"] for page in read for event in page})
    assert found == Counter(REGIONS[number % len(REGIONS)] for number in range(10_000))


def test_pages_go_on_where_they_began_while_events_arrive(sandbox: Sandbox) -> None:
    sandbox.trail.seed(events_from(ACCOUNT, [Row(NOW - timedelta(hours=n)) for n in range(4)]))
    trail = sandbox.client("cloudtrail", ACCOUNT)
    first = trail.lookup_events(MaxResults=2)
    sandbox.trail.record(*events_from(ACCOUNT, [Row(NOW)]))
    second = trail.lookup_events(MaxResults=2, NextToken=first["NextToken"])
    ids = [event["EventId"] for page in (first, second) for event in page["Events"]]
    assert len(ids) == len(set(ids)) == 4


def test_events_are_kept_for_ninety_days(sandbox: Sandbox) -> None:
    """CloudTrail user guide, "Working with CloudTrail event history"."""
    ages = [timedelta(days=89), timedelta(days=91)]
    sandbox.trail.seed(events_from(ACCOUNT, [Row(NOW - age) for age in ages]))
    (page,) = pages(sandbox, "us-east-1")
    assert [event["EventTime"] for event in page] == [NOW - ages[0]]


def seen(trail: Trail, **more: bool) -> int:
    return len(trail.look_up(ACCOUNT, "us-east-1", **more))


def test_an_event_arrives_after_some_look_ups() -> None:
    trail = Trail()
    trail.lag = Lag(probes=2)
    trail.seed(events_from(ACCOUNT, [Row(NOW)]))
    trail.record(*events_from(ACCOUNT, [Row(NOW)]))
    assert [seen(trail), seen(trail, begins=False), seen(trail), seen(trail)] == [1, 1, 1, 2]


def test_an_event_arrives_after_some_time() -> None:
    clock = [0.0]
    trail = Trail(lambda: clock[0])
    trail.lag = Lag(seconds=300)
    trail.record(*events_from(ACCOUNT, [Row(NOW)]))
    assert seen(trail) == 0
    clock[0] = 300.0
    assert seen(trail) == 1


def test_a_reset_forgets_events_and_their_lag(sandbox: Sandbox) -> None:
    sandbox.trail.lag = Lag(probes=9)
    sandbox.trail.names_access_keys = False
    sandbox.trail.seed(events_from(ACCOUNT, [Row(NOW)]))
    sandbox.reset()
    assert (sandbox.trail.lag, sandbox.trail.names_access_keys) == (Lag(), True)
    assert sandbox.trail.events(ACCOUNT, "us-east-1") == []


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            Row(NOW, token_type="SHORT_TERM", role="ml", user="job-7", access_key_id="ASIAEXAMPLE"),
            {"additionalEventData": {"callWithBearerToken": True}},
        ),
        (
            Row(NOW, service="bedrock-mantle", event="ListModels", token_type="LONG_TERM"),
            {"requestParameters": {"callWithBearerToken": True, "bearerTokenType": "ABSK"}},
        ),
        (
            Row(NOW, service="iam", event="CreateAccessKey", token_type="", user="alice"),
            {"requestParameters": None, "eventSource": "iam.amazonaws.com"},
        ),
        (
            Row(NOW, model="m", inference_region="us-west-2", error="ValidationException"),
            {
                "requestParameters": {"modelId": "m"},
                "additionalEventData": {
                    "callWithBearerToken": True,
                    "inferenceRegion": "us-west-2",
                },
                "errorCode": "ValidationException",
            },
        ),
    ],
)
def test_a_row_becomes_the_event_that_it_tells_of(row: Row, expected: dict[str, Any]) -> None:
    (event,) = events_from(ACCOUNT, [row])
    record = event.record()
    assert {name: record[name] for name in expected} == expected
    identity = record["userIdentity"]
    assert identity["type"] == ("AssumedRole" if row.role else "IAMUser")
    assert identity["arn"].endswith(f"{row.role}/{row.user}" if row.role else f"user/{row.user}")
    assert event.shown()["AccessKeyId"] == row.access_key_id
    assert json.loads(event.shown()["CloudTrailEvent"])["eventID"] == event.event_id


def refused(sandbox: Sandbox, region: str, account: str = ACCOUNT) -> str:
    try:
        sandbox.client("cloudtrail", account, region=region).lookup_events()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_each_account_and_region_is_limited_by_itself(sandbox: Sandbox) -> None:
    """CloudTrail API reference, `LookupEvents`: two a second for each account and region."""
    clock = [0.0]
    sandbox.aws_faults.clock = lambda: clock[0]
    sandbox.aws_faults.add(RateLimit(2), on="cloudtrail:LookupEvents")
    throttled = "ThrottlingException"
    assert [refused(sandbox, "us-east-1") for _ in range(4)] == ["", "", throttled, throttled]
    assert [refused(sandbox, "eu-west-1") for _ in range(2)] == ["", ""]
    assert refused(sandbox, "us-east-1", OTHER_ACCOUNT) == ""
    clock[0] = 1.0
    assert [refused(sandbox, "us-east-1") for _ in range(3)] == ["", "", throttled]


def test_every_third_look_up_can_be_throttled(sandbox: Sandbox) -> None:
    busy = ServiceError(400, "ThrottlingException", "Rate exceeded")
    sandbox.aws_faults.add(Every(3, busy), on="cloudtrail:*")
    assert [bool(refused(sandbox, "us-east-1")) for _ in range(6)] == [False, False, True] * 2


def test_a_region_can_refuse(sandbox: Sandbox) -> None:
    sandbox.aws_faults.add(ACCESS_DENIED, on="cloudtrail:*", region="eu-*", times=None)
    assert [refused(sandbox, region) for region in ("us-east-1", "eu-west-1")] == [
        "",
        "AccessDenied",
    ]
