"""Give the condition keys that every request has, whoever makes it and of whichever service.

The keys are those of the IAM user guide, "AWS global condition context keys"; when a session began
(`aws:TokenIssueTime`) is known for temporary credentials only.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from sandbox.base import clock
from sandbox.base.organization import ORGANIZATION_ID, organization_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.iam.principals import Principal
    from sandbox.iam.sessions import Session

_TYPES: Mapping[str, str] = MappingProxyType({"IAMUser": "User", "Root": "Account"})


def owner_of(resource: str) -> dict[str, str]:
    """Describe whose the resource is, so far as its ARN says and an organisation has it."""
    account_id = (resource.split(":", 5) + [""] * 5)[4]
    organization = organization_of(account_id)
    return {} if organization is None else {"aws:ResourceOrgID": ORGANIZATION_ID}


def context_of(
    principal: Principal, session: Session | None, region: str
) -> dict[str, str | tuple[str, ...]]:
    """Describe the caller; a role's session is known by its role too."""
    now = clock.now()
    context: dict[str, str | tuple[str, ...]] = {
        "aws:CurrentTime": now.isoformat(),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:PrincipalAccount": principal.account_id,
        "aws:PrincipalArn": principal.role_arn or principal.arn,
        "aws:PrincipalType": _TYPES.get(principal.kind, principal.kind),
        "aws:RequestedRegion": region,
        "aws:SecureTransport": "true",
        "aws:userid": principal.unique_id,
    }
    if principal.kind == "IAMUser":
        context["aws:username"] = principal.name
    organization = organization_of(principal.account_id)
    if organization is not None:
        context["aws:PrincipalOrgID"] = ORGANIZATION_ID
    if session is not None:
        context["aws:TokenIssueTime"] = session.issued_at.isoformat()
    return context | {f"aws:PrincipalTag/{name}": tag for name, tag in principal.tags.items()}
