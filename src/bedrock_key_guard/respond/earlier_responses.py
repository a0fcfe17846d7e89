"""Recall from CloudTrail what earlier runs did, where their ledger is lost.

A run that was killed after it disabled a key has told nobody, and a hosted runner's disk is gone.
The next run finds a dead key: only AWS still knows that it was the guard who made it so.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.cloudtrail import KEPT
from bedrock_key_guard.model.response import Outcome
from bedrock_key_guard.model.usage import Gap
from bedrock_key_guard.respond.change_events import all_changes, unread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.model.evidence import CredentialRecord, Verdict
    from bedrock_key_guard.respond.change_events import CredentialEvent


class EarlierResponses:
    """Look the guard's own responses up, once in a run and only if one may be there."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Ask the trail of `session` about the 90 days before `now`."""
        self._session = session
        self._since = now - KEPT
        self._changes: list[CredentialEvent] | Gap | None = None
        self._lock = threading.Lock()

    def earlier_response(self, fingerprint: str, verdict: Verdict) -> Outcome | None:
        """Return the outcome of an earlier run that made this key dead, if one did.

        What confirms it are the refusals that the verdict rests on. Where it could not be found
        out, nothing is done, and the reason says so.
        """
        if verdict.state != "dead":
            return None
        earlier = self._earlier(fingerprint, verdict)
        if earlier is None or earlier.action == "nothing":
            return earlier
        refused = max(answer.asked_at for answer in verdict.evidence.bedrock)
        return replace(earlier, confirmed_at=refused)

    def _earlier(self, fingerprint: str, verdict: Verdict) -> Outcome | None:
        iam = verdict.evidence.iam
        credential = iam.credential if iam else None
        inactive = credential is not None and credential.status == "Inactive"
        if iam is None or not (inactive or iam.state == "absent"):
            return None
        changes = self._all()
        if isinstance(changes, Gap):
            reason = (
                f"{verdict.reason}; whether an earlier run did it is not known: {unread(changes)}"
            )
            return Outcome("nothing", "not-needed", reason)
        done = [change for change in changes if not change.failed]
        if credential is None:
            return _deleted(fingerprint, done)
        its_own = [change for change in done if change.credential_id == credential.credential_id]
        return _switched_off(fingerprint, credential, its_own)

    def _all(self) -> list[CredentialEvent] | Gap:
        with self._lock:
            if self._changes is None:
                self._changes = all_changes(self._since, self._session)
            return self._changes


def _deleted(fingerprint: str, changes: Sequence[CredentialEvent]) -> Outcome | None:
    """Return that a guard deleted the credential of this very key."""
    for change in reversed(changes):
        purpose = change.purpose
        if change.name.startswith("Delete") and purpose and purpose.is_for(fingerprint):
            reason = f"an earlier run deleted credential {change.credential_id} at {_at(change)}"
            return Outcome("delete", "not-needed", reason)
    return None


def _switched_off(
    fingerprint: str, credential: CredentialRecord, changes: Sequence[CredentialEvent]
) -> Outcome | None:
    """Return that a guard set the credential Inactive, and what it may have left undone."""
    settings = [change for change in changes if not change.is_guards_reset]
    if not settings or not settings[-1].is_guards_own:
        return None
    what = f"credential {credential.credential_id} of user {credential.user_name}"
    reason = f"an earlier run set {what} Inactive at {_at(settings[-1])}"
    purpose = settings[-1].purpose
    if changes[-1].is_guards_reset:
        reason = f"{reason} and reset it; see whether the store holds its new key"
        return Outcome("reset", "not-needed", reason)
    if purpose and purpose.action == "delete" and purpose.is_for(fingerprint):
        reason = f"{reason}, and was cut off before it could delete it"
        return Outcome("delete", "failed", reason)
    return Outcome("disable", "not-needed", reason)


def _at(change: CredentialEvent) -> str:
    return f"{change.time:%Y-%m-%d %H:%M} UTC"
