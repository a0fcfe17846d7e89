"""Decide when a key leaked, and from when to when the trail is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.cloudtrail import KEPT
from bedrock_key_guard.keys.key import ShortTermKey

if TYPE_CHECKING:
    from datetime import datetime

    from bedrock_key_guard.keys.key import WholeKey
    from bedrock_key_guard.model.findings import Incident

BEFORE = timedelta(days=7)
"""Looked at before the leak: to know what is usual, and because dates in Git are claims."""

_CLOCKS_DIFFER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Window:
    """Hold the begin and the end of a look at the trail, and the time of the leak, if known."""

    begin: datetime
    end: datetime
    leaked_at: datetime | None


def window_of(incident: Incident, key: WholeKey, since: datetime | None, now: datetime) -> Window:
    """Return the window of a key: from `since`, or from a week before its first commit.

    It never begins before what CloudTrail keeps, and is no longer than a short-term key lives. A
    commit of the future is no leak's time.
    """
    times = [place.author_time for place in incident.locations if place.author_time]
    leaked_at = min((time for time in times if time <= now), default=since)
    oldest = now - KEPT
    begin = since or (leaked_at - BEFORE if leaked_at else oldest)
    begin, end = min(max(begin, oldest), now), now
    if isinstance(key, ShortTermKey):
        end = max(oldest, min(now, key.expires_at + _CLOCKS_DIFFER))
        begin = min(max(begin, key.issued_at - _CLOCKS_DIFFER), end)
    return Window(begin, end, leaked_at)
