"""Make the embedded GitHub fail the way GitHub fails, as often as asked.

Sources: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api and
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.github.http_messages import Answer, Refusal, Request

PRIMARY = "API rate limit exceeded for user ID 1."
SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)


@dataclass(slots=True)
class Fault:
    """Say what goes wrong with the next `times` requests that match.

    `answer` is sent in the place of the real one; without it, and with `drop`, the connection is
    cut. `carried_out` does what was asked before that, so that a second try would do it twice.
    """

    answer: Answer | None = None
    drop: bool = False
    carried_out: bool = False
    delay: float = 0.0
    method: str = ""
    path: str = ""
    times: int = 1

    def matches(self, request: Request) -> bool:
        """Tell whether this request is to fail."""
        right_method = self.method in {"", request.method}
        return self.times > 0 and right_method and bool(re.search(self.path, request.path))


class Faults:
    """Keep the faults still to come; the oldest that matches a request is used up first."""

    def __init__(self) -> None:
        """Start with none."""
        self.sleep: Callable[[float], None] = time.sleep
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Queue a fault."""
        with self._lock:
            self._waiting.append(fault)

    def take(self, request: Request) -> Fault | None:
        """Use up one fault for this request."""
        with self._lock:
            for fault in self._waiting:
                if fault.matches(request):
                    fault.times -= 1
                    return fault
        return None

    def hold_up(self, fault: Fault | None) -> None:
        """Wait as long as the fault says."""
        if fault and fault.delay:
            self.sleep(fault.delay)

    def primary_rate_limit(self, reset: float, *, method: str = "", times: int = 1) -> None:
        """Answer that the hour's requests are used up until `reset`, in seconds since 1970."""
        headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(reset))}
        answer = _refusal(403, PRIMARY, headers)
        self.add(Fault(answer, method=method, times=times))

    def secondary_rate_limit(
        self,
        retry_after: str | None = None,
        *,
        status: int = 403,
        method: str = "",
        times: int = 1,
    ) -> None:
        """Answer that requests come too fast, with a `retry-after` header or without."""
        headers = {} if retry_after is None else {"retry-after": retry_after}
        answer = _refusal(status, SECONDARY, headers)
        self.add(Fault(answer, method=method, times=times))

    def server_error(
        self,
        status: int = 502,
        *,
        method: str = "",
        path: str = "",
        times: int = 1,
        carried_out: bool = False,
    ) -> None:
        """Answer with the page of a gateway."""
        answer = Answer(status, "<html><title>Unicorn!</title></html>")
        self.add(Fault(answer, carried_out=carried_out, method=method, path=path, times=times))

    def refuse(
        self, status: int, message: str, *, method: str = "", path: str = "", times: int = 1
    ) -> None:
        """Answer with an error of GitHub's own."""
        self.add(Fault(_refusal(status, message, {}), method=method, path=path, times=times))

    def drop(
        self, *, method: str = "", path: str = "", times: int = 1, carried_out: bool = True
    ) -> None:
        """Cut the connection, by default after the request was carried out."""
        fault = Fault(drop=True, carried_out=carried_out, method=method, path=path, times=times)
        self.add(fault)

    def delay(self, seconds: float, *, method: str = "", path: str = "", times: int = 1) -> None:
        """Answer rightly, but late."""
        self.add(Fault(delay=seconds, method=method, path=path, times=times))


def _refusal(status: int, message: str, headers: dict[str, str]) -> Answer:
    answer = Refusal(status, message).answer
    return Answer(answer.status, answer.body, headers)
