"""List what else a user has to sign in with: every kind of credential that IAM knows.

The kinds are those of the IAM user guide, "Managing IAM user credentials" and `DeleteUser`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.aws.listings import service_specific_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.aws.session import Session


class UserCredentials:
    """Ask IAM what else a user can sign in with."""

    def __init__(self, session: Session) -> None:
        """Ask with the credentials of `session`."""
        self._iam = session.global_client("iam")

    def active_beside(self, user_name: str, credential_id: str) -> tuple[str, ...]:
        """Name every active credential of a user but this one. Raises what AWS's refusal raises."""
        return tuple(self._active_beside(user_name, credential_id))

    def _active_beside(self, user_name: str, credential_id: str) -> Iterator[str]:
        for item in service_specific_credentials(self._iam, UserName=user_name):
            name = item["ServiceSpecificCredentialId"]
            if item["Status"] == "Active" and name != credential_id:
                yield f"credential {name} for {item['ServiceName']}"
        for operation, found, name, kind in _KINDS:
            for page in self._iam.get_paginator(operation).paginate(UserName=user_name):
                active = [item[name] for item in page[found] if item["Status"] == "Active"]
                yield from (f"{kind} {each}" for each in active)
        if self._has_password(user_name):
            yield "a password for the console"

    def _has_password(self, user_name: str) -> bool:
        try:
            self._iam.get_login_profile(UserName=user_name)
        except self._iam.exceptions.NoSuchEntityException:
            return False
        return True


_KINDS = (
    ("list_access_keys", "AccessKeyMetadata", "AccessKeyId", "access key"),
    ("list_ssh_public_keys", "SSHPublicKeys", "SSHPublicKeyId", "SSH key"),
    ("list_signing_certificates", "Certificates", "CertificateId", "signing certificate"),
)
