"""Say whether a principal may do something, and word the refusal as AWS does.

All kinds of policy are weighed together: an explicit deny in any of them wins, and each kind that
limits a principal (a session policy, a service control policy) has to allow what its identity is
allowed (IAM user guide, "Policy evaluation logic"). The wording is that of the IAM user guide,
"Troubleshoot access denied error messages".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.iam.policies import Decision, evaluate

if TYPE_CHECKING:
    from sandbox.iam.conditions import Context
    from sandbox.iam.principals import Principal

IDENTITY = "identity-based policy"


@dataclass(frozen=True, slots=True)
class Denial:
    """Say which kind of policy denies an action, or fails to allow it."""

    action: str
    policy: str
    explicit: bool

    @property
    def reason(self) -> str:
        if self.explicit:
            article = "an" if self.policy[0] in "aeiou" else "a"
            return f"with an explicit deny in {article} {self.policy}"
        return f"because no {self.policy} allows the {self.action} action"


def authorize(principal: Principal, action: str, resource: str, context: Context) -> Denial | None:
    """Decide one action on one resource; None is permission."""
    kinds = (*principal.limits.items(), (IDENTITY, principal.policies))
    decisions = [
        (policy, evaluate(documents, action, resource, context)) for policy, documents in kinds
    ]
    for verdict in (Decision.EXPLICIT_DENY, Decision.NOT_ALLOWED):
        for policy, decision in decisions:
            if decision is verdict:
                return Denial(action, policy, verdict is Decision.EXPLICIT_DENY)
    return None


def not_authorized(principal_arn: str, denial: Denial, resource: str | None) -> str:
    """Name the principal, the action and the resource, where the action has one."""
    where = "" if resource is None else f" on resource: {resource}"
    what = f"User: {principal_arn} is not authorized to perform: {denial.action}"
    return f"{what}{where} {denial.reason}"
