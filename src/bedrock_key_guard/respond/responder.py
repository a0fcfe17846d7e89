"""Respond to incidents, within the bounds of the policy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import NoSession
from bedrock_key_guard.model import Outcome
from bedrock_key_guard.respond.change import Order
from bedrock_key_guard.respond.changes import change_for
from bedrock_key_guard.respond.memory import finish_earlier, remember_hold
from bedrock_key_guard.respond.steps import Means, begin, prove, refused
from bedrock_key_guard.respond.turns import Turns

if TYPE_CHECKING:
    from bedrock_key_guard.model import Action, Incident, Verdict
    from bedrock_key_guard.respond.hands import Hands
    from bedrock_key_guard.respond.policy import Policy

__all__ = ["Means", "Responder"]


class Responder:
    """Respond to incidents one by one, or side by side."""

    def __init__(self, means: Means, policy: Policy) -> None:
        """Respond by `means`."""
        self._means = means
        self._policy = policy
        self._turns = Turns(policy.max_responses)

    def respond(self, incident: Incident, verdict: Verdict, action: Action) -> Outcome:
        """Carry `action` out and return what became of it."""
        order = Order(incident, verdict, action, self._policy)
        if action.name == "nothing":
            return self._leave(order)
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
        hands = self._hands(verdict)
        if isinstance(hands, NoSession):
            return refused(change, f"nothing can be changed: {hands.reason}")
        if not self._turns.take_one():
            limit = self._policy.max_responses
            return refused(change, f"this run has made its {limit} changes (--max-responses)")
        with self._turns.alone(hands.account.account_id, change.subject):
            begun = begin(change, hands, self._means)
        return begun if isinstance(begun, Outcome) else prove(change, begun, hands, self._means)

    def _hands(self, verdict: Verdict) -> Hands | NoSession:
        """Take hold of the key's account: one that is not on the allow-list is never touched."""
        allowed = verdict.evidence.allowed
        if allowed.account_id is None or allowed.account_id not in (allowed.accounts or ()):
            return NoSession(f"account {allowed.account_id} is not on the allow-list")
        return self._means.hands_of(allowed.account_id)

    def _leave(self, order: Order) -> Outcome:
        """Change nothing, but remember what an earlier run did, and end what it had to leave."""
        nothing = Outcome("nothing", "not-needed", order.action.reason)
        if not self._policy.dry_run:
            remember_hold(order, self._means.ledger)
        hands = self._hands(order.verdict) if order.verdict.state == "dead" else None
        if hands is None or isinstance(hands, NoSession):
            return nothing
        earlier = hands.recall(order.incident.fingerprint, order.verdict)
        if earlier is None or earlier.state != "failed":
            return earlier or nothing
        if self._may_finish(order) and self._turns.take_one():
            return finish_earlier(earlier, order, hands, self._means.ledger)
        return replace(earlier, action="disable", state="not-needed")

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
