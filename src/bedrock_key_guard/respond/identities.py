"""Read and change what users and roles may do and sign in with, in one account.

Facts are those of the IAM API reference, and of the IAM user guide, "Managing IAM user credentials"
for the kinds that there are. Attaching a policy that is attached, and putting one that is there,
change nothing. `iam:Put*Policy` is the right to grant anything, so only what was asked for by name
uses it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from bedrock_key_guard.aws.listings import names, service_specific_credentials
from bedrock_key_guard.keys.key import Secret
from bedrock_key_guard.respond.purpose import state_purposes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.iam.policy_documents import Document
    from bedrock_key_guard.model.evidence import CredentialRecord
    from bedrock_key_guard.model.principals import HolderKind

Status = Literal["Active", "Inactive"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Hold what IAM says of a user or role: the ARN with its path, and the id that no other has.

    A user that is deleted and made anew has the same name, another id and a later date.
    """

    kind: HolderKind
    name: str
    arn: str
    unique_id: str
    created: datetime


class Identities:
    """Know and change the policies of the users and roles of one account.

    Each method raises whatever AWS's refusal raises.
    """

    def __init__(self, session: Session) -> None:
        """Act with the credentials of `session`."""
        self._iam = session.global_client("iam")
        state_purposes(self._iam)

    def find(self, kind: HolderKind, name: str) -> Identity | None:
        """Return a user or role as IAM knows it, None where there is none."""
        try:
            item = self._call(f"get_{kind}", kind, name)[kind.title()]
        except self._iam.exceptions.NoSuchEntityException:
            return None
        called = kind.title()
        named, unique_id = item[f"{called}Name"], item[f"{called}Id"]
        return Identity(kind, named, item["Arn"], unique_id, item["CreateDate"])

    def names(self, kind: HolderKind) -> tuple[str, ...]:
        """Return the names of all users, or of all roles."""
        called = kind.title()
        return tuple(names(self._iam, f"list_{kind}s", f"{called}s", f"{called}Name"))

    def attached(self, kind: HolderKind, name: str) -> tuple[str, ...]:
        """Return the ARNs of the managed policies attached to it."""
        operation, whose = f"list_attached_{kind}_policies", _whose(kind, name)
        return tuple(names(self._iam, operation, "AttachedPolicies", "PolicyArn", **whose))

    def inline(self, kind: HolderKind, name: str) -> tuple[str, ...]:
        """Return the names of its inline policies."""
        operation, whose = f"list_{kind}_policies", _whose(kind, name)
        return tuple(names(self._iam, operation, "PolicyNames", **whose))

    def inline_document(self, kind: HolderKind, name: str, policy: str) -> Document | None:
        """Return an inline policy, None where there is none of this name."""
        try:
            answer = self._call(f"get_{kind}_policy", kind, name, PolicyName=policy)
        except self._iam.exceptions.NoSuchEntityException:
            return None
        return dict(answer["PolicyDocument"])

    def managed_document(self, arn: str) -> Document | None:
        """Return the default version of a managed policy, None where there is no such policy."""
        try:
            policy = self._iam.get_policy(PolicyArn=arn)["Policy"]
        except self._iam.exceptions.NoSuchEntityException:
            return None
        version = self._iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])
        return dict(version["PolicyVersion"]["Document"])

    def groups(self, user_name: str) -> tuple[str, ...]:
        """Return the groups of a user."""
        operation = "list_groups_for_user"
        return tuple(names(self._iam, operation, "Groups", "GroupName", UserName=user_name))

    def attach(self, kind: HolderKind, name: str, policy: str) -> None:
        """Attach a managed policy."""
        self._call(f"attach_{kind}_policy", kind, name, PolicyArn=policy)

    def detach(self, kind: HolderKind, name: str, policy: str) -> None:
        """Detach a managed policy."""
        self._call(f"detach_{kind}_policy", kind, name, PolicyArn=policy)

    def put(self, kind: HolderKind, name: str, policy: str, document: str) -> None:
        """Write an inline policy."""
        self._call(f"put_{kind}_policy", kind, name, PolicyName=policy, PolicyDocument=document)

    def delete(self, kind: HolderKind, name: str, policy: str) -> None:
        """Delete an inline policy."""
        self._call(f"delete_{kind}_policy", kind, name, PolicyName=policy)

    def active_beside(self, user_name: str, credential_id: str) -> tuple[str, ...]:
        """Name every active credential of a user but this one, whatever its kind."""
        return tuple(self._active_beside(user_name, credential_id))

    def _active_beside(self, user_name: str, credential_id: str) -> Iterator[str]:
        for item in service_specific_credentials(self._iam, UserName=user_name):
            name = item["ServiceSpecificCredentialId"]
            if item["Status"] == "Active" and name != credential_id:
                yield f"credential {name} for {item['ServiceName']}"
        for operation, found, name, kind in _CREDENTIALS:
            for page in self._iam.get_paginator(operation).paginate(UserName=user_name):
                active = [item[name] for item in page[found] if item["Status"] == "Active"]
                yield from (f"{kind} {each}" for each in active)
        with suppress(self._iam.exceptions.NoSuchEntityException):
            self._iam.get_login_profile(UserName=user_name)
            yield "a password for the console"

    def _call(self, operation: str, kind: HolderKind, name: str, **more: str) -> Any:
        return getattr(self._iam, operation)(**_whose(kind, name), **more)


def _whose(kind: HolderKind, name: str) -> dict[str, str]:
    return {f"{kind.title()}Name": name}


_CREDENTIALS = (
    ("list_access_keys", "AccessKeyMetadata", "AccessKeyId", "access key"),
    ("list_ssh_public_keys", "SSHPublicKeys", "SSHPublicKeyId", "SSH key"),
    ("list_signing_certificates", "Certificates", "CertificateId", "signing certificate"),
)


class CredentialWriter:
    """Change exactly one service-specific credential. Each method raises what AWS's refusal raises.

    The user is always named: without it the API acts on the caller's own credentials.
    """

    def __init__(self, session: Session) -> None:
        """Write with the credentials of `session`."""
        self._iam = session.global_client("iam")
        state_purposes(self._iam)

    def set_status(self, credential: CredentialRecord, status: Status) -> None:
        """Set the status of this one credential."""
        self._iam.update_service_specific_credential(**_exact(credential), Status=status)

    def reset(self, credential: CredentialRecord) -> Secret:
        """Give this one credential a new secret; its id, alias, status and dates stay."""
        answer = self._iam.reset_service_specific_credential(**_exact(credential))
        return Secret(answer["ServiceSpecificCredential"]["ServiceCredentialSecret"])

    def delete(self, credential: CredentialRecord) -> None:
        """Delete this one credential; the user stays."""
        self._iam.delete_service_specific_credential(**_exact(credential))


def _exact(credential: CredentialRecord) -> dict[str, str]:
    return {
        "UserName": credential.user_name,
        "ServiceSpecificCredentialId": credential.credential_id,
    }
