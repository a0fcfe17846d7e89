"""Teach moto's STS sessions of users, federated users and root, and whose an access key is.

moto gives every session of a user the same made-up credentials, and takes an unknown access key for
the caller's own. Operations, limits and what each session may be are those of the STS API
reference. What `GetAccessKeyInfo` says of a key that was never seen is not recorded anywhere: the
reference has "might return an error that the key doesn't exist", of which code and words are made
up here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.sts import urls
from moto.sts.exceptions import STSClientError
from moto.sts.responses import TokenResponse

from sandbox.base.accounts import account_of, backend_of
from sandbox.iam.principals import signer_of
from sandbox.iam.sessions import Subject, issue
from sandbox.sts.web_identity import claims_of

if TYPE_CHECKING:
    from sandbox.iam.principals import Signer
    from sandbox.iam.sessions import Kind, Session

HOUR, TWELVE_HOURS = 3_600, 43_200


def install() -> None:
    """Put the extended STS into moto; call it before the server builds its STS application."""
    urls.url_paths = {"{0}/$": StsWithSessions.dispatch}


class StsWithSessions(TokenResponse):
    """Answer what sessions are made with, and who somebody is; rules come before (aws/rules.py)."""

    def assume_role(self) -> ActionResult:
        return ActionResult(self._assumed())

    def assume_role_with_web_identity(self) -> ActionResult:
        claims = claims_of(self._get_param("WebIdentityToken")) or {}
        about = {"SubjectFromWebIdentityToken": claims.get("sub"), "Audience": claims.get("aud")}
        return ActionResult(self._assumed() | about | {"Provider": claims.get("iss")})

    def _assumed(self) -> dict[str, Any]:
        arn = self._get_param("RoleArn")
        account_id = arn.split(":")[4]
        role = backend_of(account_id).get_role_by_arn(arn)
        session = issue(
            Subject("role", account_id, role.id, self._get_param("RoleSessionName")),
            self._get_int_param("DurationSeconds", HOUR),
            policies=self._session_policies(),
            tags={tag["Key"]: tag["Value"] for tag in self._get_param("Tags", [])},
        )
        principal = self._signer(session.access_key_id).principal
        about = {"AssumedRoleId": principal.unique_id, "Arn": principal.arn}
        return {"Credentials": _shown(session), "AssumedRoleUser": about}

    def get_session_token(self) -> ActionResult:
        principal = self._signer(self.access_key).principal
        kind: Kind = "root" if principal.kind == "Root" else "user"
        session = issue(
            Subject(kind, principal.account_id, principal.unique_id, principal.name),
            self._get_int_param("DurationSeconds", HOUR if kind == "root" else TWELVE_HOURS),
        )
        return ActionResult({"Credentials": _shown(session)})

    def get_federation_token(self) -> ActionResult:
        caller = self._signer(self.access_key).principal
        session = issue(
            Subject("federated", caller.account_id, caller.unique_id, self._get_param("Name")),
            self._get_int_param("DurationSeconds", TWELVE_HOURS),
            policies=self._session_policies(),
        )
        principal = self._signer(session.access_key_id).principal
        about = {"FederatedUserId": principal.unique_id, "Arn": principal.arn}
        return ActionResult({"Credentials": _shown(session), "FederatedUser": about})

    def get_caller_identity(self) -> ActionResult:
        principal = self._signer(self.access_key).principal
        identity = {"UserId": principal.unique_id, "Account": principal.account_id}
        return ActionResult(identity | {"Arn": principal.arn})

    def get_access_key_info(self) -> ActionResult:
        account_id = account_of(self._get_param("AccessKeyId"))
        if account_id is None:
            raise STSClientError("ValidationError", "The access key ID does not exist.")
        return ActionResult({"Account": account_id})

    def _session_policies(self) -> tuple[str, ...] | None:
        """Give the documents that were passed, inline or by ARN; None where none was."""
        inline = self._get_param("Policy")
        arns = [item["arn"] for item in self._get_param("PolicyArns", [])]
        documents = [json.dumps(json.loads(inline))] if inline else []
        documents += [self._document(arn) for arn in arns]
        return tuple(documents) or None

    def _document(self, arn: str) -> str:
        policy = backend_of(self.current_account).get_policy(arn)
        return next(version.document for version in policy.versions if version.is_default)

    def _signer(self, access_key_id: str) -> Signer:
        signer = signer_of(access_key_id)
        if signer is None:
            raise STSClientError("InvalidClientTokenId", "The security token is invalid.")
        return signer


def _shown(session: Session) -> dict[str, Any]:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
        "Expiration": session.expires_at,
    }
