"""Say which permission a call takes: the action, the resource, and the condition keys of both.

Resources and condition keys are those of the Service Authorization Reference for IAM, STS,
CloudTrail, Organizations, Secrets Manager and Systems Manager. A refusal names an entity of IAM as
in hashicorp/boundary#3877 (`user alice`) and leaves out the resource of an action that has none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.aws.store_arns import parameter_arn, secret_arn
from sandbox.base.accounts import backend_of, entity_of, partition_of
from sandbox.base.organization import ORGANIZATION_ID, organization_of
from sandbox.iam.credentials_addon import store_of
from sandbox.sts.trust_policies import assume_context, names_exactly, role_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.base.accounts import Kind
    from sandbox.iam.principals import Principal
    from sandbox.iam.request import Request

FREE = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})
KINDS: tuple[Kind, ...] = ("User", "Role", "Group")
LISTED = {"Users": "user", "Roles": "role", "Groups": "group", "Policies": "policy"}


@dataclass(frozen=True, slots=True)
class Permission:
    """Hold what has to be allowed; `shown` is how a refusal names the resource, if it does."""

    action: str
    resource: str = "*"
    shown: str | None = None
    context: dict[str, str | tuple[str, ...]] = field(default_factory=dict)


def permissions_for(request: Request, caller: Principal) -> Iterator[Permission]:
    """Give what a call takes."""
    if request.action in FREE:
        return
    if request.action == "sts:AssumeRole":
        yield from _assume_role(request, caller)
    elif request.service == "iam":
        yield _of_iam(request, caller)
    else:
        resource = _elsewhere(request, caller)
        yield Permission(request.action, resource or "*", resource)


def _assume_role(request: Request, caller: Principal) -> Iterator[Permission]:
    """Ask the caller's account too, unless the role is of it and trusts this very caller."""
    arn = request.text("RoleArn")
    role = role_of(arn)
    if role is not None and role.account_id == caller.account_id and names_exactly(role, caller):
        return
    context = assume_context(request)
    yield Permission("sts:AssumeRole", arn, arn, context)
    if request.pairs("Tags"):
        yield Permission("sts:TagSession", arn, arn, context)


def _of_iam(request: Request, caller: Principal) -> Permission:
    resource, shown = _entity(request, caller)
    return Permission(request.action, resource, shown, _keys(request, caller.account_id))


def _entity(request: Request, caller: Principal) -> tuple[str, str | None]:
    start = f"arn:{partition_of(caller.account_id)}:iam::{caller.account_id}"
    named = request.text("AccessKeyId")
    if request.operation == "GetAccessKeyLastUsed":
        return f"{start}:user/{_owner_of(caller.account_id, named)}", f"access key {named}"
    if request.text("PolicySourceArn"):
        return request.text("PolicySourceArn"), request.text("PolicySourceArn")
    if request.text("AllUsers") == "true":
        return f"{start}:user/*", f"{start}:user/*"
    for kind in KINDS:
        name = request.text(f"{kind}Name")
        if name:
            entity, word = entity_of(caller.account_id, kind, name), kind.lower()
            path = request.text("Path") or "/"
            arn = f"{start}:{word}{path}{name}" if entity is None else entity.arn
            return arn, f"{word} {name}"
    if request.text("PolicyArn"):
        return request.text("PolicyArn"), f"policy {request.text('PolicyArn')}"
    if request.operation == "CreatePolicy":
        name = request.text("PolicyName")
        return f"{start}:policy/{name}", f"policy {name}"
    listed = LISTED.get(request.operation.removeprefix("List"))
    if listed is not None:
        return f"{start}:{listed}/", f"{start}:{listed}/"
    own = caller.kind == "IAMUser"
    return (caller.arn, f"user {caller.name}") if own else ("*", None)


def _owner_of(account_id: str, access_key_id: str) -> str:
    users = backend_of(account_id).users.values()
    owners = (u.name for u in users for key in u.access_keys if key.access_key_id == access_key_id)
    return next(owners, "")


def _keys(request: Request, account_id: str) -> dict[str, str | tuple[str, ...]]:
    """Give IAM's own condition keys; a service's name is that of the credential meant."""
    keys: dict[str, str | tuple[str, ...]] = {}
    if request.operation.startswith(("Attach", "Detach")):
        keys["iam:PolicyARN"] = request.text("PolicyArn")
    if "ServiceSpecificCredential" in request.operation:
        credential = store_of(account_id).find(request.text("ServiceSpecificCredentialId"))
        service = request.text("ServiceName").lower() if credential is None else credential.service
        # A listing has no condition keys.
        if service and not request.operation.startswith("List"):
            keys["iam:ServiceSpecificCredentialServiceName"] = service
    if request.text("CredentialAgeDays"):
        keys["iam:ServiceSpecificCredentialAgeDays"] = request.text("CredentialAgeDays")
    return keys


def _elsewhere(request: Request, caller: Principal) -> str | None:
    """Name the resource of a call of the other services; None for an action that has none."""
    account_id, region = caller.account_id, request.region
    if request.service == "secretsmanager":
        return secret_arn(account_id, region, request.text("SecretId") or request.text("Name"))
    if request.service == "ssm" and request.text("Name"):
        return parameter_arn(account_id, region, request.text("Name"))
    if request.service == "organizations" and request.text("AccountId"):
        organization = organization_of(account_id)
        management = account_id if organization is None else organization.management
        start = f"arn:{partition_of(account_id)}:organizations::{management}"
        return f"{start}:account/{ORGANIZATION_ID}/{request.text('AccountId')}"
    return None
