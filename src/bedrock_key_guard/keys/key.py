"""Define what the guard knows of a key from its text alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.fingerprint import fingerprint
from bedrock_key_guard.keys.secret import Secret

if TYPE_CHECKING:
    from datetime import datetime

    from bedrock_key_guard.keys.families import Family


@dataclass(frozen=True, slots=True)
class LongTermKey:
    """Describe a service-specific credential of an IAM user.

    `alias` is the credential's `ServiceCredentialAlias`. The user may be called by any of
    `user_name_candidates` (`name+1` is the second key of `name`, or a user so named), or have been
    renamed since: only IAM knows.
    """

    family: Family
    secret: Secret
    fingerprint: str
    alias: str
    user_name_candidates: tuple[str, ...]
    account_id: str


@dataclass(frozen=True, slots=True)
class ShortTermKey:
    """Describe a presigned URL that acts as a bearer token in one region until it expires.

    `account_id` is None where the access key id is of the old generation that holds none. Where the
    key `is_ambiguous`, with a parameter that is there twice, only Bedrock knows how it reads: the
    moments are the earliest and the latest that the text allows.
    """

    family: Family
    secret: Secret
    fingerprint: str
    access_key_id: str
    account_id: str | None
    region: str
    issued_at: datetime
    expires_at: datetime
    has_session_token: bool
    is_ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class MalformedKey:
    """Describe text that starts like a key and decodes only in part.

    `clue` is the public part that could be read: an alias, the start of one, or an access key id.
    """

    family: Family
    secret: Secret
    fingerprint: str
    clue: str


WholeKey = LongTermKey | ShortTermKey
Key = LongTermKey | ShortTermKey | MalformedKey


def malformed(family: Family, body: str, clue: str) -> MalformedKey:
    """Return the malformed key whose text after the prefix is `body`."""
    text = family.prefix + body
    return MalformedKey(family, Secret(text), fingerprint(text), clue)
