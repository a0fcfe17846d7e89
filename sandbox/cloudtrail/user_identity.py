"""Name in CloudTrail's way who made a call (CloudTrail user guide, "userIdentity element")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.cloudtrail.trail import TIME_FORMAT

if TYPE_CHECKING:
    from sandbox.iam.principals import Principal
    from sandbox.iam.sessions import Session


def identity_of(
    principal: Principal, session: Session | None, access_key_id: str | None
) -> dict[str, Any]:
    """Describe the caller; a session says when it began, and of which role or user it is."""
    identity: dict[str, Any] = {
        "type": principal.kind,
        "principalId": principal.unique_id,
        "arn": principal.arn,
        "accountId": principal.account_id,
    }
    if access_key_id is not None:
        identity["accessKeyId"] = access_key_id
    if principal.kind == "IAMUser":
        identity["userName"] = principal.name
    if session is not None:
        began = session.issued_at.strftime(TIME_FORMAT)
        context: dict[str, Any] = {
            "attributes": {"creationDate": began, "mfaAuthenticated": "false"}
        }
        if principal.issuer_arn is not None:
            context["sessionIssuer"] = _issuer(principal, session)
        identity["sessionContext"] = context
    return identity


def _issuer(principal: Principal, session: Session) -> dict[str, str]:
    arn = principal.issuer_arn or ""
    return {
        "type": "Role" if principal.role_arn else "IAMUser",
        "principalId": session.subject.holder_id,
        "arn": arn,
        "accountId": principal.account_id,
        "userName": arn.rpartition("/")[2],
    }
