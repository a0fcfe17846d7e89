"""Change exactly one service-specific credential in IAM.

Facts are those of the IAM API reference (`UpdateServiceSpecificCredential`,
`ResetServiceSpecificCredential`, `DeleteServiceSpecificCredential`). The user is always named:
without it the API acts on the caller's own credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from bedrock_key_guard.keys.secret import Secret
from bedrock_key_guard.respond.purpose import state_purposes

if TYPE_CHECKING:
    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.model.evidence import CredentialRecord

Status = Literal["Active", "Inactive"]


class CredentialWriter(Protocol):
    """Change one credential. Each method raises whatever AWS's refusal raises."""

    def set_status(self, credential: CredentialRecord, status: Status) -> None:
        """Set the status."""

    def reset(self, credential: CredentialRecord) -> Secret:
        """Give the credential a new secret, and return the new key."""

    def delete(self, credential: CredentialRecord) -> None:
        """Delete the credential."""


class IamCredentialWriter:
    """Change credentials with the IAM API."""

    def __init__(self, session: Session) -> None:
        """Write with the credentials of `session`."""
        self._iam = session.global_client("iam")
        state_purposes(self._iam)

    def set_status(self, credential: CredentialRecord, status: Status) -> None:
        """Set the status of this one credential."""
        self._iam.update_service_specific_credential(
            UserName=credential.user_name,
            ServiceSpecificCredentialId=credential.credential_id,
            Status=status,
        )

    def reset(self, credential: CredentialRecord) -> Secret:
        """Give this one credential a new secret; its id, alias, status and dates stay."""
        answer = self._iam.reset_service_specific_credential(
            UserName=credential.user_name,
            ServiceSpecificCredentialId=credential.credential_id,
        )
        return Secret(answer["ServiceSpecificCredential"]["ServiceCredentialSecret"])

    def delete(self, credential: CredentialRecord) -> None:
        """Delete this one credential; the user stays."""
        self._iam.delete_service_specific_credential(
            UserName=credential.user_name,
            ServiceSpecificCredentialId=credential.credential_id,
        )
