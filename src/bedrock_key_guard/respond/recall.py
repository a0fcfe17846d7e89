"""Remember by CloudTrail what earlier runs did, where their own memory is lost.

A run that was killed after it disabled a key has told nobody, and a hosted runner's disk is gone.
The next run finds a dead key: only AWS still knows that it was the guard who made it so.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.model import Outcome
from bedrock_key_guard.respond.trail import all_changes

if TYPE_CHECKING:
    from datetime import datetime

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.model import Verdict
    from bedrock_key_guard.respond.trail import CredentialEvent

_KEPT_BY_CLOUDTRAIL = timedelta(days=90)


class Recall:
    """Look the guard's own responses up, once in a run and only if one may be there."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Ask the trail of `session` about the 90 days before `now`."""
        self._session = session
        self._since = now - _KEPT_BY_CLOUDTRAIL
        self._changes: list[CredentialEvent] | None = None
        self._lock = threading.Lock()

    def earlier_response(self, verdict: Verdict) -> Outcome | None:
        """Return the outcome of an earlier run that made this key dead, if one did."""
        credential = verdict.evidence.iam.credential if verdict.evidence.iam else None
        if verdict.state != "dead" or credential is None or credential.status != "Inactive":
            return None
        changes = [c for c in self._all() if c.credential_id == credential.credential_id]
        settings = [change for change in changes if not change.is_guards_reset]
        if not settings or not settings[-1].is_guards_own:
            return None
        what = f"credential {credential.credential_id} of user {credential.user_name}"
        reason = f"an earlier run set {what} Inactive at {settings[-1].time:%Y-%m-%d %H:%M} UTC"
        if not changes[-1].is_guards_reset:
            return Outcome("disable", "not-needed", reason, confirmed_dead=True)
        reason = f"{reason} and reset it; see whether the store holds its new key"
        return Outcome("reset", "not-needed", reason, confirmed_dead=True)

    def _all(self) -> list[CredentialEvent]:
        with self._lock:
            if self._changes is None:
                try:
                    events = all_changes(self._since, self._session)
                except Exception:  # noqa: BLE001  # without the trail there is nothing to recall
                    events = []
                self._changes = [event for event in events if not event.failed]
            return self._changes
