"""Define what the guard knows of a key from its text alone, and seal that text."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from datetime import datetime

    from bedrock_key_guard.keys.families import Family


class Secret:
    """Hold a key's text and show only its length.

    `repr`, `str` and `format` are redacted; pickling and copying are refused. The text comes out
    by `unseal()` alone, and a test lists the modules that call it.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        """Seal `text`."""
        self.__text = text

    def unseal(self) -> str:
        """Return the text. Whoever calls this answers for where it goes."""
        return self.__text

    @property
    def unpadded(self) -> int:
        """Return how long the text is without the padding at its end."""
        return len(self.__text.rstrip("="))

    def stem(self) -> Secret:
        """Return the start of the longer key that this one was cut from.

        The last digit of cut base64 may differ, and its padding is none of the key's.
        """
        return Secret(self.__text.rstrip("=")[:-1])

    def starts_with(self, stem: Secret) -> bool:
        """Return whether this text starts with that of `stem`."""
        return self.__text.startswith(stem.__text)

    def __lt__(self, other: Secret) -> bool:
        return self.__text < other.__text

    def __len__(self) -> int:
        return len(self.__text)

    def __repr__(self) -> str:
        return f"<secret, {len(self.__text)} characters>"

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, format_spec: str) -> str:
        return format(repr(self), format_spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__text.encode(), other.__text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self.__text))

    def __reduce__(self) -> NoReturn:
        message = "a secret is never pickled or copied"
        raise TypeError(message)


_DOMAIN = b"bedrock-key-guard:v1\0"
SHORT_LENGTH = 12


def fingerprint(canonical_key: str) -> str:
    """Return the SHA-256 of the canonical key under the guard's own domain, 64 hex digits.

    Canonical means escapes undone, decoded and encoded again, so that one key has one fingerprint
    however it was written. At least 44 random bytes stand behind it: it cannot be guessed back.
    """
    return hashlib.sha256(_DOMAIN + canonical_key.encode()).hexdigest()


def short(full: str) -> str:
    """Return the first 12 digits, for people."""
    return full[:SHORT_LENGTH]


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
