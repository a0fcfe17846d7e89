"""Say what policies would decide about calls that nobody makes.

That is `SimulatePrincipalPolicy` of the IAM API reference: each action is judged on each resource,
with the context that is given and no other. Service control policies and permissions boundaries
take part; a session's own policies do not, for it is a user, a group or a role that is asked about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.base.accounts import backend_of
from sandbox.iam.authorization import authorize
from sandbox.iam.principals import principal_of_role, principal_of_user, users_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.iam.principals import Principal


def decisions(
    account_id: str,
    source_arn: str,
    actions: Iterable[str],
    resources: Iterable[str],
    context: Mapping[str, tuple[str, ...]],
) -> list[dict[str, str]] | None:
    """Give a result for each action on each resource, None where nobody has that ARN."""
    principal = _principal(account_id, source_arn)
    if principal is None:
        return None
    values = {key: each[0] if len(each) == 1 else each for key, each in context.items()}
    return [
        {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": _decision(principal, action, resource, values),
        }
        for action in actions
        for resource in resources
    ]


def _principal(account_id: str, arn: str) -> Principal | None:
    users = (principal_of_user(user) for user in users_of(account_id) if user.arn == arn)
    roles = backend_of(account_id).roles.values()
    return next(users, next((principal_of_role(role) for role in roles if role.arn == arn), None))


def _decision(
    principal: Principal,
    action: str,
    resource: str,
    context: Mapping[str, str | tuple[str, ...]],
) -> str:
    denial = authorize(principal, action, resource, context)
    if denial is None:
        return "allowed"
    return "explicitDeny" if denial.explicit else "implicitDeny"
