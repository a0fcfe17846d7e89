"""Refuse a call that the caller's policies do not allow, as AWS does before it looks any further.

moto can do it too, but it takes every condition for met and names no resource
(moto/iam/access_control.py says so itself); here policies are judged as in authorization.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.aws.permissions import permissions_for
from sandbox.base.faults import ServiceError
from sandbox.iam.authorization import authorize, not_authorized
from sandbox.iam.conditions import UnsupportedConditionError
from sandbox.iam.request import QUERY_SERVICES
from sandbox.iam.request_context import context_of, owner_of

if TYPE_CHECKING:
    from sandbox.iam.principals import Signer
    from sandbox.iam.request import Request


_DENIALS = {
    **dict.fromkeys(QUERY_SERVICES, (403, "AccessDenied")),
    "ec2": (403, "UnauthorizedOperation"),
}


def refused_permission(request: Request, signer: Signer) -> ServiceError | None:
    """Give the first refusal among the permissions that a call takes."""
    about = context_of(signer.principal, signer.session, request.region)
    for needed in permissions_for(request, signer.principal):
        context = about | owner_of(needed.resource) | needed.context
        try:
            denial = authorize(signer.principal, needed.action, needed.resource, context)
        except UnsupportedConditionError as unsupported:
            return ServiceError(500, "InternalFailure", str(unsupported))
        if denial is not None:
            text = not_authorized(signer.principal.arn, denial, needed.shown)
            status, code = _DENIALS.get(request.service, (400, "AccessDeniedException"))
            return ServiceError(status, code, text)
    return None
