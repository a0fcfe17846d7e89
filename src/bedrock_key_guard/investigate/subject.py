"""Decide whom CloudTrail is asked about, from when to when, and which calls are the key's: pure.

CloudTrail knows a long-term key by its user only, and a short-term key by the access key that
signed it only where an event holds that (CloudTrail user guide, "userIdentity element").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.cloudtrail import KEPT, Record
from bedrock_key_guard.iam.principal import read_principal
from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey, WholeKey

if TYPE_CHECKING:
    from bedrock_key_guard.investigate.calls import Call
    from bedrock_key_guard.model.evidence import Evidence
    from bedrock_key_guard.model.findings import Incident

BEFORE = timedelta(days=7)
"""Looked at before the leak: to know what is usual, and because dates in Git are claims."""

_CLOCKS_DIFFER = timedelta(minutes=10)
_RECEIVERS = ("assumedRoleUser", "federatedUser")


@dataclass(frozen=True, slots=True)
class UserKey:
    """Stand for a long-term key: `names` are all that its user may be called."""

    names: tuple[str, ...]
    credential_id: str | None = None
    renamed: bool = False

    def is_called(self, name: str) -> bool:
        """Return whether this is the user's name; IAM's names ignore case."""
        return name.casefold() in {known.casefold() for known in self.names}

    def made(self, call: Call) -> bool:
        """Return whether a call of the user may be the key's; a short-term key's is not."""
        return call.kind != "short-term"


@dataclass(frozen=True, slots=True)
class SignedKey:
    """Stand for a short-term key; `arn` is its signer's, None where events hold the access key."""

    access_key_id: str
    arn: str | None = None

    def made(self, call: Call) -> bool:
        """Return whether a call may be the key's: no other access key's, no other principal's."""
        if call.kind == "long-term":
            return False
        if call.access_key_id:
            return call.access_key_id == self.access_key_id
        return self.arn is not None and call.principal == self.arn


def user_key(key: LongTermKey, evidence: Evidence) -> UserKey:
    """Return whom to ask about for a long-term key: IAM's user, else whom the key may mean."""
    credential = evidence.credential
    if credential is None:
        return UserKey(key.user_name_candidates)
    renamed = credential.user_name not in key.user_name_candidates
    return UserKey((credential.user_name,), credential.credential_id, renamed)


def signed_by(key: ShortTermKey, arn: str) -> tuple[SignedKey, str] | None:
    """Return the key as its signer's, and the name to ask about; None for an ARN of nobody.

    CloudTrail lists what a session did under the session's name.
    """
    principal = read_principal(arn)
    if principal is None:
        return None
    return SignedKey(key.access_key_id, arn), principal.session or principal.name


def issued_to(record: Record, access_key_id: str) -> str | None:
    """Return the ARN of the session that the access key was made for, None in any other event.

    That is `AssumeRole` and its kin (STS API reference, `AssumedRoleUser`) and
    `GetFederationToken`; a `GetSessionToken` is for the user who asked.
    """
    if record.text("responseElements", "credentials", "accessKeyId") != access_key_id:
        return None
    to = (record.text("responseElements", part, "arn") for part in _RECEIVERS)
    return next(filter(None, to), record.actor) or None


@dataclass(frozen=True, slots=True)
class Window:
    """Hold the begin and the end of a look at the trail, and the time of the leak, if known."""

    begin: datetime
    end: datetime
    leaked_at: datetime | None


def window_of(
    incident: Incident,
    key: WholeKey,
    since: datetime | None,
    now: datetime,
    created_at: datetime | None = None,
) -> Window:
    """Return the window of a key: from `since`, or from a week before its first commit.

    It never begins before what CloudTrail keeps, nor before the key's credential was `created_at`,
    and is no longer than a short-term key lives. A commit of the future is no leak's time.
    """
    times = [place.author_time for place in incident.locations if place.author_time]
    leaked_at = min((time for time in times if time <= now), default=since)
    oldest = now - KEPT
    begin = since or (leaked_at - BEFORE if leaked_at else oldest)
    made = (created_at or oldest) - _CLOCKS_DIFFER
    begin, end = min(max(begin, oldest, made), now), now
    if isinstance(key, ShortTermKey):
        end = max(oldest, min(now, key.expires_at + _CLOCKS_DIFFER))
        begin = min(max(begin, key.issued_at - _CLOCKS_DIFFER), end)
    return Window(begin, end, leaked_at)
