"""Make CloudTrail records as the two services write them, and the trail of a fake account."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import islice, repeat
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

from bedrock_key_guard.aws import cloudtrail
from bedrock_key_guard.aws.cloudtrail import MOST_EVENTS, PAGE
from bedrock_key_guard.aws.rate_limit import RateLimiter
from bedrock_key_guard.model.principals import Account

ACCOUNT = "111122223333"
USER = "BedrockAPIKey-ex4m"
ARN = f"arn:aws:iam::{ACCOUNT}:user/{USER}"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/ml-pipeline/i-0123"
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=timezone.utc)
MODEL = "anthropic.claude-opus-4-20250514-v1:0"
AGENT = "Boto3/1.44.5 md/Botocore#1.44.5 m/3,b"
GUARD = "bedrock-key-guard/0.1.0"

Record = dict[str, Any]
_ANCIENT = datetime.min.replace(tzinfo=timezone.utc)


def at(**ago: float) -> datetime:
    return NOW - timedelta(**ago)


def stamp(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(stamped: str) -> datetime:
    return datetime.strptime(stamped, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def record(when: datetime = NOW, event_id: str = "e-1", **changes: Any) -> Record:
    """Return the record of a Converse call with a long-term key on bedrock."""
    made: Record = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "arn": ARN, "accountId": ACCOUNT, "userName": USER},
        "eventTime": stamp(when),
        "eventSource": "bedrock.amazonaws.com",
        "eventName": "Converse",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": AGENT,
        "requestParameters": {"modelId": MODEL},
        "responseElements": None,
        "additionalEventData": {"callWithBearerToken": True, "inferenceRegion": "us-west-2"},
        "eventID": event_id,
        "eventCategory": "Management",
    }
    return made | changes


def mantle(when: datetime = NOW, event_id: str = "e-1", **changes: Any) -> Record:
    """Return the record of a ListModels call on bedrock-mantle."""
    request = {"callWithBearerToken": True, "bearerTokenType": "ABSK"}
    more = {"eventSource": "bedrock-mantle.amazonaws.com", "eventName": "ListModels"}
    made = record(when, event_id, requestParameters=request, **more) | changes
    return {name: value for name, value in made.items() if name != "additionalEventData"}


def of_session(when: datetime = NOW, event_id: str = "e-1", **identity: Any) -> Record:
    """Return the record of a call with a short-term key that a role's session signed."""
    issuer = {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/ml-pipeline"}
    who = {"type": "AssumedRole", "arn": SESSION, "sessionContext": {"sessionIssuer": issuer}}
    return record(when, event_id, userIdentity=who | identity)


def iam(name: str, when: datetime = NOW, event_id: str = "i-1", **changes: Any) -> Record:
    """Return the record of a call of IAM about the key's user."""
    made = record(
        when,
        event_id,
        eventSource="iam.amazonaws.com",
        eventName=name,
        userAgent="console.amazonaws.com",
        userIdentity={"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/admin"},
        requestParameters={"userName": USER},
        additionalEventData=None,
    )
    return made | changes


def listed(of: Record, **attributes: str) -> dict[str, Any]:
    """Return a record as LookupEvents lists it."""
    identity = of["userIdentity"]
    name = identity.get("userName") or identity.get("arn", "").rpartition("/")[2]
    return {
        "EventId": of["eventID"],
        "EventName": of["eventName"],
        "EventTime": moment(of["eventTime"]),
        "Username": name,
        "AccessKeyId": identity.get("accessKeyId", ""),
        "CloudTrailEvent": json.dumps(of),
        **attributes,
    }


def parsed(of: Record) -> cloudtrail.Record:
    """Return a record as the reader of the trail gives it, whatever stands in it."""
    when, body = NOW, json.dumps(of)
    with suppress(KeyError, TypeError, ValueError):
        when = moment(of["eventTime"])
    read = cloudtrail.read_record({"EventTime": when, "CloudTrailEvent": body})
    assert read is not None
    return read


def refusal(code: str, status: int = 400) -> ClientError:
    metadata: Any = {"HTTPStatusCode": status}
    error = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": metadata}
    return ClientError(error, "LookupEvents")  # type: ignore[arg-type]


@dataclass
class FakeTrail:
    """Be CloudTrail in every region of an account, with as many events as an iterator gives.

    `faults` are raised by the next look-ups of a region, first come first served, and None lets one
    go by; what has no events has none to tell.
    """

    events: dict[str, Callable[[], Iterable[Mapping[str, Any]]]] = field(default_factory=dict)
    faults: dict[str, list[Exception | None]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    _open: dict[str, Iterator[Mapping[str, Any]]] = field(default_factory=dict)

    def put(self, *records: Mapping[str, Any], region: str = "us-east-1") -> None:
        kept = [record if "EventId" in record else listed(dict(record)) for record in records]
        newest_first = sorted(kept, key=lambda event: event["EventTime"], reverse=True)
        self.events[region] = lambda: newest_first

    def look_up(self, region: str, **asked: Any) -> dict[str, Any]:
        (attribute,) = asked["LookupAttributes"]
        key, value = attribute["AttributeKey"], attribute["AttributeValue"]
        self.asked.append((region, key, value))
        fault = self.faults[region].pop(0) if self.faults.get(region) else None
        if fault is not None:
            raise fault
        token = asked.get("NextToken") or f"{region} {key} {value}"
        if "NextToken" not in asked:
            self._open[token] = self._found(region, asked, key, value)
        page = [*islice(self._open[token], asked["MaxResults"])]
        full = len(page) == asked["MaxResults"]
        return {"Events": page, **({"NextToken": token} if full else {})}

    def _found(
        self, region: str, asked: Mapping[str, Any], key: str, value: str
    ) -> Iterator[Mapping[str, Any]]:
        for event in self.events.get(region, tuple)():
            since, until = asked.get("StartTime", _ANCIENT), asked.get("EndTime", NOW)
            in_time = since <= event["EventTime"] <= until
            if in_time and event.get(key) == value:
                yield event


@dataclass
class Time:
    """Be a clock that only sleeping moves."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.now += seconds

    def limiter(self) -> RateLimiter:
        return RateLimiter(self.clock, self.sleep)


@dataclass(eq=False)
class FakeSession:
    """Be a session of the account whose only services are CloudTrail and EC2's list of regions."""

    trail: FakeTrail = field(default_factory=FakeTrail)
    regions: tuple[str, ...] | Exception = ("eu-west-1", "us-east-1")
    iam: Any = None
    account: Account = field(default_factory=lambda: Account(ACCOUNT))
    arn: str = f"arn:aws:iam::{ACCOUNT}:user/guard"
    home_region: str = "us-east-1"
    limiter: RateLimiter = field(default_factory=lambda: Time().limiter())

    def client_in(self, region: str, service: str) -> Any:
        return _Ec2(self.regions) if service == "ec2" else _CloudTrail(self.trail, region)

    def global_client(self, service: str) -> Any:
        assert service == "iam"
        return self.iam


def unread(cause: str, of: Record, region: str = "us-east-1") -> FakeTrail:
    """Return a trail of more pages than one of events like `of` that is not read to its end."""
    item = listed(of)
    trail = FakeTrail(
        {region: lambda: repeat(item, MOST_EVENTS + 1 if cause == "bound" else 3 * PAGE)}
    )
    if cause != "bound":
        trail.faults[region] = [*_CAUSES[cause]]
    return trail


_CAUSES: dict[str, tuple[Exception | None, ...]] = {
    "throttled": (refusal("ThrottlingException"),) * 6,
    "denied": (refusal("AccessDeniedException"),),
    "a region that refuses": (refusal("UnrecognizedClientException"),),
    "no answer": (EndpointConnectionError(endpoint_url="x"),) * 3,
    "a page in the middle": (None, refusal("ExpiredTokenException")),
    "a page in the middle, throttled": (None, *(refusal("ThrottlingException"),) * 6),
}
CAUSES = (*_CAUSES, "bound")
"""Why a trail cannot be read to its end."""


@dataclass
class _CloudTrail:
    trail: FakeTrail
    region: str

    def lookup_events(self, **asked: Any) -> dict[str, Any]:
        return self.trail.look_up(self.region, **asked)


@dataclass
class _Ec2:
    regions: tuple[str, ...] | Exception

    def describe_regions(self) -> dict[str, Any]:
        if isinstance(self.regions, Exception):
            raise self.regions
        return {"Regions": [{"RegionName": name} for name in self.regions]}
