"""Keep one account's service-specific credentials by the rules that real IAM was seen to follow.

Rules and messages are those recorded by radkawar/stackd from a live account
(internal/services/iam/testdata/service_credentials_aws.json, observed 2026-09-11), and the limits
of the IAM API reference. Two messages were not recorded and are guesses: `AllUsers` together with
`UserName`, and the reset of an expired credential.
"""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from moto.iam.exceptions import IAMException

from sandbox.base import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# The prefix of a service's keys; a service without one has a password (the API-key page of the IAM
# user guide names the services).
KEY_PREFIXES: Mapping[str, str | None] = MappingProxyType(
    {
        "bedrock.amazonaws.com": "ABSK",
        "aws-external-anthropic.amazonaws.com": "AEAA",
        "logs.amazonaws.com": "ACWL",
        "cloudwatch.amazonaws.com": "APIAACWM",
        "codecommit.amazonaws.com": None,
        "cassandra.amazonaws.com": None,
    }
)
PER_USER_AND_SERVICE = 2
SECRET_BYTES = 44  # makes the 60 characters of base64 that were observed
ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True)
class Owner:
    """Name a user; credentials are bound to the id, which outlives a change of name."""

    user_id: str
    user_name: str


@dataclass(frozen=True, slots=True)
class Credential:
    """Hold one credential; `secret` is what create and reset show once: the whole key."""

    credential_id: str
    user_id: str
    service: str
    alias: str
    secret: str = field(repr=False)
    set_status: str
    created: datetime
    expires: datetime | None

    @property
    def status(self) -> str:
        expired = self.expires is not None and self.expires <= _now()
        return "Expired" if expired else self.set_status


class CredentialStore:
    """Create, find and change the credentials of one account."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self._by_id: dict[str, Credential] = {}

    def create(self, owner: Owner, service: str, age_days: int | None) -> Credential:
        """Make a credential; raises LimitExceeded, NoSuchEntity or ValidationError."""
        service = known_service(service)
        if len(self.of_user(owner.user_id, service)) >= PER_USER_AND_SERVICE:
            quota = f"ContextSpecificCredentialsPerUserPerContext: {PER_USER_AND_SERVICE}"
            raise IAMException("LimitExceeded", f"Cannot exceed quota for {quota}")
        alias, now = self._free_alias(owner.user_name, service), _now()
        credential = Credential(
            credential_id="ACCA" + "".join(secrets.choice(ID_ALPHABET) for _ in range(17)),
            user_id=owner.user_id,
            service=service,
            alias=alias,
            secret=_new_secret(service, alias),
            set_status="Active",
            created=now,
            expires=None if age_days is None else now + timedelta(days=age_days),
        )
        return self._keep(credential)

    def all(self, service: str | None = None) -> tuple[Credential, ...]:
        """List the credentials in the order of their ids, which is as good as none."""
        chosen = None if not service else known_service(service)
        found = (c for c in self._by_id.values() if chosen is None or c.service == chosen)
        return tuple(sorted(found, key=lambda credential: credential.credential_id))

    def of_user(self, user_id: str, service: str | None = None) -> tuple[Credential, ...]:
        return tuple(c for c in self.all(service) if c.user_id == user_id)

    def owned(self, credential_id: str, owner: Owner) -> Credential:
        """Find a credential of this very user; raises NoSuchEntity or ValidationError."""
        credential = self._by_id.get(credential_id)
        if credential is None:
            raise IAMException("NoSuchEntity", f"No such credential {credential_id} exists")
        if credential.user_id != owner.user_id:
            lack = f"does not have a service specific credential with id {credential_id}"
            raise IAMException("ValidationError", f"User {owner.user_name} {lack}")
        return credential

    def set_status(self, credential_id: str, owner: Owner, status: str) -> None:
        credential = self.owned(credential_id, owner)
        if status not in {"Active", "Inactive"}:
            raise IAMException("InvalidInput", f"Operation does not support status {status}")
        self._keep(replace(credential, set_status=status))

    def reset(self, credential_id: str, owner: Owner) -> Credential:
        """Change the secret alone: id, alias, status and dates stay."""
        credential = self.owned(credential_id, owner)
        if credential.status == "Expired":
            raise IAMException("InvalidInput", "Operation does not support status Expired")
        secret = _new_secret(credential.service, credential.alias)
        return self._keep(replace(credential, secret=secret))

    def delete(self, credential_id: str, owner: Owner) -> None:
        del self._by_id[self.owned(credential_id, owner).credential_id]

    def adopt(self, credential_id: str, secret: str) -> None:
        """Let a credential have this very secret."""
        self._by_id[credential_id] = replace(self._by_id[credential_id], secret=secret)

    def backdate(self, credential_id: str, days: int) -> None:
        """Let a credential have been made some days ago."""
        credential = self._by_id[credential_id]
        created = credential.created - timedelta(days=days)
        self._by_id[credential_id] = replace(credential, created=created)

    def expire(self, credential_id: str) -> None:
        """Move a credential's expiry into the past, as only time can on AWS."""
        past = _now() - timedelta(seconds=1)
        self._keep(replace(self._by_id[credential_id], expires=past))

    def find(self, credential_id: str) -> Credential | None:
        return self._by_id.get(credential_id)

    def _keep(self, credential: Credential) -> Credential:
        self._by_id[credential.credential_id] = credential
        return credential

    def _free_alias(self, user_name: str, service: str) -> str:
        taken = {credential.alias for credential in self.all(service)}
        return next(alias for alias in self._aliases(user_name) if alias not in taken)

    def _aliases(self, user_name: str) -> Iterable[str]:
        yield f"{user_name}-at-{self._account_id}"
        for number in range(1, len(self._by_id) + 2):
            yield f"{user_name}+{number}-at-{self._account_id}"


def known_service(name: str) -> str:
    """Give a service's name in its own spelling; raises NoSuchEntity or ValidationError."""
    if not re.fullmatch(r"[a-zA-Z0-9.-]*", name):
        raise IAMException("ValidationError", "ServiceName must match [a-zA-Z0-9.-]*")
    if name.lower() not in KEY_PREFIXES:
        text = f"No such service {name} is supported for Service Specific Credentials"
        raise IAMException("NoSuchEntity", text)
    return name.lower()


def _new_secret(service: str, alias: str) -> str:
    password = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    prefix = KEY_PREFIXES[service]
    if prefix is None:
        return password
    return prefix + base64.b64encode(f"{alias}:{password}".encode()).decode()


def _now() -> datetime:
    return clock.now().replace(microsecond=0)
