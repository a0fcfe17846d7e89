"""Let a role be assumed with a token of an identity provider, such as that of a GitHub workflow.

Trust and claims are judged as STS does (STS API reference, "AssumeRoleWithWebIdentity"; GitHub's
"OpenID Connect reference" for the claims of its tokens); the token's signature is not, for there is
nobody here to have made it. Words that the reference does not have are those of the AWS SDKs'
threads on this operation.
"""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

from sandbox.base.accounts import backend_of
from sandbox.base.faults import ServiceError
from sandbox.iam.conditions import listed
from sandbox.sts.trust_policies import allows, role_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moto.iam.models import OpenIDConnectProvider

    from sandbox.iam.request import Request

ACTION = "sts:AssumeRoleWithWebIdentity"
DENIED = ServiceError(403, "AccessDenied", f"Not authorized to perform {ACTION}")
EXPIRED = ServiceError(400, "ExpiredTokenException", "Token expired")


def assuming_with_web_identity(request: Request) -> ServiceError | None:
    """Refuse a token that is not good, or that the role does not trust."""
    if request.action != ACTION:
        return None
    claims = claims_of(request.text("WebIdentityToken"))
    role = role_of(request.text("RoleArn"))
    if claims is None:
        return _invalid("The ID Token provided is not a valid JWT.")
    if role is None:
        return DENIED
    provider = _provider(role.account_id, claims)
    if provider is None:
        issuer = claims.get("iss")
        return _invalid(f"No OpenIDConnect provider found in your account for {issuer}")
    if claims.get("aud") not in provider.client_id_list:
        return _invalid("Incorrect token audience")
    if float(claims.get("exp", 0)) <= time.time():
        return EXPIRED
    context = {f"{provider.url}:{name}": str(claim) for name, claim in claims.items()}
    trusted = allows(role, lambda one: _names(one, provider.arn), ACTION, context)
    return None if trusted else DENIED


def claims_of(token: str) -> dict[str, Any] | None:
    """Read what a token says; None where it is none."""
    _, _, rest = token.partition(".")
    payload, _, signature = rest.partition(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return None
    return claims if isinstance(claims, dict) and signature else None


def _provider(account_id: str, claims: Mapping[str, Any]) -> OpenIDConnectProvider | None:
    issuer = str(claims.get("iss", "")).removeprefix("https://")
    providers = backend_of(account_id).open_id_providers.values()
    return next((provider for provider in providers if provider.url == issuer), None)


def _names(statement: Mapping[str, Any], provider_arn: str) -> bool:
    principal = statement.get("Principal", {})
    return isinstance(principal, dict) and provider_arn in listed(principal.get("Federated", []))


def _invalid(text: str) -> ServiceError:
    return ServiceError(400, "InvalidIdentityToken", text)
