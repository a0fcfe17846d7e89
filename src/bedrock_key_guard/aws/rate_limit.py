"""Keep to a rate limit: so many requests a second, in each lane by itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

LOOKUPS_PER_SECOND = 2
"""CloudTrail API reference, `LookupEvents`: two a second for each account and region."""


class RateLimiter:
    """Let callers of one lane go one after the other, evenly; lanes do not wait for each other."""

    def __init__(
        self,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        per_second: float = LOOKUPS_PER_SECOND,
    ) -> None:
        """Read `clock`, in seconds, and wait by `sleep`."""
        self._clock = clock
        self._sleep = sleep
        self._apart = 1 / per_second
        self._next: dict[Hashable, float] = {}
        self._lock = threading.Lock()

    def wait(self, lane: Hashable) -> None:
        """Return when the next request of `lane` may be made."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next.get(lane, now))
            self._next[lane] = turn + self._apart
        if turn > now:
            self._sleep(turn - now)

    def hold(self, lane: Hashable, seconds: float) -> None:
        """Let nobody of `lane` go for so many seconds: the other side said that it was too much."""
        with self._lock:
            start = max(self._clock(), self._next.get(lane, 0.0))
            self._next[lane] = start + seconds
