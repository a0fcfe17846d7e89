"""Look events up in CloudTrail, page by page, under its rate limit, and parse each of them.

Facts are those of the CloudTrail API reference, `LookupEvents` and `Event`: management events of 90
days, up to 15 minutes late; one attribute a request, newest first, 50 a page, two requests a second
for each account and region. How a record is written is in the CloudTrail user guide, "CloudTrail
record contents" and "userIdentity element". Whoever makes a call has a part in its record, so a
field of a strange type counts as one that is not there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal

from bedrock_key_guard.aws.session import Session, error_code
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.model.usage import EventPoint, GapKind, TrailGap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bedrock_key_guard.model.principals import HolderKind

Attribute = Literal["AccessKeyId", "EventName", "ResourceName", "Username"]

GUARD_AGENT = "bedrock-key-guard/"
"""What the user agent of every call of a guard holds."""

# Where the record of an event of IAM says what was made, changed, attached or detached.
_TARGETS = (
    ("requestParameters", "serviceSpecificCredentialId"),
    ("responseElements", "serviceSpecificCredential", "serviceSpecificCredentialId"),
    ("responseElements", "accessKey", "accessKeyId"),
    ("requestParameters", "policyArn"),
    ("requestParameters", "policyName"),
    ("requestParameters", "groupName"),
)

KEPT = timedelta(days=90)
"""How long CloudTrail's event history goes back."""

PAGE = 50
MOST_EVENTS = 100_000
"""Events of one region that are read: at a hundred a second, a quarter of an hour."""

_ATTEMPTS: dict[GapKind, int] = {"throttled": 6, "unanswered": 3, "refused": 1}
_THROTTLED = frozenset(
    "Throttling ThrottlingException ThrottledException RequestLimitExceeded "
    "TooManyRequestsException".split()
)
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Record:
    """Hold one event: its time in UTC, to the second, and its body as CloudTrail writes it."""

    time: datetime
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name the operation."""
        return self.text("eventName")

    @property
    def actor(self) -> str:
        """Return the ARN of the principal that made the call, "" where none is named."""
        return self.text("userIdentity", "arn")

    @property
    def agent(self) -> str:
        """Return the whole user agent: a guard's own words stand at its end."""
        return self.text("userAgent")

    @property
    def deed(self) -> str:
        """Name the operation; that of an update says which status it set."""
        status = self.requested("status")
        return f"{self.name} {status}" if status and self.name.startswith("Update") else self.name

    @property
    def target(self) -> str:
        """Return the id of a credential, the ARN or name of a policy or the name of a group."""
        return next(filter(None, (self.text(*path) for path in _TARGETS)), "")

    @property
    def holder(self) -> tuple[HolderKind, str]:
        """Return whose target it is: a role, or the user that is named or that made the call."""
        role = self.requested("roleName")
        if role:
            return "role", role
        return "user", self.requested("userName") or self.text("userIdentity", "userName")

    def is_of(self, kind: HolderKind, name: str) -> bool:
        """Return whether its target is this user's or role's; IAM's names ignore case."""
        holder, its = self.holder
        return (holder, its.casefold()) == (kind, name.casefold())

    @property
    def by_guard(self) -> bool:
        """Return whether a guard did it, by its user agent, which anyone can copy."""
        return GUARD_AGENT in self.agent

    @property
    def failed(self) -> bool:
        """Return whether AWS refused the call, or could not carry it out."""
        return "errorCode" in self.body

    @property
    def seen(self) -> EventPoint:
        """Point to the event."""
        return EventPoint(self.time, self.text("eventID"))

    def part(self, name: str) -> Mapping[str, Any]:
        """Return an object of the record, an empty one for anything else."""
        value = self.body.get(name)
        return value if isinstance(value, dict) else {}

    def requested(self, name: str) -> str:
        """Return a parameter of the request, "" where it is no text."""
        return self.text("requestParameters", name)

    def text(self, *path: str) -> str:
        """Return the text at a path, "" for anything else."""
        value: Any = self.body
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Query:
    """Say which events of which region are wanted, from when to when, and how many at most."""

    region: str
    attribute: Attribute
    value: str
    begin: datetime | None = None
    end: datetime | None = None
    most: int = MOST_EVENTS


class Trail:
    """Read the trail of one account, from any thread, at the pace of its session."""

    def __init__(self, session: Session) -> None:
        """Ask with `session`."""
        self._session = session

    def look_up(self, query: Query) -> Iterator[Record | TrailGap]:
        """Yield the records, newest first, and last a gap for each reason why some stayed unread.

        The next page is asked for when the last one is used up.
        """
        unreadable = 0
        for item in self._events(query):
            found = item if isinstance(item, TrailGap) else read_record(item)
            if found is None:
                unreadable += 1
            else:
                yield found
        if unreadable:
            yield _gap(query, "unreadable", f"{unreadable:,} events are no JSON")

    def _events(self, query: Query) -> Iterator[Mapping[str, Any] | TrailGap]:
        taken, oldest, token = 0, None, None
        while True:
            page = self._page(query, token, oldest)
            if isinstance(page, TrailGap):
                yield page
                return
            for item in page.get("Events", ()):
                taken, oldest = taken + 1, item.get("EventTime", oldest)
                yield item
            token = page.get("NextToken")
            if not token:
                return
            if taken >= query.most:
                yield _gap(query, "bound", f"it has more than {taken:,} events", oldest)
                return

    def _page(
        self, query: Query, token: str | None, oldest: datetime | None
    ) -> Mapping[str, Any] | TrailGap:
        """Return one page, or why not, having asked again where that may help.

        The SDK does not ask again by itself: it would not keep to the pace.
        """
        limiter, lane = self._session.limiter, (self._session.account.account_id, query.region)
        request, attempt = _request(query, token), 0
        while True:
            limiter.wait(lane)
            try:
                client = self._session.client_in(query.region, "cloudtrail")
                answer: Mapping[str, Any] = client.lookup_events(**request)
            except Exception as error:  # noqa: BLE001  # whatever failed, this region is a gap
                kind, attempt = _kind_of(error), attempt + 1
                if attempt >= _ATTEMPTS[kind]:
                    return _gap(query, kind, _reason(kind, error), oldest)
                limiter.hold(lane, 2.0 ** (attempt - 1))
            else:
                return answer


def _request(query: Query, token: str | None) -> dict[str, Any]:
    attribute = {"AttributeKey": query.attribute, "AttributeValue": query.value}
    optional = {"StartTime": query.begin, "EndTime": query.end, "NextToken": token}
    given = {name: value for name, value in optional.items() if value is not None}
    return {"LookupAttributes": [attribute], "MaxResults": PAGE, **given}


def _kind_of(error: Exception) -> GapKind:
    if error_code(error) in _THROTTLED:
        return "throttled"
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return "unanswered"
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return "unanswered" if status >= _SERVER_ERROR else "refused"


def _reason(kind: GapKind, error: Exception) -> str:
    what = "was throttled away" if kind == "throttled" else "failed"
    return f"cloudtrail:LookupEvents {what} ({error_code(error)})"


def _gap(query: Query, kind: GapKind, reason: str, before: datetime | None = None) -> TrailGap:
    """Say from when on a region is known: the newest events come first."""
    what = query.region
    if query.attribute in ("EventName", "ResourceName"):
        what = f"{query.value} in {what}"
    if before is not None:
        what = f"{what} before {moment(before)}"
    return TrailGap(what, reason, kind)


def read_record(item: Mapping[str, Any]) -> Record | None:
    """Return the record of an event that `LookupEvents` lists, None where it is no JSON object."""
    try:
        # The SDK gives the time in the zone of this machine.
        time, body = item["EventTime"].astimezone(timezone.utc), json.loads(item["CloudTrailEvent"])
    except (KeyError, ValueError):
        return None
    return Record(time, body) if isinstance(body, dict) else None
