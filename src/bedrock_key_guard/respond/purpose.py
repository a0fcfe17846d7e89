"""Say in every change what it is for, where AWS writes it down: in the user agent.

CloudTrail records the user agent of a call ("CloudTrail record contents" in its user guide). So
whoever reads the trail sees who changed something, why and until when, and a later run that has
lost its disk still knows which key a change was for.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.aws.cloudtrail import Record

_DIGITS = 32  # of the fingerprint: nobody finds another key with the same
_FORM = "%Y%m%dT%H%M%SZ"
_PURPOSE = re.compile(
    r"respond/(?P<action>[a-z-]+) key/(?P<key>[0-9a-f]{32})"
    r"(?: until/(?P<until>[0-9]{8}T[0-9]{6}Z))?(?= |$)"
)
_current: ContextVar[Purpose | None] = ContextVar("purpose", default=None)


@dataclass(frozen=True, slots=True)
class Purpose:
    """Say which action a change belongs to, for which key, and until when it is needed."""

    action: str
    key: str
    until: datetime | None = None

    def __str__(self) -> str:
        """Write it as the user agent of a call bears it."""
        until = f" until/{self.until.astimezone(timezone.utc):{_FORM}}" if self.until else ""
        return f"respond/{self.action} key/{self.key}{until}"

    def is_for(self, fingerprint: str) -> bool:
        """Return whether the change was for this key."""
        return fingerprint[:_DIGITS] == self.key


def purpose_of(action: str, fingerprint: str, until: datetime | None = None) -> Purpose:
    """Return the purpose of a change for the key with this fingerprint."""
    return Purpose(action, fingerprint[:_DIGITS], until)


def read_purpose(user_agent: str) -> Purpose | None:
    """Return the purpose that a user agent bears, or None where it bears none."""
    found = _PURPOSE.search(user_agent)
    if found is None:
        return None
    try:
        end = found["until"]
        until = datetime.strptime(end + "+0000", "%Y%m%dT%H%M%SZ%z") if end else None
    except ValueError:
        return None
    return Purpose(found["action"], found["key"], until)


def purpose_behind(event: Record) -> Purpose | None:
    """Return what a guard made a change for, None for one that AWS refused or another made."""
    return read_purpose(event.agent) if event.by_guard and not event.failed else None


@contextmanager
def stated(purpose: Purpose) -> Iterator[None]:
    """Let every call of this thread that changes something bear the purpose."""
    token = _current.set(purpose)
    try:
        yield
    finally:
        _current.reset(token)


def state_purposes(client: Any) -> None:
    """Make the calls of a boto3 client bear the purpose, whatever the SDK writes before it."""
    client.meta.events.register_last("request-created", _state, unique_id="bedrock-key-guard")


def _state(request: Any, **_: Any) -> None:
    purpose = _current.get()
    if purpose is not None:
        agent = request.headers.get("User-Agent", "")
        del request.headers["User-Agent"]
        request.headers["User-Agent"] = f"{agent} {purpose}"
