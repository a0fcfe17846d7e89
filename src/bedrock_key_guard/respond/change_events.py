"""Read in CloudTrail who changed credentials and policies.

A trail that could not be read to its end is a gap, which is never the same as no event.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.cloudtrail import KEPT, Query, Record, Trail
from bedrock_key_guard.iam.principal import is_same
from bedrock_key_guard.model.usage import GapKind, TrailGap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.model.principals import HolderKind

Events = list[Record] | TrailGap

OF_CREDENTIALS = (
    "UpdateServiceSpecificCredential",
    "ResetServiceSpecificCredential",
    "DeleteServiceSpecificCredential",
)
DISABLED = "UpdateServiceSpecificCredential Inactive"
KINDS: tuple[HolderKind, ...] = ("user", "role")
_CLOCKS_DIFFER = timedelta(minutes=10)
_REMEDIES: dict[GapKind, str] = {
    "refused": "give credentials that may call cloudtrail:LookupEvents",
    "throttled": "run it again in a few minutes, when nobody else reads the trail",
    "unanswered": "run it again when AWS answers",
    "unreadable": "look at the events in the console, and undo it by hand",
    "bound": "look at the events in the console, and undo it by hand",
}


class ChangeEvents:
    """Look up who changed what in one account, each kind of event once and only if it is needed."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Ask the trail of `session` about all that it keeps: the 90 days before `now`."""
        self.now = now
        self.begin = now - KEPT
        self.guard = session.arn
        self.account = session.account
        self._session = session
        self._read: dict[str, Events] = {}
        self._lock = threading.Lock()

    def of_credentials(self) -> Events:
        """Return the changes to all credentials, oldest first."""
        return self._of(OF_CREDENTIALS)

    def of_policies(self, *verbs: str) -> Events:
        """Return the changes to policies by `Attach`, `Detach`, `Put` or `Delete`, oldest first."""
        return self._of(f"{verb}{kind.title()}Policy" for verb in verbs for kind in KINDS)

    def _of(self, names: Iterable[str]) -> Events:
        """Return all or nothing: the event that is missing may be the one that counts."""
        events = list[Record]()
        for name in names:
            found = self._named(name)
            if isinstance(found, TrailGap):
                return found
            events += found
        # Times are to the second: a stable sort keeps the order within one.
        return sorted(events, key=lambda event: event.time)

    def _named(self, name: str) -> Events:
        with self._lock:
            if name not in self._read:
                self._read[name] = self._look_up(name)
            return self._read[name]

    def _look_up(self, name: str) -> Events:
        events = list[Record]()
        query = Query(self._session.home_region, "EventName", name, self.begin)
        for item in Trail(self._session).look_up(query):
            if isinstance(item, TrailGap):
                return item
            events.append(item)
        return events[::-1]


def since(time: datetime, events: Iterable[Record]) -> list[Record]:
    """Return the events from shortly before `time`, for the clock that it is of may be fast."""
    return [event for event in events if event.time >= time - _CLOCKS_DIFFER]


def is_by(event: Record, guards: Iterable[str]) -> bool:
    """Return whether one of the guards did it: anybody can write their user agent."""
    return event.by_guard and any(is_same(event.actor, guard) for guard in guards)


def unread(gap: TrailGap) -> str:
    """Say that nothing is known of what was done, why, and what a person can do."""
    said = f"CloudTrail could not be read ({gap.what}: {gap.reason}), so what was done is not known"
    return f"{said}; {_REMEDIES[gap.kind]}"
