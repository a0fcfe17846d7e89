"""Name a key without showing it."""

from __future__ import annotations

import hashlib

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
