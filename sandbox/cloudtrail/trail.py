"""Keep what CloudTrail has recorded, by account and region, and show it as late as it is told to.

Events are looked up newest first, for 90 days, management events only (CloudTrail user guide,
"Working with CloudTrail event history"), and arrive late: "typically within an average of about 5
minutes of an API call", which `lag` plays.
"""

from __future__ import annotations

import bisect
import json
import threading
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.base import clock
from sandbox.base.lag import Lag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

KEPT = timedelta(days=90)
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Event:
    """Hold one event; `more` are the fields of its record that few services have."""

    account_id: str
    region: str
    source: str
    name: str
    time: datetime
    identity: Mapping[str, Any]
    user_name: str
    source_ip: str
    user_agent: str
    request: Mapping[str, Any] | None = None
    response: Mapping[str, Any] | None = None
    resources: tuple[str, ...] = ()
    error: tuple[str, str] | None = None
    read_only: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def access_key_id(self) -> str:
        return str(self.identity.get("accessKeyId", ""))

    def record(self) -> dict[str, Any]:
        """Write it as the CloudTrail user guide does, "CloudTrail record contents"."""
        code, message = self.error or ("", "")
        failure = {"errorCode": code, "errorMessage": message} if self.error else {}
        return {
            "eventVersion": "1.11",
            "userIdentity": dict(self.identity),
            "eventTime": self.time.strftime(TIME_FORMAT),
            "eventSource": self.source,
            "eventName": self.name,
            "awsRegion": self.region,
            "sourceIPAddress": self.source_ip,
            "userAgent": self.user_agent,
            **failure,
            "requestParameters": self.request,
            "responseElements": self.response,
            "requestID": str(uuid.uuid5(uuid.NAMESPACE_OID, self.event_id)),
            "eventID": self.event_id,
            "readOnly": self.read_only,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": self.account_id,
            "eventCategory": "Management",
            **self.more,
        }

    def shown(self) -> dict[str, Any]:
        """Write it as `LookupEvents` does (CloudTrail API reference, "Event")."""
        return {
            "EventId": self.event_id,
            "EventName": self.name,
            "ReadOnly": str(self.read_only).lower(),
            "AccessKeyId": self.access_key_id,
            "EventTime": self.time,
            "EventSource": self.source,
            "Username": self.user_name,
            "Resources": [{"ResourceName": name} for name in self.resources],
            "CloudTrailEvent": json.dumps(self.record()),
        }

    def has(self, key: str, value: str) -> bool:
        """Tell whether an attribute of `LookupEvents` is this, to the letter."""
        if key == "ResourceName":
            return value in self.resources
        values = {
            "EventId": self.event_id,
            "EventName": self.name,
            "ReadOnly": str(self.read_only).lower(),
            "AccessKeyId": self.access_key_id,
            "EventSource": self.source,
            "Username": self.user_name,
        }
        return values.get(key) == value


@dataclass(slots=True)
class _Kept:
    event: Event
    since: float
    missed: int = 0


class Trail:
    """Record events and look them up.

    `lag` is how many look-ups, or how long, an event is missing after it was recorded;
    `names_access_keys` is whether events of Bedrock's first plane have `userIdentity.accessKeyId`:
    those of a field report of 2025-08 have none, those of AWS's examples do.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.lag = Lag()
        self.names_access_keys = True
        self._clock = clock
        self._events: dict[tuple[str, str], list[_Kept]] = defaultdict(list)
        self._lock = threading.Lock()

    def record(self, *events: Event) -> None:
        """Take events in any order; they are kept in the order of their times."""
        with self._lock:
            for event in events:
                kept = self._events[event.account_id, event.region]
                entry = _Kept(event, self._clock())
                bisect.insort(kept, entry, key=lambda one: one.event.time)

    def seed(self, events: Iterable[Event]) -> None:
        """Take many events that happened before and have long arrived."""
        with self._lock:
            for event in events:
                entry = _Kept(event, float("-inf"), missed=1 << 30)
                self._events[event.account_id, event.region].append(entry)
            for kept in self._events.values():
                kept.sort(key=lambda one: one.event.time)

    def events(self, account_id: str, region: str) -> list[Event]:
        """Give all events of a region, arrived or not, oldest first."""
        with self._lock:
            return [one.event for one in self._events[account_id, region]]

    def replace(self, account_id: str, region: str, events: Iterable[Event]) -> None:
        """Let these be all events of a region, and have arrived."""
        with self._lock:
            self._events[account_id, region].clear()
        self.seed(events)

    def look_up(self, account_id: str, region: str, *, begins: bool = True) -> list[Event]:
        """Give what has arrived, newest first; `begins` is false for a further page."""
        oldest = clock.now() - KEPT
        with self._lock:
            kept = self._events[account_id, region]
            arrived = [one.event for one in reversed(kept) if self._has_arrived(one)]
            for one in kept:
                one.missed += begins
        return [event for event in arrived if event.time >= oldest]

    def clear(self) -> None:
        with self._lock:
            self._events.clear()
            self.lag = Lag()
            self.names_access_keys = True

    def _has_arrived(self, one: _Kept) -> bool:
        waited = self._clock() - one.since
        return one.missed >= self.lag.probes and waited >= self.lag.seconds


TRAIL = Trail()  # one for the process, as moto's backends are
