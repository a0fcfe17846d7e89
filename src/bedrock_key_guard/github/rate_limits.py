"""Keep to GitHub's rate limits, and never wait longer than a run may.

Sources: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api and
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api: obey
`retry-after`; else wait until `x-ratelimit-reset` when nothing remains; else at least a minute,
growing; send writes one after the other, a second apart. What notifies people, such as a new issue,
is refused beyond some 20 a minute (https://github.com/cli/cli/issues/4801), so we stay below that.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MINUTE = 60.0
MOST_NOTICES = 18
"""In a minute."""
LIMITING = frozenset({403, 429})


class Pace:
    """Wait between requests, `most` seconds in all; `clock` tells seconds since 1970.

    `waited` tells for how many seconds it has, those between writes among them.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        most: float = 120.0,
        between_writes: float = 1.0,
    ) -> None:
        self.waited = 0.0
        self.clock = clock
        self._sleep = sleep
        self._left = most
        self._between_writes = between_writes
        self._last_write = -between_writes
        self._notices = deque[float](maxlen=MOST_NOTICES)

    def wait(self, seconds: float) -> bool:
        """Wait, and return whether that was done: not where it is longer than is left."""
        if seconds > self._left:
            return False
        self._left -= seconds
        self._pass(seconds)
        return True

    def before_write(self, *, notifies: bool = False) -> None:
        """Keep writes apart, and few a minute that notify people; of waiting this takes nothing."""
        apart = self._left_of(self._last_write, self._between_writes)
        if notifies and len(self._notices) == MOST_NOTICES:
            apart = max(apart, self._left_of(self._notices[0], MINUTE))
        if apart > 0:
            self._pass(apart)
        self._last_write = self.clock()
        if notifies:
            self._notices.append(self._last_write)

    def _left_of(self, last: float, seconds: float) -> float:
        """Return what is left of a time between two, 0 where a clock was set back."""
        left = last + seconds - self.clock()
        return left if left <= seconds else 0

    def _pass(self, seconds: float) -> None:
        self.waited += seconds
        self._sleep(seconds)


def limited_for(
    status: int, headers: Mapping[str, str], message: str, *, now: float, attempt: int
) -> float | None:
    """Return for how many seconds GitHub wants to be left alone, or None if it does not say so.

    The names of `headers` are lower-case, or ignore case; `attempt` counts from 0 and makes an
    unnamed wait grow.
    """
    if status not in LIMITING:
        return None
    grown = MINUTE * 2.0**attempt
    if "retry-after" in headers:
        return max(1.0, _seconds(headers["retry-after"], grown))
    if headers.get("x-ratelimit-remaining") == "0":
        # One second more: the limit is renewed in the course of the second that is named.
        reset = _seconds(headers.get("x-ratelimit-reset", ""), now + grown)
        return max(1.0, reset - now + 1)
    if status == 429 or "rate limit" in message.lower():
        return grown
    return None


def _seconds(text: str, default: float) -> float:
    return float(text) if text.isascii() and text.isdecimal() else default
