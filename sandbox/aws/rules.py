"""Refuse what AWS refuses and moto would carry out, before the call reaches moto.

A rule looks at a request and gives the refusal, or None; it changes nothing. Where no source is
named beside a message, the AWS documentation has the code and the words are made up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.aws.organizations_addon import asking_about_accounts
from sandbox.base.accounts import account_of, entity_of
from sandbox.base.faults import ServiceError
from sandbox.iam.quotas import deleting_what_is_referred_to, over_a_quota
from sandbox.iam.sessions import session_of
from sandbox.sts.trust_policies import assuming
from sandbox.sts.web_identity import assuming_with_web_identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.iam.request import Request

    Rule = Callable[[Request], ServiceError | None]

PROTECTED_PATHS = ("/aws-service-role/", "/aws-reserved/")
READS = ("Get", "List", "Simulate", "Generate")


def refusal_of(request: Request) -> ServiceError | None:
    """Give the first refusal."""
    refusals = (rule(request) for rule in RULES)
    return next((refusal for refusal in refusals if refusal is not None), None)


def changing_a_protected_role(request: Request) -> ServiceError | None:
    """Protect roles of IAM Identity Center and service-linked ones (rebuy-de/aws-nuke#441)."""
    name = request.text("RoleName")
    if request.service != "iam" or not name or request.operation.startswith(READS):
        return None
    role = entity_of(_own_account(request), "Role", name)
    if role is None or not role.path.startswith(PROTECTED_PATHS):
        return None
    what = f"Cannot perform the operation on the protected role '{name}'"
    return ServiceError(400, "UnmodifiableEntity", f"{what} - this role is only modifiable by AWS")


def a_session_for_a_session(request: Request) -> ServiceError | None:
    """Give no session to a session (STS API reference, "GetSessionToken")."""
    signer = request.signer
    if request.action not in {"sts:GetSessionToken", "sts:GetFederationToken"} or signer is None:
        return None
    if signer.session is None:
        return None
    text = f"Cannot call {request.operation} with session credentials"
    return ServiceError(403, "AccessDenied", text)


def last_use_of_anothers_key(request: Request) -> ServiceError | None:
    """Know the access keys of the own account's users only (IAM API reference, NoSuchEntity)."""
    key = request.text("AccessKeyId")
    if request.action != "iam:GetAccessKeyLastUsed":
        return None
    if account_of(key) == _own_account(request) and session_of(key) is None:
        return None
    return ServiceError(404, "NoSuchEntity", f"The Access Key with id {key} cannot be found.")


def _own_account(request: Request) -> str:
    return "" if request.signer is None else request.signer.principal.account_id


RULES: tuple[Rule, ...] = (
    assuming,
    assuming_with_web_identity,
    asking_about_accounts,
    a_session_for_a_session,
    last_use_of_anothers_key,
    changing_a_protected_role,
    over_a_quota,
    deleting_what_is_referred_to,
)
