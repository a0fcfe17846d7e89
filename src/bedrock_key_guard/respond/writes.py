"""Change exactly one service-specific credential in IAM.

Facts are those of the IAM API reference (`UpdateServiceSpecificCredential`,
`ResetServiceSpecificCredential`). The user is always named: without it the API acts on the caller's
own credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from bedrock_key_guard.keys.secret import Secret

if TYPE_CHECKING:
    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.model import CredentialRecord

Status = Literal["Active", "Inactive"]


class Writer(Protocol):
    """Change one credential."""

    def set_status(self, credential: CredentialRecord, status: Status) -> None:
        """Set the status. Raises whatever AWS's refusal raises."""
        ...

    def reset(self, credential: CredentialRecord) -> Secret:
        """Give the credential a new secret, and return the new key."""
        ...


class IamWriter:
    """Change credentials with the IAM API."""

    def __init__(self, session: Session) -> None:
        """Write with the credentials of `session`."""
        self._iam = session.global_client("iam")

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
