"""Make every kind of signer that a short-term key can have, and keys that they sign.

    session = user_session(sandbox, "111122223333", "alice")
    key = short_term_key(sandbox, session, region="eu-west-1")
    console = sso_session(sandbox, "111122223333", "AdministratorAccess", "sam@example.com")

Each gives an `AccessKey`, which also makes clients: `sandbox.client_with(session, "iam")`.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.base.accounts import backend_of, home_region
from sandbox.front import seeding
from sandbox.front.seeding import ANYTHING, AccessKey
from sandbox.iam import sessions
from sandbox.iam.principals import make_root_key, signer_of
from sandbox.iam.sessions import Subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moto.iam.models import Role

    from sandbox.front.clients import AwsClients
    from sandbox.front.seeding import ShortTermKey
    from sandbox.iam.sessions import Session

TWELVE_HOURS = 43_200
SSO_PATH = "/aws-reserved/sso.amazonaws.com/"


def user(sandbox: AwsClients, account_id: str, name: str) -> AccessKey:
    """Give a user's own access key, made if need be."""
    iam = sandbox.client("iam", account_id)
    seeding.ensure_user(iam, name, permissions=True)
    signer = signer_of(seeding.access_key_of(iam, name))
    assert signer is not None  # noqa: S101 - it was made a line above
    return AccessKey(signer.access_key_id, signer.secret_access_key)


def user_session(sandbox: AwsClients, account_id: str, name: str) -> AccessKey:
    """Give a user's session, as from `GetSessionToken` or a sign-in to the console."""
    sts = sandbox.client_with(user(sandbox, account_id, name), "sts")
    return seeding.session_key(sts.get_session_token())


def federated_user(
    sandbox: AwsClients,
    account_id: str,
    name: str,
    federated_name: str = "federated",
    policy: Mapping[str, object] = ANYTHING,
) -> AccessKey:
    """Give a session of `GetFederationToken`, which may do what both the user and `policy` may."""
    sts = sandbox.client_with(user(sandbox, account_id, name), "sts")
    return seeding.session_key(
        sts.get_federation_token(Name=federated_name, Policy=json.dumps(policy))
    )


def root(sandbox: AwsClients, account_id: str) -> AccessKey:
    """Give the root user's access key."""
    with sandbox.state:
        key = make_root_key(account_id)
    return AccessKey(key.access_key_id, key.secret_access_key)


def root_session(sandbox: AwsClients, account_id: str) -> AccessKey:
    """Give a session of the root user."""
    sts = sandbox.client_with(root(sandbox, account_id), "sts")
    return seeding.session_key(sts.get_session_token())


def sso_session(
    sandbox: AwsClients, account_id: str, permission_set: str, session_name: str
) -> AccessKey:
    """Sign in through IAM Identity Center: a session of an `AWSReservedSSO_` role."""
    with sandbox.state:
        role = _sso_role(account_id, permission_set)
        session = _session_of(account_id, role, session_name)
        sessions.mark_as_of_the_console(session.access_key_id)
    return _key_of(session)


def service_linked_session(sandbox: AwsClients, account_id: str, role_name: str) -> AccessKey:
    """Give a session of a service-linked role, such as `AWSServiceRoleForExample`."""
    with sandbox.state:
        path = "/aws-service-role/example.amazonaws.com/"
        return _key_of(_session_of(account_id, _made(account_id, role_name, path), "example"))


def short_term_key(
    sandbox: AwsClients,
    signer: AccessKey,
    *,
    region: str | None = None,
    expires: int = TWELVE_HOURS,
    issued_at: datetime | None = None,
) -> ShortTermKey:
    """Sign a key, in the home region of the signer's account if none is named."""
    with sandbox.state:
        account_id = seeding.known_signer(signer.access_key_id).principal.account_id
        region = region or home_region(account_id)
        return seeding.make_short_term_key(signer.access_key_id, region, expires, issued_at)


def age(sandbox: AwsClients, session: AccessKey, **by: float) -> None:
    """Let a session have begun earlier, and end earlier: `age(sandbox, session, hours=2)`."""
    with sandbox.state:
        sessions.age(session.access_key_id, timedelta(**by))


def _sso_role(account_id: str, permission_set: str) -> Role:
    start = f"AWSReservedSSO_{permission_set}_"
    roles = backend_of(account_id).get_roles()
    found = next((role for role in roles if role.name.startswith(start)), None)
    return found or _made(account_id, start + secrets.token_hex(8), SSO_PATH)


def _made(account_id: str, name: str, path: str) -> Role:
    """Make a role that only AWS can make, and that nobody can assume."""
    backend = backend_of(account_id)
    role = backend.create_role(name, json.dumps({"Statement": []}), path, None, "", [], "43200")
    backend.put_role_policy(name, "AwsSSOInlinePolicy", json.dumps(ANYTHING))
    return role


def _session_of(account_id: str, role: Role, name: str) -> Session:
    return sessions.issue(Subject("role", account_id, role.id, name), TWELVE_HOURS)


def _key_of(session: Session) -> AccessKey:
    return AccessKey(session.access_key_id, session.secret_access_key, session.session_token)
