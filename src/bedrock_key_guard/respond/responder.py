"""Respond to incidents, within the bounds of the policy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import NoSession
from bedrock_key_guard.model.actions import Delete, Manual, Nothing
from bedrock_key_guard.model.response import Outcome
from bedrock_key_guard.respond.apply import Dependencies, apply, prove, refused
from bedrock_key_guard.respond.bounds import Bounds
from bedrock_key_guard.respond.changes import change_for
from bedrock_key_guard.respond.follow_up import finish_earlier, remember_hold

if TYPE_CHECKING:
    from bedrock_key_guard.model.actions import Action
    from bedrock_key_guard.model.evidence import Verdict
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.policy import Policy
    from bedrock_key_guard.verify.schedule import Steps

__all__ = ["Dependencies", "Responder"]


class Responder:
    """Respond to incidents one by one, or side by side."""

    def __init__(self, dependencies: Dependencies, policy: Policy) -> None:
        """Respond by `dependencies`."""
        self._dependencies = dependencies
        self._policy = policy
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
        if not self._bounds.take_one():
            limit = self._policy.max_responses
            beyond = refused(change, f"this run has made its {limit} changes (--max-responses)")
            return replace(beyond, left_out_by="--max-responses")
        with self._bounds.alone(access.account.account_id, change.subject):
            applied = apply(change, access, self._dependencies)
        if isinstance(applied, Outcome):
            return applied
        return (yield from prove(change, applied, self._dependencies))

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
        delete = self._left_undone(verdict)
        if delete is None:
            return left
        if not self._bounds.take_one():
            return replace(left, left_out_by="--max-responses")
        ended = finish_earlier(earlier, delete, verdict.evidence, access, self._dependencies)
        return (yield from ended)

    def _left_undone(self, verdict: Verdict) -> Delete | None:
        """Return what an earlier run had to leave, where this one may end it."""
        iam, policy = verdict.evidence.iam, self._policy
        credential = iam.credential if iam else None
        if policy.response != "delete" or policy.dry_run or policy.untrusted is not None:
            return None
        if credential is None or policy.protects(credential.user_name):
            return None
        return Delete(credential, verdict.reason)
