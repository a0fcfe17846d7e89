"""Say in every change what it is for, where AWS writes it down: in the user agent.

CloudTrail records the user agent of a call ("CloudTrail record contents" in its user guide). So
whoever reads the trail sees who changed something, why and until when, and a later run that has
lost its disk still knows which key a change was for. All writes of one change bear its name, by
which it can be given back on any machine.
"""

from __future__ import annotations

import re
import uuid
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
    r"(?: until/(?P<until>[0-9]{8}T[0-9]{6}Z))?"
    r"(?: change/(?P<change>[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}))?(?= |$)"
)
_current: ContextVar[Purpose | None] = ContextVar("purpose", default=None)


@dataclass(frozen=True, slots=True)
class Purpose:
    """Name a change, its action, for which key it is, and until when that is needed."""

    action: str
    key: str
    until: datetime | None = None
    change: str | None = None

    def __str__(self) -> str:
        """Write it as the user agent of a call bears it."""
        until = f" until/{self.until.astimezone(timezone.utc):{_FORM}}" if self.until else ""
        change = f" change/{self.change}" if self.change else ""
        return f"respond/{self.action} key/{self.key}{until}{change}"

    def is_for(self, fingerprint: str) -> bool:
        """Return whether the change was for this key."""
        return fingerprint[:_DIGITS] == self.key


def purpose_of(
    action: str, fingerprint: str, until: datetime | None = None, change: str | None = None
) -> Purpose:
    """Return the purpose of a change for the key with this fingerprint."""
    return Purpose(action, fingerprint[:_DIGITS], until, change)


def name_change(now: datetime) -> str:
    """Return a new name for a change that is made `now`, which nobody else gives."""
    return f"{now.astimezone(timezone.utc):{_FORM}}-{uuid.uuid4().hex[:8]}"


def named_at(change: str) -> datetime | None:
    """Return when a change was named, None for what is no name of one."""
    try:
        return _read_time(change.partition("-")[0])
    except ValueError:
        return None


def read_purpose(user_agent: str) -> Purpose | None:
    """Return the purpose that a user agent bears, or None where it bears none."""
    found = _PURPOSE.search(user_agent)
    if found is None:
        return None
    try:
        end = found["until"]
        until = _read_time(end) if end else None
    except ValueError:
        return None
    return Purpose(found["action"], found["key"], until, found["change"])


def purpose_behind(event: Record) -> Purpose | None:
    """Return what a guard made a change for, None for one that AWS refused or another made."""
    return read_purpose(event.agent) if event.by_guard and not event.failed else None


def _read_time(text: str) -> datetime:
    return datetime.strptime(f"{text}+0000", f"{_FORM}%z")


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
