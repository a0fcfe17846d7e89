"""Stand in for time and for the callers of the issues."""

from __future__ import annotations

from bedrock_key_guard.github.issue_changes import WantedIssue
from bedrock_key_guard.github.rate_limits import Pace

ONE = "1" * 64
TWO = "2" * 64
THREE = "3" * 64


class FakeTime:
    """Tell a time that only sleeping moves."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self.now = start
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def pace(self, *, most: float = 120.0, between_writes: float = 1.0) -> Pace:
        return Pace(clock=self.clock, sleep=self.sleep, most=most, between_writes=between_writes)


def wanted(
    fingerprint: str = ONE,
    *,
    title: str = "Leaked key",
    body: str = "It is in `a.py`.",
    open: bool = True,  # noqa: A002 - the name of the field
    create: bool = True,
    live: bool = True,
) -> WantedIssue:
    """Want the issue of a live key, unless told otherwise."""
    return WantedIssue(fingerprint, title, body, open=open, create=create, live=live)
