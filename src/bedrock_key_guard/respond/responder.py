"""Respond to incidents, within the bounds of the policy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import NoSession
from bedrock_key_guard.model import Outcome
from bedrock_key_guard.respond.apply import Dependencies, apply, prove, refused
from bedrock_key_guard.respond.bounds import Bounds
from bedrock_key_guard.respond.changes import change_for
from bedrock_key_guard.respond.changes.change import Order
from bedrock_key_guard.respond.follow_up import finish_earlier, remember_hold

if TYPE_CHECKING:
    from bedrock_key_guard.model import Action, Incident, Verdict
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

    def respond(self, incident: Incident, verdict: Verdict, action: Action) -> Steps[Outcome]:
        """Carry `action` out and say what became of it; the change itself waits for nothing."""
        order = Order(incident, verdict, action, self._policy)
        if action.name == "nothing":
            return (yield from self._leave(order))
        if action.name == "manual":
            return Outcome(
                "manual",
                "refused",
                action.reason,
                commands=action.commands,
                urgent=action.urgent,
            )
        change = change_for(order)
        if self._policy.dry_run:
            return Outcome(action.name, "dry-run", change.promise())
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
        return (yield from prove(change, applied, access, self._dependencies))

    def _access(self, verdict: Verdict) -> AccountAccess | NoSession:
        """Take hold of the key's account: one that is not on the allow-list is never touched."""
        allowed = verdict.evidence.allowed
        account_id = allowed.account_id
        if not allowed.permits(account_id):
            return NoSession(f"account {account_id} is not on the allow-list")
        return self._dependencies.access_to(account_id)

    def _leave(self, order: Order) -> Steps[Outcome]:
        """Change nothing, but remember what an earlier run did, and end what it had to leave."""
        nothing = Outcome("nothing", "not-needed", order.action.reason)
        if not self._policy.dry_run:
            remember_hold(order, self._dependencies.ledger)
        access = self._access(order.verdict) if order.verdict.state == "dead" else None
        if access is None or isinstance(access, NoSession):
            return nothing
        yield 0.0  # CloudTrail answers slowly: others are waiting to be made dead
        earlier = access.earlier_response(order.incident.fingerprint, order.verdict)
        if earlier is None or earlier.state != "failed":
            return earlier or nothing
        left = replace(earlier, action="disable", state="not-needed")
        if not self._may_finish(order):
            return left
        if not self._bounds.take_one():
            return replace(left, left_out_by="--max-responses")
        return (yield from finish_earlier(earlier, order, access, self._dependencies))

    def _may_finish(self, order: Order) -> bool:
        iam, policy = order.verdict.evidence.iam, self._policy
        return (
            policy.response == "delete"
            and not policy.dry_run
            and policy.untrusted is None
            and iam is not None
            and iam.user_name is not None
            and not policy.protects(iam.user_name)
        )
