"""Open and close the base64 envelope that every family shares, and say what in it is secret.

A body never holds `+` or `/` for long-term keys and ends where base64 ends, so whatever the
surrounding syntax did to the padding (kept, stripped, percent-encoded, escaped) is undone by
ignoring it: the padding follows from the length.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from bedrock_key_guard.keys.prefixes import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.keys.key import Secret


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
    payload = decode(key[len(prefix) :].rstrip("=").encode())
    # A prefix that no family has is of four letters or eight: what follows decodes all the same.
    alias = None if prefix else _ALIAS.search(payload)
    return payload[alias.start() :] if alias else payload


_ALIAS = re.compile(rb"[A-Za-z0-9_+=,.@-]+-at-[0-9]{12}:")
_SECRET_PARAMETERS = (b"X-Amz-Signature", b"X-Amz-Security-Token")


def secret_parts(secret: Secret) -> tuple[bytes, ...]:
    """Return the secret of a long-term key, or the signature and the token of a short-term one.

    They are decoded. People may read the alias, the account and the user, so they are no part.
    Of a key that was cut this is what is left.
    """
    payload = payload_of(secret.unseal())
    if b"/?" in payload:
        return tuple(_parameters(payload.partition(b"/?")[2]))
    rest = payload.partition(b":")[2]
    return (rest,) if rest else ()


def _parameters(query: bytes) -> Iterator[bytes]:
    for parameter in query.split(b"&"):
        name, _, value = parameter.partition(b"=")
        if value and name in _SECRET_PARAMETERS:
            yield unquote_to_bytes(value)
