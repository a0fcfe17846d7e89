"""Decide by a role's trust policy who may assume it, and refuse as STS does.

Rules are those of the STS API reference, "AssumeRole", and of the IAM user guide, "Principal" and
"Passing session tags in AWS STS". A role that does not exist is refused like one that does not
trust the caller, so that nobody learns which there are; the words are those that were reported in
aws-samples/bulk-policy-migrator-scripts-for-account-cost-billing-consoles#9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.iam.exceptions import IAMException

from sandbox.base.accounts import backend_of, partition_of
from sandbox.base.faults import ServiceError
from sandbox.iam.conditions import conditions_met, listed, matches
from sandbox.iam.policies import statements_of
from sandbox.iam.request_context import context_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from moto.iam.models import Role

    from sandbox.iam.conditions import Context
    from sandbox.iam.principals import Principal, Signer
    from sandbox.iam.request import Request

HOUR = 3_600


def assuming(request: Request) -> ServiceError | None:
    """Refuse `sts:AssumeRole` where STS would."""
    signer = request.signer
    if request.action != "sts:AssumeRole" or signer is None:
        return None
    if signer.principal.kind == "Root":
        return ServiceError(403, "AccessDenied", "Roles may not be assumed by root accounts.")
    role = role_of(request.text("RoleArn"))
    tagged = any(name.startswith("Tags.member.") for name in request.parameters)
    actions = ["sts:AssumeRole", "sts:TagSession"] if tagged else ["sts:AssumeRole"]
    for action in actions:
        if role is None or not trusts(role, signer.principal, action, assume_context(request)):
            what = f"is not authorized to perform: {action} on resource: {request.text('RoleArn')}"
            return ServiceError(403, "AccessDenied", f"User: {signer.principal.arn} {what}")
    return None if role is None else _too_long(request, signer, role)


def role_of(arn: str) -> Role | None:
    """Find a role of the sandbox by its ARN, in the partition of its account."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[1] != partition_of(parts[4]):
        return None
    try:
        return backend_of(parts[4]).get_role_by_arn(arn)
    except IAMException:
        return None


def trusts(role: Role, principal: Principal, action: str, context: Context) -> bool:
    """Tell whether a role lets this principal do this to it."""
    return allows(role, lambda statement: _names(statement, principal), action, context)


def allows(
    role: Role, names: Callable[[Mapping[str, Any]], bool], action: str, context: Context
) -> bool:
    """Tell whether the statements of a trust policy that name somebody let them do this."""
    effects = {
        statement["Effect"]
        for statement in statements_of(role.assume_role_policy_document)
        if names(statement)
        and any(matches(item.lower(), action.lower()) for item in listed(statement["Action"]))
        and conditions_met(statement.get("Condition", {}), context)
    }
    return effects == {"Allow"}


def names_exactly(role: Role, principal: Principal) -> bool:
    """Tell whether a role trusts this very principal, and not only its account."""
    own = {principal.arn, principal.role_arn}
    statements = statements_of(role.assume_role_policy_document)
    return any(own.intersection(_trusted(statement)) for statement in statements)


def assume_context(request: Request) -> dict[str, str | tuple[str, ...]]:
    """Give the condition keys of `sts:AssumeRole`."""
    signer = request.signer
    tags = request.pairs("Tags")
    context: dict[str, str | tuple[str, ...]] = {"aws:TagKeys": tuple(tags)} if tags else {}
    context |= {f"aws:RequestTag/{name}": value for name, value in tags.items()}
    given = {"ExternalId": "sts:ExternalId", "RoleSessionName": "sts:RoleSessionName"}
    context |= {key: request.text(name) for name, key in given.items() if request.text(name)}
    return context | (
        {} if signer is None else context_of(signer.principal, signer.session, request.region)
    )


def _names(statement: Mapping[str, Any], principal: Principal) -> bool:
    account = principal.account_id
    root = f"arn:{partition_of(account)}:iam::{account}:root"
    mine = {"*", account, root, principal.arn, principal.role_arn}
    return bool(mine.intersection(_trusted(statement)))


def _trusted(statement: Mapping[str, Any]) -> Iterable[str]:
    named = statement.get("Principal", {})
    return ["*"] if named == "*" else listed(named.get("AWS", []))


def _too_long(request: Request, signer: Signer, role: Role) -> ServiceError | None:
    seconds = int(request.text("DurationSeconds") or HOUR)
    if signer.session is not None and signer.session.subject.kind == "role" and seconds > HOUR:
        text = "exceeds the 1 hour session limit for roles assumed by role chaining."
    elif seconds > int(role.max_session_duration or HOUR):
        text = "exceeds the MaxSessionDuration set for this role."
    else:
        return None
    return ServiceError(400, "ValidationError", f"The requested DurationSeconds {text}")
