"""Make and remove the user and the key of a drill, with the operator's own credentials.

Facts are those of the IAM API reference: `CreateUser` takes a path and tags, and `DeleteUser`
refuses a user to whom anything is attached still.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.aws.listings import names, pages, service_specific_credentials
from bedrock_key_guard.doctor.drill.traces import PATH, TAG
from bedrock_key_guard.keys.families import BEDROCK_LONG_TERM
from bedrock_key_guard.keys.key import Secret

if TYPE_CHECKING:
    from datetime import datetime

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.doctor.drill.traces import Traces

_SHORTEST_LIFE = 1  # day: should all else fail, the key ends by itself
_HANGS_ON_A_USER = (
    ("list_attached_user_policies", "AttachedPolicies", "PolicyName", "the policy"),
    ("list_user_policies", "PolicyNames", "", "the policy"),
    ("list_groups_for_user", "Groups", "GroupName", "the group"),
    ("list_access_keys", "AccessKeyMetadata", "AccessKeyId", "the access key"),
    ("list_ssh_public_keys", "SSHPublicKeys", "SSHPublicKeyId", "the SSH key"),
    ("list_signing_certificates", "Certificates", "CertificateId", "the certificate"),
    ("list_mfa_devices", "MFADevices", "SerialNumber", "the MFA device"),
)


@dataclass(frozen=True, slots=True)
class Credential:
    """Hold what IAM says of a service-specific credential."""

    id: str
    service: str
    created: datetime


@dataclass(frozen=True, slots=True)
class DrillUser:
    """Hold what IAM says of a user; `others` names what hangs on it beside its credentials."""

    id: str
    path: str
    tag: str
    created: datetime
    credentials: tuple[Credential, ...]
    others: tuple[str, ...]


class Operator:
    """Act for the person who asked for the drill. Each method raises what AWS's refusal raises."""

    def __init__(self, session: Session) -> None:
        """Act with the credentials of `session`, in its account."""
        self._iam = session.global_client("iam")
        self.now = session.dates.now

    def make_user(self, traces: Traces) -> str:
        """Make the user, without any policy, and return IAM's id of it.

        Where the answer to the first try was lost, the user is there already: its name is random.
        """
        tags = [{"Key": TAG, "Value": traces.id}]
        try:
            made = self._iam.create_user(UserName=traces.user_name, Path=PATH, Tags=tags)
        except self._iam.exceptions.EntityAlreadyExistsException:
            made = self._iam.get_user(UserName=traces.user_name)
        return str(made["User"]["UserId"])

    def make_key(self, traces: Traces) -> tuple[str, Secret]:
        """Make the key, and return IAM's id of it and the key itself."""
        made = self._iam.create_service_specific_credential(
            UserName=traces.user_name,
            ServiceName=BEDROCK_LONG_TERM.service_name,
            CredentialAgeDays=_SHORTEST_LIFE,
        )["ServiceSpecificCredential"]
        secret = Secret(made["ServiceCredentialSecret"])
        return str(made["ServiceSpecificCredentialId"]), secret

    def find_user(self, traces: Traces) -> DrillUser | None:
        """Return what IAM says of the user, None where there is none."""
        name = traces.user_name
        try:
            user = self._iam.get_user(UserName=name)["User"]
        except self._iam.exceptions.NoSuchEntityException:
            return None
        tags = {tag["Key"]: tag["Value"] for tag in self._tags(name)}
        listed = service_specific_credentials(self._iam, UserName=name)
        return DrillUser(
            id=str(user["UserId"]),
            path=str(user["Path"]),
            tag=tags.get(TAG, ""),
            created=user["CreateDate"],
            credentials=tuple(map(_credential, listed)),
            others=self._others(name),
        )

    def delete_key(self, traces: Traces, credential_id: str) -> None:
        """Delete a key of the user, if it is there."""
        with suppress(self._iam.exceptions.NoSuchEntityException):
            self._iam.delete_service_specific_credential(
                UserName=traces.user_name, ServiceSpecificCredentialId=credential_id
            )

    def delete_user(self, traces: Traces) -> None:
        """Delete the user, if it is there."""
        with suppress(self._iam.exceptions.NoSuchEntityException):
            self._iam.delete_user(UserName=traces.user_name)

    def _tags(self, name: str) -> list[dict[str, str]]:
        listed = pages(self._iam.list_user_tags, UserName=name)
        return [tag for page in listed for tag in page["Tags"]]

    def _others(self, name: str) -> tuple[str, ...]:
        found = [
            f"{what} {each}"
            for operation, items, field, what in _HANGS_ON_A_USER
            for each in names(self._iam, operation, items, field, UserName=name)
        ]
        with suppress(self._iam.exceptions.NoSuchEntityException):
            self._iam.get_login_profile(UserName=name)
            found.append("a password")
        return tuple(found)


def _credential(item: dict[str, Any]) -> Credential:
    return Credential(item["ServiceSpecificCredentialId"], item["ServiceName"], item["CreateDate"])
