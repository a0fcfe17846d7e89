"""Keep IAM's quotas and its order of deletion, which moto knows in part.

Quotas are those of the IAM user guide, "IAM and AWS STS quotas" (managed policies attached, size of
inline policies without white space, size of a managed policy); that what is still referred to
cannot be deleted is in the IAM API reference, "DeleteUser" and "DeletePolicy".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.base.accounts import backend_of, entity_of
from sandbox.base.faults import ServiceError

if TYPE_CHECKING:
    from moto.iam.models import Group, Role, User

    from sandbox.base.accounts import Kind
    from sandbox.iam.request import Request

ATTACHED = 10
INLINE: dict[Kind, int] = {"User": 2_048, "Role": 10_240, "Group": 5_120}
MANAGED = 6_144


def over_a_quota(request: Request) -> ServiceError | None:
    """Refuse the eleventh policy, and one that is too large."""
    if request.service != "iam" or request.signer is None:
        return None
    if request.operation in {"CreatePolicy", "CreatePolicyVersion"}:
        size = _size(request.text("PolicyDocument"))
        return _exceeded(f"quota for PolicySize: {MANAGED}") if size > MANAGED else None
    kind = next((kind for kind in INLINE if kind in request.operation), None)
    holder = None if kind is None else _holder(request, kind)
    if kind is None or holder is None:
        return None
    if request.operation == f"Attach{kind}Policy":
        others = set(holder.managed_policies) - {request.text("PolicyArn")}
        full = len(others) >= ATTACHED
        return _exceeded(f"quota for PoliciesPer{kind}: {ATTACHED}") if full else None
    if request.operation == f"Put{kind}Policy":
        documents = {**holder.policies, request.text("PolicyName"): request.text("PolicyDocument")}
        if sum(map(_size, documents.values())) > INLINE[kind]:
            text = f"Maximum policy size of {INLINE[kind]} bytes exceeded for "
            return ServiceError(409, "LimitExceeded", f"{text}{kind.lower()} {holder.name}")
    return None


def deleting_what_is_referred_to(request: Request) -> ServiceError | None:
    """Refuse to delete a user, a role or a policy that something still hangs on."""
    if request.service != "iam" or request.signer is None:
        return None
    if request.operation == "DeletePolicy":
        return _policy_in_use(request.signer.principal.account_id, request.text("PolicyArn"))
    kinds: dict[str, Kind] = {"DeleteUser": "User", "DeleteRole": "Role"}
    kind = kinds.get(request.operation)
    holder = None if kind is None else _holder(request, kind)
    if holder is None:
        return None
    reasons = {
        "detach all policies": bool(holder.managed_policies),
        "delete policies": bool(holder.policies),
        "delete access keys": bool(getattr(holder, "access_keys", ())),
        "delete login profile": bool(getattr(holder, "password", None)),
    }
    first = next((reason for reason, holds in reasons.items() if holds), None)
    return _conflict(f"Cannot delete entity, must {first} first.") if first else None


def _policy_in_use(account_id: str, arn: str) -> ServiceError | None:
    policy = backend_of(account_id).managed_policies.get(arn)
    if policy is not None and policy.attachment_count:
        return _conflict("Cannot delete a policy attached to entities.")
    if policy is not None and len(policy.versions) > 1:
        text = "This policy has more than one version. Before you delete a policy, you must delete"
        return _conflict(f"{text} the policy's versions.")
    return None


def _holder(request: Request, kind: Kind) -> User | Role | Group | None:
    if request.signer is None:
        return None
    return entity_of(request.signer.principal.account_id, kind, request.text(f"{kind}Name"))


def _size(document: str) -> int:
    return len(re.sub(r"\s", "", document))


def _exceeded(what: str) -> ServiceError:
    return ServiceError(409, "LimitExceeded", f"Cannot exceed {what}")


def _conflict(text: str) -> ServiceError:
    return ServiceError(409, "DeleteConflict", text)
