"""Find out who used each key of a run, and what else its user could do."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.cloudtrail import MOST_EVENTS
from bedrock_key_guard.aws.listings import enabled_regions
from bedrock_key_guard.aws.session import NoSession, Session
from bedrock_key_guard.investigate.lookup import Lookup, usage_of_signer, usage_of_user
from bedrock_key_guard.investigate.reach import reach_of_role, reach_of_user
from bedrock_key_guard.investigate.subject import user_key, window_of
from bedrock_key_guard.keys.key import LongTermKey, MalformedKey, WholeKey
from bedrock_key_guard.model.usage import Reach, TrailGap, Usage, UserChange
from bedrock_key_guard.verify.signer import signer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bedrock_key_guard.model.actions import Outcome
    from bedrock_key_guard.model.evidence import AllowedAccounts, Verdict
    from bedrock_key_guard.model.findings import Case, Incident

MOST_KEYS = 20
"""Keys that one run looks up: whoever writes forged ones cannot make it look for ever."""

_MOST_URGENT = ("live", "contained", "dead", "unverified", "rejected", "foreign")
_ENDED = ("UpdateServiceSpecificCredential Inactive", "ResetServiceSpecificCredential")


class Investigator:
    """Look keys up in CloudTrail, one after the other, the regions of each side by side."""

    def __init__(
        self,
        session_of: Callable[[str | None], Session | NoSession],
        allowed_of: Callable[[WholeKey], AllowedAccounts],
        now: Callable[[], datetime],
        since: datetime | None = None,
        most_events: int | None = None,
    ) -> None:
        """Look from `since`, or from the leak, at no more than `most_events` of each query.

        `allowed_of` says whether the account of a key may be asked about, `session_of` by whom.
        """
        self._session_of = session_of
        self._allowed_of = allowed_of
        self._now = now
        self._since = since
        self._most_events = MOST_EVENTS if most_events is None else most_events
        self._regions_of = cache(enabled_regions)
        self._keys = 0

    def with_usage(self, cases: Sequence[Case]) -> tuple[Case, ...]:
        """Add who used each key that may be ours; the most urgent are looked up first."""
        looked_up = list(cases)
        for place in sorted(range(len(cases)), key=lambda each: _rank(cases[each])):
            looked_up[place] = self._looked_up(cases[place])
        return tuple(looked_up)

    def _looked_up(self, case: Case) -> Case:
        key, verdict = case.incident.key, case.verdict
        if verdict is None or verdict.state == "foreign" or isinstance(key, MalformedKey):
            return case
        return replace(case, usage=self.usage(case.incident, key, verdict, case.outcome))

    def usage(
        self, incident: Incident, key: WholeKey, verdict: Verdict, outcome: Outcome | None
    ) -> Usage:
        """Return who used a key; what stood in the way is a gap."""
        credential = verdict.evidence.credential
        made = credential.created_at if credential else None
        window = window_of(incident, key, self._since, self._now(), made)
        session = self._session_for(key)
        if isinstance(session, NoSession):
            gap = TrailGap("CloudTrail", session.reason)
            return Usage("nobody", window.begin, window.end, window.leaked_at, gaps=(gap,))
        lookup = Lookup(session, window, self._most_events)
        if isinstance(key, LongTermKey):
            usage = usage_of_user(
                lookup, user_key(key, verdict.evidence), self._regions_of(session)
            )
        else:
            usage = usage_of_signer(lookup, key, verdict.evidence)
        return replace(
            usage,
            reach=_reach(session, key, verdict),
            responded_at=responded_at(usage.changes, outcome, self._now()),
        )

    def _session_for(self, key: WholeKey) -> Session | NoSession:
        allowed = self._allowed_of(key)
        account_id = allowed.account_id
        if not allowed.permits(account_id):
            reason = allowed.detail or f"account {account_id} may not be asked about"
            return NoSession(reason)
        self._keys += 1
        if self._keys > MOST_KEYS:
            return NoSession(f"one run looks up {MOST_KEYS} keys")
        return self._session_of(account_id)


def _rank(case: Case) -> int:
    return _MOST_URGENT.index(case.verdict.state) if case.verdict else len(_MOST_URGENT)


def responded_at(
    changes: tuple[UserChange, ...], outcome: Outcome | None, now: datetime
) -> datetime | None:
    """Return when the key was answered: by this run, or before, as CloudTrail shows it."""
    if outcome is not None and outcome.state == "done":
        return now
    times = [c.seen.time for c in changes if c.of_key and c.name in _ENDED and not c.error]
    return max(times, default=None)


def _reach(session: Session, key: WholeKey, verdict: Verdict) -> Reach | None:
    """Ask what else the user of a genuine key has, or the signer where somebody named one."""
    if verdict.state not in ("live", "contained"):
        return None
    if isinstance(key, LongTermKey):
        credential = verdict.evidence.credential
        if credential is None:
            return None
        return reach_of_user(session, credential.user_name, credential.credential_id)
    signer = signer_of(verdict.evidence)
    holder = signer.holder.as_holder if signer and signer.holder else None
    if holder is None:
        return None
    if holder.kind == "role":
        return reach_of_role(session, holder.name)
    return reach_of_user(session, holder.name, None)
