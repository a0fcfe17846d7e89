"""Keep the temporary credentials that STS has issued: of roles, users, federated users and root.

moto keeps those of roles only. The store lives among the attributes of moto's IAM backend, so that
moto's reset clears it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from moto.sts.utils import random_session_token

from sandbox.base import clock
from sandbox.base.accounts import account_of, backend_of

if TYPE_CHECKING:
    from collections.abc import Mapping

SESSIONS = "issued_sessions"
Kind = Literal["role", "user", "federated", "root"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Say of whom a session is.

    `holder_id` is the id of the role or user whose policies it has, `name` the role session's or
    the federated user's.
    """

    kind: Kind
    account_id: str
    holder_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Session:
    """Hold one session; `policies` are its session policies, None where it was given none."""

    subject: Subject
    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    policies: tuple[str, ...] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    from_console: bool = False


def issue(
    subject: Subject,
    seconds: int,
    *,
    policies: tuple[str, ...] | None = None,
    tags: Mapping[str, str] | None = None,
) -> Session:
    """Make temporary credentials that begin now."""
    key = backend_of(subject.account_id).create_temp_access_key()
    now = clock.now().replace(microsecond=0)
    session = Session(
        subject=subject,
        access_key_id=key.access_key_id,
        secret_access_key=key.secret_access_key,
        session_token=random_session_token(),
        issued_at=now,
        expires_at=now + timedelta(seconds=seconds),
        policies=policies,
        tags=tags or {},
    )
    _store(subject.account_id)[session.access_key_id] = session
    return session


def session_of(access_key_id: str) -> Session | None:
    account_id = account_of(access_key_id)
    return None if account_id is None else _store(account_id).get(access_key_id)


def age(access_key_id: str, by: timedelta) -> None:
    """Let a session have begun, and end, that much earlier."""
    session = _known(access_key_id)
    begun, ended = session.issued_at - by, session.expires_at - by
    _store(session.subject.account_id)[access_key_id] = replace(
        session, issued_at=begun, expires_at=ended
    )


def mark_as_of_the_console(access_key_id: str) -> None:
    """Let a session be one that somebody got by signing in to the console."""
    session = _known(access_key_id)
    _store(session.subject.account_id)[access_key_id] = replace(session, from_console=True)


def _known(access_key_id: str) -> Session:
    session = session_of(access_key_id)
    if session is None:
        message = f"no account of the sandbox has a session with the access key {access_key_id}"
        raise LookupError(message)
    return session


def _store(account_id: str) -> dict[str, Session]:
    store: dict[str, Session] = vars(backend_of(account_id)).setdefault(SESSIONS, {})
    return store
