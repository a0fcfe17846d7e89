"""Read and change what users and roles may do, in one account.

Facts are those of the IAM API reference. Attaching a policy that is attached, and putting one that
is there, change nothing. `iam:Put*Policy` is the right to grant anything, so only what was asked
for by name uses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bedrock_key_guard.respond.purpose import state_purposes

if TYPE_CHECKING:
    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.iam.policy_documents import Document
    from bedrock_key_guard.model.evidence import HolderKind


@dataclass(frozen=True, slots=True)
class Identity:
    """Hold what IAM tells of a user or role: the ARN with its path, and the id that no other has.

    A user that is deleted and made anew has the same name and another id.
    """

    kind: HolderKind
    name: str
    arn: str
    unique_id: str


class Identities(Protocol):
    """Know and change the policies of the users and roles of one account.

    Each method raises whatever AWS's refusal raises.
    """

    def find(self, kind: HolderKind, name: str) -> Identity | None:
        """Return a user or role as IAM knows it, None where there is none."""

    def names(self, kind: HolderKind) -> tuple[str, ...]:
        """Return the names of all users, or of all roles."""

    def attached(self, kind: HolderKind, name: str) -> tuple[str, ...]:
        """Return the ARNs of the managed policies attached to it."""

    def inline(self, kind: HolderKind, name: str) -> tuple[str, ...]:
        """Return the names of its inline policies."""

    def inline_document(self, kind: HolderKind, name: str, policy: str) -> Document | None:
        """Return an inline policy, None where there is none of this name."""

    def managed_document(self, arn: str) -> Document | None:
        """Return the default version of a managed policy, None where there is no such policy."""

    def groups(self, user_name: str) -> tuple[str, ...]:
        """Return the groups of a user."""

    def attach(self, kind: HolderKind, name: str, policy: str) -> None:
        """Attach a managed policy."""

    def detach(self, kind: HolderKind, name: str, policy: str) -> None:
        """Detach a managed policy."""

    def put(self, kind: HolderKind, name: str, policy: str, document: str) -> None:
        """Write an inline policy."""

    def delete(self, kind: HolderKind, name: str, policy: str) -> None:
        """Delete an inline policy."""


class IamIdentities:
    """Know and change the policies of users and roles by the IAM API."""

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
        return Identity(kind, item[f"{called}Name"], item["Arn"], item[f"{called}Id"])

    def names(self, kind: HolderKind) -> tuple[str, ...]:
        """Return the names of all users, or of all roles."""
        pages = self._iam.get_paginator(f"list_{kind}s").paginate()
        called = kind.title()
        return tuple(item[f"{called}Name"] for page in pages for item in page[f"{called}s"])

    def attached(self, kind: HolderKind, name: str) -> tuple[str, ...]:
        """Return the ARNs of the managed policies attached to it."""
        pages = self._pages(f"list_attached_{kind}_policies", kind, name)
        return tuple(item["PolicyArn"] for page in pages for item in page["AttachedPolicies"])

    def inline(self, kind: HolderKind, name: str) -> tuple[str, ...]:
        """Return the names of its inline policies."""
        pages = self._pages(f"list_{kind}_policies", kind, name)
        return tuple(policy for page in pages for policy in page["PolicyNames"])

    def inline_document(self, kind: HolderKind, name: str, policy: str) -> Document | None:
        """Return an inline policy, None where there is none of this name."""
        try:
            answer = self._call(f"get_{kind}_policy", kind, name, PolicyName=policy)
        except self._iam.exceptions.NoSuchEntityException:
            return None
        document: Document = answer["PolicyDocument"]
        return document

    def managed_document(self, arn: str) -> Document | None:
        """Return the default version of a managed policy, None where there is no such policy."""
        try:
            policy = self._iam.get_policy(PolicyArn=arn)["Policy"]
        except self._iam.exceptions.NoSuchEntityException:
            return None
        version = self._iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])
        document: Document = version["PolicyVersion"]["Document"]
        return document

    def groups(self, user_name: str) -> tuple[str, ...]:
        """Return the groups of a user."""
        pages = self._pages("list_groups_for_user", "user", user_name)
        return tuple(item["GroupName"] for page in pages for item in page["Groups"])

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

    def _call(self, operation: str, kind: HolderKind, name: str, **more: str) -> Any:
        return getattr(self._iam, operation)(**{f"{kind.title()}Name": name}, **more)

    def _pages(self, operation: str, kind: HolderKind, name: str) -> Any:
        return self._iam.get_paginator(operation).paginate(**{f"{kind.title()}Name": name})
