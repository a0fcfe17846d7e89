"""Enforce GitHub's rate limits where a test asks for it.

Sources: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api (a primary
limit of 1,000 requests an hour for a GITHUB_TOKEN; "continuing to make requests while you are rate
limited may result in the banning of your integration") and https://github.com/cli/cli/issues/4801
(some 20 issues a minute and 150 an hour). Nobody has recorded whether what is refused counts; here
it does, and the answer names no time to wait.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.github.github_faults import PRIMARY, SECONDARY
from sandbox.github.http_messages import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.github.http_messages import Request

MINUTE, HOUR = 60.0, 3600.0


@dataclass
class Throttle:
    """Count what is asked by `clock`, in seconds since 1970, and refuse what is too much.

    `refused` counts the refusals.
    """

    clock: Callable[[], float]
    requests: int = 1000
    notices: tuple[tuple[int, float], ...] = ((20, MINUTE), (150, HOUR))
    refused: int = 0
    _asked: deque[float] = field(default_factory=deque)
    _noticed: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def refusal(self, request: Request) -> Answer | None:
        """Return the answer to what is too much, None where it may be carried out."""
        with self._lock:
            answer = self._primary() or self._secondary(request)
            self.refused += answer is not None
            return answer

    def _primary(self) -> Answer | None:
        now = self.clock()
        while self._asked and self._asked[0] <= now - HOUR:
            self._asked.popleft()
        if len(self._asked) >= self.requests:
            reset = str(int(self._asked[0] + HOUR) + 1)
            headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
            return Answer(403, Refusal(403, PRIMARY).answer.body, headers)
        self._asked.append(now)
        return None

    def _secondary(self, request: Request) -> Answer | None:
        if request.method != "POST" or not request.path.endswith(("/issues", "/comments")):
            return None
        now = self.clock()
        self._noticed.append(now)
        for most, span in self.notices:
            if sum(each > now - span for each in self._noticed) > most:
                return Refusal(403, SECONDARY).answer
        return None
