"""Find who signed: the user, the session or the root user behind an access key id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from moto.iam.models import AccessKey

from sandbox.base.accounts import account_of, backend_of, partition_of
from sandbox.base.organization import limits_of
from sandbox.iam.sessions import session_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from moto.iam.models import Group, Role, User

    from sandbox.iam.sessions import Session

__all__ = ["Principal", "Signer", "account_of", "backend_of", "signer_of", "users_of"]

SESSION = "session policy"
BOUNDARY = "permissions boundary"
ROOT_KEYS = "root_access_keys"
ANYTHING = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'


@dataclass(frozen=True, slots=True)
class Principal:
    """Say who acts, and what the policies attached to that identity are (JSON documents).

    `issuer_arn` is the role or the user that a session is of; `limits` are by the kind of policy,
    such as a session policy, what is left of `policies`.
    """

    kind: Literal["IAMUser", "AssumedRole", "FederatedUser", "Root"]
    account_id: str
    arn: str
    name: str
    unique_id: str
    policies: tuple[str, ...] = field(repr=False)
    issuer_arn: str | None = None
    limits: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def role_arn(self) -> str | None:
        return self.issuer_arn if self.kind == "AssumedRole" else None


@dataclass(frozen=True, slots=True)
class Signer:
    """Hold an access key with its owner; `session` is None for one that does not expire."""

    principal: Principal
    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(repr=False)
    active: bool
    session: Session | None = None

    @property
    def issued_at(self) -> datetime | None:
        return None if self.session is None else self.session.issued_at

    @property
    def expires_at(self) -> datetime | None:
        return None if self.session is None else self.session.expires_at


def signer_of(access_key_id: str) -> Signer | None:
    """Find the owner of an access key; None for a key, a user or a session that is gone."""
    account_id = account_of(access_key_id)
    if account_id is None:
        return None
    session = session_of(access_key_id)
    if session is not None:
        return _session_signer(session)
    key = backend_of(account_id).access_keys[access_key_id]
    if key in root_keys(account_id):
        return _key_signer(key, _root(account_id))
    user = next((user for user in users_of(account_id) if key in user.access_keys), None)
    return None if user is None else _key_signer(key, principal_of_user(user))


def users_of(account_id: str) -> tuple[User, ...]:
    return tuple(backend_of(account_id).users.values())


def root_keys(account_id: str) -> list[AccessKey]:
    """Give the access keys of an account's root user, which has no place in moto."""
    keys: list[AccessKey] = vars(backend_of(account_id)).setdefault(ROOT_KEYS, [])
    return keys


def make_root_key(account_id: str) -> AccessKey:
    """Give the root user an access key, if it has none."""
    keys = root_keys(account_id)
    if not keys:
        keys.append(AccessKey(None, "AKIA", account_id))  # type: ignore[abstract]  # moto makes them so too
        backend_of(account_id).access_keys[keys[0].access_key_id] = keys[0]
    return keys[0]


def principal_of_user(user: User) -> Principal:
    """Describe a user with its own policies and those of its groups."""
    groups = backend_of(user.account_id).get_groups_for_user(user.name)
    return Principal(
        kind="IAMUser",
        account_id=user.account_id,
        arn=user.arn,
        name=user.name,
        unique_id=user.id,
        policies=_policies_of((user, *groups)),
        limits=limits_of(user.account_id) | _boundary(user),
    )


def principal_of_role(role: Role) -> Principal:
    """Describe a role itself, in no session of it."""
    return Principal(
        kind="AssumedRole",
        account_id=role.account_id,
        arn=role.arn,
        name=role.name,
        unique_id=role.id,
        policies=_policies_of((role,)),
        limits=limits_of(role.account_id) | _boundary(role),
    )


def _root(account_id: str) -> Principal:
    arn = f"arn:{partition_of(account_id)}:iam::{account_id}:root"
    return Principal(
        kind="Root",
        account_id=account_id,
        arn=arn,
        name="root",
        unique_id=account_id,
        policies=(ANYTHING,),
        limits=limits_of(account_id),
    )


def _key_signer(key: AccessKey, principal: Principal) -> Signer:
    return Signer(
        principal=principal,
        access_key_id=key.access_key_id,
        secret_access_key=key.secret_access_key,
        session_token=None,
        active=key.status == "Active",
    )


def _session_signer(session: Session) -> Signer | None:
    principal = _session_principal(session)
    if principal is None:
        return None
    return Signer(
        principal=principal,
        access_key_id=session.access_key_id,
        secret_access_key=session.secret_access_key,
        session_token=session.session_token,
        active=True,
        session=session,
    )


def _session_principal(session: Session) -> Principal | None:
    """Describe whose session it is; None where the role or the user is gone."""
    about = session.subject
    if about.kind == "root":
        return _root(about.account_id)
    if about.kind == "role":
        role = backend_of(about.account_id).roles.get(about.holder_id)
        return None if role is None else _role_principal(session, role)
    users = users_of(about.account_id)
    user = next((user for user in users if user.id == about.holder_id), None)
    if user is None:
        return None
    return principal_of_user(user) if about.kind == "user" else _federated(session, user)


def _role_principal(session: Session, role: Role) -> Principal:
    about = session.subject
    return Principal(
        kind="AssumedRole",
        account_id=about.account_id,
        arn=f"{_sts(about.account_id)}:assumed-role/{role.name}/{about.name}",
        name=about.name,
        unique_id=f"{role.id}:{about.name}",
        policies=_policies_of((role,)),
        issuer_arn=role.arn,
        limits=_limits(session) | _boundary(role),
        tags=session.tags,
    )


def _federated(session: Session, user: User) -> Principal:
    """Describe a federated user: without a session policy it may do nothing."""
    about = session.subject
    return Principal(
        kind="FederatedUser",
        account_id=about.account_id,
        arn=f"{_sts(about.account_id)}:federated-user/{about.name}",
        name=about.name,
        unique_id=f"{about.account_id}:{about.name}",
        policies=principal_of_user(user).policies,
        issuer_arn=user.arn,
        limits={SESSION: ()} | _limits(session) | _boundary(user),
        tags=session.tags,
    )


def _sts(account_id: str) -> str:
    return f"arn:{partition_of(account_id)}:sts::{account_id}"


def _limits(session: Session) -> dict[str, tuple[str, ...]]:
    """Add the session's own policies to what limits everybody in the account."""
    limits = limits_of(session.subject.account_id)
    return limits if session.policies is None else limits | {SESSION: session.policies}


def _boundary(holder: User | Role) -> dict[str, tuple[str, ...]]:
    """Give what the permissions boundary of a user or role lets it be allowed, if it has one.

    moto knows those of roles alone; the add-on keeps a user's in the same attribute.
    """
    arn = vars(holder).get("permissions_boundary_arn")
    if not arn:
        return {}
    policy = backend_of(arn.split(":")[4]).managed_policies[arn]
    return {BOUNDARY: tuple(v.document for v in policy.versions if v.is_default)}


def _policies_of(holders: Iterable[User | Group | Role]) -> tuple[str, ...]:
    documents: list[str] = []
    for holder in holders:
        documents += holder.policies.values()
        for policy in holder.managed_policies.values():
            documents += (version.document for version in policy.versions if version.is_default)
    return tuple(documents)
