"""Open and close the base64 envelope that every family shares.

A body never holds `+` or `/` for long-term keys and ends where base64 ends, so whatever the
surrounding syntax did to the padding (kept, stripped, percent-encoded, escaped) is undone by
ignoring it: the padding follows from the length.
"""

from __future__ import annotations

import base64
import binascii

from bedrock_key_guard.keys.prefixes import PREFIXES


def decode(body: bytes) -> bytes:
    """Return the bytes that `body`, base64 without padding, spells: as many as are whole."""
    whole = body[: len(body) - 1] if len(body) % 4 == 1 else body
    try:
        return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))
    except binascii.Error:
        return b""


def encode(payload: bytes) -> str:
    """Return the canonical base64 of `payload`, padding kept."""
    return base64.b64encode(payload).decode("ascii")


def payload_of(key: str) -> bytes:
    """Return what the text of a key, whole or cut, spells after its prefix."""
    prefix = next((known for known in PREFIXES if key.startswith(known)), "")
    return decode(key[len(prefix) :].rstrip("=").encode())
