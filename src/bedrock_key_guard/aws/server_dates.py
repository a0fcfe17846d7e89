"""Hold our own clock against the `Date` of the servers that answer (RFC 9110, 6.6.1).

A runner's clock may be wrong by hours. Where it differs by more than five minutes the servers are
right. Where they differ among themselves the earliest counts: by it no key has expired too soon,
and no credential is old too soon.
"""

from __future__ import annotations

import threading
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from bedrock_key_guard.model.evidence import Clock
from bedrock_key_guard.model.times import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta


class ServerDates:
    """Tell the time by our own clock, or by the servers' where they have shown it to be wrong."""

    def __init__(self, own: Callable[[], datetime] = utc_now) -> None:
        """Begin with our `own` clock, which nobody has confirmed."""
        self._own = own
        self._ahead: timedelta | None = None
        self._lock = threading.Lock()

    def hear(self, date: str | None) -> None:
        """Take the `Date` of an answer that has just come; what is no date says nothing."""
        try:
            said = parsedate_to_datetime(date or "")
        except ValueError:
            return
        ahead = self._own() - said.replace(tzinfo=said.tzinfo or timezone.utc)
        with self._lock:
            self._ahead = ahead if self._ahead is None else max(self._ahead, ahead)

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return self.clock().now

    def clock(self, expires_at: datetime | None = None) -> Clock:
        """Return the time beside a key's expiry, and how far our own clock is before it."""
        own, ahead = self._own(), self._ahead
        clock = Clock(own, expires_at, ahead)
        return (
            clock if ahead is None or not clock.is_wrong else Clock(own - ahead, expires_at, ahead)
        )
