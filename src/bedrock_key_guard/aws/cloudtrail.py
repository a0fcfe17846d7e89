"""Look events up in CloudTrail, page by page, under its rate limit.

Facts are those of the CloudTrail API reference, `LookupEvents`: one attribute a request, newest
first, 50 a page, two requests a second for each account and region.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from bedrock_key_guard.aws.session import error_code
from bedrock_key_guard.model.usage import Gap

if TYPE_CHECKING:
    from datetime import datetime

    from bedrock_key_guard.aws.rate_limit import RateLimiter
    from bedrock_key_guard.aws.session import Session

Attribute = Literal["AccessKeyId", "EventName", "ResourceName", "Username"]
Take = Callable[[Mapping[str, Any]], None]

PAGE = 50
MOST_EVENTS = 100_000
"""Events of one region that are read: at a hundred a second, a quarter of an hour."""

_ATTEMPTS = 6
_THROTTLED = frozenset(
    "Throttling ThrottlingException ThrottledException RequestLimitExceeded "
    "TooManyRequestsException".split()
)


@dataclass(frozen=True, slots=True)
class Query:
    """Say which events of which region are wanted."""

    region: str
    attribute: Attribute
    value: str
    begin: datetime
    end: datetime


class Trail:
    """Read the trail of one account, from any thread."""

    def __init__(
        self, session: Session, limiter: RateLimiter, most_events: int = MOST_EVENTS
    ) -> None:
        """Ask with `session`, at the pace of `limiter`, for at most `most_events` of each query."""
        self._session = session
        self._limiter = limiter
        self._most = most_events
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let no read ask for another page: the run is over."""
        self._stopped.set()

    def read(self, query: Query, take: Take) -> Gap | None:
        """Hand each event's record to `take`; return what stayed unread, and why, if anything."""
        asked: dict[str, Any] = {
            "LookupAttributes": [
                {"AttributeKey": query.attribute, "AttributeValue": query.value},
            ],
            "StartTime": query.begin,
            "EndTime": query.end,
            "MaxResults": PAGE,
        }
        taken, unreadable, oldest = 0, 0, query.end
        while not self._stopped.is_set():
            page = self._page(query.region, asked)
            if isinstance(page, str):
                return _gap(query, page, oldest if taken else None)
            for item in page.get("Events", ()):
                taken, oldest = taken + 1, min(oldest, item["EventTime"])
                unreadable += not _hand_over(item, take)
            token = page.get("NextToken")
            if not token:
                return _gap(query, f"{unreadable:,} events are no JSON") if unreadable else None
            if taken >= self._most:
                return _gap(query, f"it has more than {taken:,} events (--max-events)", oldest)
            asked["NextToken"] = token
        return _gap(query, "the run was stopped", oldest)

    def _page(self, region: str, asked: Mapping[str, Any]) -> Mapping[str, Any] | str:
        """Return one page, asked for again while CloudTrail says that it is too much; or why not.

        The SDK has tried by itself before it gives such an answer.
        """
        lane, code = (self._session.account.account_id, region), ""
        for attempt in range(_ATTEMPTS):
            self._limiter.wait(lane)
            try:
                answer: Mapping[str, Any] = self._session.client_in(
                    region, "cloudtrail"
                ).lookup_events(**asked)
            except Exception as error:  # noqa: BLE001  # whatever failed, this region is a gap
                code = error_code(error)
                if code not in _THROTTLED:
                    return f"cloudtrail:LookupEvents failed ({code})"
                self._limiter.hold(lane, 2.0**attempt)
            else:
                return answer
        return f"cloudtrail:LookupEvents was throttled away ({code})"


def _hand_over(item: Mapping[str, Any], take: Take) -> bool:
    try:
        record = json.loads(item["CloudTrailEvent"])
    except (KeyError, ValueError):
        return False
    if isinstance(record, dict):
        take(record)
    return isinstance(record, dict)


def _gap(query: Query, reason: str, before: datetime | None = None) -> Gap:
    """Say from when on a region is known: the newest events come first."""
    what = query.region
    if query.attribute == "EventName":
        what = f"{query.value} in {what}"
    return Gap(what if before is None else f"{what} before {before:%Y-%m-%d %H:%M} UTC", reason)
