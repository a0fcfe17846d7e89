"""Respond to incidents, within the bounds of the policy."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import NoSession
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.keys.key import ShortTermKey
from bedrock_key_guard.model import actions
from bedrock_key_guard.model.actions import Action, Delete, Manual, Nothing, Outcome
from bedrock_key_guard.respond.apply import Dependencies, apply, prove, refused
from bedrock_key_guard.respond.changes.credential import delete, disable, reset
from bedrock_key_guard.respond.changes.holder import quarantine, revoke_sessions, strip_policies
from bedrock_key_guard.respond.consent import DECLINED, Consent
from bedrock_key_guard.respond.earlier_responses import finish_earlier
from bedrock_key_guard.respond.ledger.entries import Ledger, read_ledger
from bedrock_key_guard.respond.ledger.records import Hold
from bedrock_key_guard.verify.signer import signer_of

if TYPE_CHECKING:
    from bedrock_key_guard.model.evidence import Evidence, Verdict
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.changes.change import Change
    from bedrock_key_guard.respond.policy import Policy
    from bedrock_key_guard.verify.schedule import Steps

__all__ = ["Dependencies", "Responder"]


class Bounds:
    """Keep the responses of one run within their bounds, however many threads make them."""

    def __init__(self, most: int) -> None:
        """Let `most` changes be made."""
        self._left = most
        self._lock = threading.Lock()
        self._subjects: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)

    def take_one(self) -> bool:
        """Use one change up, and return whether one was left."""
        with self._lock:
            self._left -= 1
            return self._left >= 0

    def alone(self, account_id: str, subject: str) -> threading.Lock:
        """Return what one at a time may hold: who changes the subject in that account."""
        with self._lock:
            return self._subjects[account_id, subject]


class Responder:
    """Respond to incidents one by one, or side by side."""

    def __init__(
        self, dependencies: Dependencies, policy: Policy, consent: Consent | None = None
    ) -> None:
        """Respond by `dependencies`; without `consent` nobody is asked."""
        self._dependencies = dependencies
        self._policy = policy
        self._consent = consent or Consent()
        self._bounds = Bounds(policy.max_responses)

    def respond(self, verdict: Verdict, action: Action) -> Steps[Outcome]:
        """Carry `action` out and say what became of it; the change itself waits for nothing."""
        if isinstance(action, Nothing):
            return (yield from self._leave(action, verdict))
        if isinstance(action, Manual):
            by_hand = action.commands
            return Outcome(action.name, "refused", action.reason, commands=by_hand, urgent=True)
        change = change_for(action, verdict.evidence, self._policy)
        if self._policy.dry_run:
            return Outcome(action.name, "dry-run", change.promise)
        access = self._access(verdict)
        if isinstance(access, NoSession):
            return refused(change, f"nothing can be changed: {access.reason}")
        if not (yield from self._consent.to(change, access.account.account_id)):
            return refused(change, DECLINED)
        if verdict.state != "live":
            yield self._consent.turn  # the bound is there for the keys that work first
        if not self._bounds.take_one():
            limit = self._policy.max_responses
            beyond = refused(change, f"this run has made its {limit} changes (max-responses)")
            return replace(beyond, left_out_by="max-responses")
        with self._bounds.alone(access.account.account_id, change.subject):
            applied = apply(change, access, self._dependencies)
        if isinstance(applied, Outcome):
            return applied
        return (yield from prove(applied, self._dependencies))

    def _access(self, verdict: Verdict) -> AccountAccess | NoSession:
        """Take hold of the key's account: one that is not on the allow-list is never touched."""
        allowed = verdict.evidence.allowed
        account_id = allowed.account_id
        if not allowed.permits(account_id):
            return NoSession(f"account {account_id} is not on the allow-list")
        return self._dependencies.access_to(account_id)

    def _leave(self, action: Nothing, verdict: Verdict) -> Steps[Outcome]:
        """Change nothing, but remember what an earlier run did, and end what it had to leave."""
        nothing = Outcome(action.name, "not-needed", action.reason)
        if not self._policy.dry_run:
            remember_hold(verdict, self._dependencies.ledger)
        access = self._access(verdict) if verdict.state == "dead" else None
        if access is None or isinstance(access, NoSession):
            return nothing
        yield 0.0  # CloudTrail answers slowly: others are waiting to be made dead
        earlier = access.earlier_response(verdict.evidence.key.fingerprint, verdict)
        if earlier is None or earlier.state != "failed":
            return earlier or nothing
        left = replace(earlier, action="disable", state="not-needed")
        left_undone = self._left_undone(verdict)
        if left_undone is None:
            return left
        change = delete(left_undone, verdict.evidence)
        if not (yield from self._consent.to(change, access.account.account_id)):
            return replace(left, reason=f"{left.reason}; it is not deleted now: {DECLINED}")
        if not self._bounds.take_one():
            return replace(left, left_out_by="max-responses")
        ended = finish_earlier(earlier, left_undone, verdict, access, self._dependencies)
        return (yield from ended)

    def _left_undone(self, verdict: Verdict) -> Delete | None:
        """Return what an earlier run had to leave, where this one may end it."""
        credential, policy = verdict.evidence.credential, self._policy
        if policy.response != "delete" or policy.dry_run or policy.untrusted is not None:
            return None
        if credential is None or policy.protects(credential.user_name) or not verdict.proves_dead:
            return None
        return Delete(credential, verdict.reason)


def change_for(action: actions.Remediation, evidence: Evidence, policy: Policy) -> Change:
    """Return the change that carries an action out."""
    match action:
        case actions.Disable():
            return disable(action, evidence)
        case actions.Reset():
            return reset(action, evidence, policy)
        case actions.Delete():
            return delete(action, evidence)
        case actions.StripPolicies():
            return strip_policies(action, evidence, policy)
        case actions.Quarantine():
            return quarantine(action, evidence, policy)
        case actions.RevokeSessions():
            return revoke_sessions(action, evidence, policy)


def remember_hold(verdict: Verdict, ledger: Ledger) -> None:
    """Write down once that a contained key needs what denies its signer, so that `lift` waits."""
    key, signer = verdict.evidence.key, signer_of(verdict.evidence)
    if verdict.state != "contained" or not isinstance(key, ShortTermKey):
        return
    holder = signer.holder.as_holder if signer and signer.holder else None
    if holder is None or _is_held(key.fingerprint, ledger):
        return
    try:
        ledger.open_change(
            action="hold",
            actor="",
            account=holder.account,
            fingerprint=key.fingerprint,
            record=Hold(holder.kind, holder.name, key.expires_at.isoformat()),
        )
    except OSError:
        return  # a quarantine that is lifted too early is seen by the next scan


def _is_held(fingerprint: str, ledger: Ledger) -> bool:
    try:
        entries = read_ledger(ledger.path)
    except UsageError:
        return False
    kinds = ("hold", "quarantine", "revoke-sessions")
    return any(e.fingerprint == fingerprint and e.action in kinds for e in entries)
