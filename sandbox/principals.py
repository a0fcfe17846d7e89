"""Find who signed: the user or the role session behind an access key id, as moto holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timezone
from typing import TYPE_CHECKING, Literal

from moto.iam.exceptions import IAMException
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from moto.iam.models import AccessKey, Group, IAMBackend, Role, User
    from moto.sts.models import AssumedRole

PARTITION = "aws"


@dataclass(frozen=True, slots=True)
class Principal:
    """Say who acts, and what the policies attached to that identity are (JSON documents)."""

    kind: Literal["IAMUser", "AssumedRole"]
    account_id: str
    arn: str
    name: str
    unique_id: str
    role_arn: str | None
    policies: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """Hold an access key with its owner; `issued_at` and `expires_at` only for a role session."""

    principal: Principal
    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(repr=False)
    active: bool
    issued_at: datetime | None
    expires_at: datetime | None


def backend_of(account_id: str) -> IAMBackend:
    return iam_backends[account_id][PARTITION]


def account_of(access_key_id: str) -> str | None:
    """Name the account that holds an access key; moto would answer its default account."""
    for account_id in tuple(iam_backends):
        if access_key_id in backend_of(account_id).access_keys:
            return account_id
    return None


def signer_of(access_key_id: str) -> Signer | None:
    """Find the owner of an access key; None for a key, a user or a session that is gone."""
    account_id = account_of(access_key_id)
    if account_id is None:
        return None
    key = backend_of(account_id).access_keys[access_key_id]
    session = sts_backends[account_id][PARTITION].get_assumed_role_from_access_key(access_key_id)
    if session is not None:
        return _session_signer(key, session)
    user = next((user for user in users_of(account_id) if key in user.access_keys), None)
    return None if user is None else _user_signer(key, user)


def users_of(account_id: str) -> tuple[User, ...]:
    return tuple(backend_of(account_id).users.values())


def principal_of_user(user: User) -> Principal:
    """Describe a user with its own policies and those of its groups."""
    groups = backend_of(user.account_id).get_groups_for_user(user.name)
    return Principal(
        kind="IAMUser",
        account_id=user.account_id,
        arn=user.arn,
        name=user.name,
        unique_id=user.id,
        role_arn=None,
        policies=_policies_of((user, *groups)),
    )


def _user_signer(key: AccessKey, user: User) -> Signer:
    return Signer(
        principal=principal_of_user(user),
        access_key_id=key.access_key_id,
        secret_access_key=key.secret_access_key,
        session_token=None,
        active=key.status == "Active",
        issued_at=None,
        expires_at=None,
    )


def _session_signer(key: AccessKey, session: AssumedRole) -> Signer:
    role = _role_of(session)
    return Signer(
        principal=Principal(
            kind="AssumedRole",
            account_id=session.account_id,
            arn=session.arn,
            name=session.session_name,
            unique_id=session.user_id,
            role_arn=session.role_arn,
            policies=() if role is None else _policies_of((role,)),
        ),
        access_key_id=key.access_key_id,
        secret_access_key=key.secret_access_key,
        session_token=session.session_token,
        active=role is not None,
        issued_at=_aware(key.create_date),
        expires_at=_aware(session.expiration),
    )


def _role_of(session: AssumedRole) -> Role | None:
    try:
        return backend_of(session.account_id).get_role_by_arn(session.role_arn)
    except IAMException:
        return None


def _policies_of(holders: Iterable[User | Group | Role]) -> tuple[str, ...]:
    documents: list[str] = []
    for holder in holders:
        documents += holder.policies.values()
        for policy in holder.managed_policies.values():
            documents += (version.document for version in policy.versions if version.is_default)
    return tuple(documents)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=timezone.utc)
