"""Say what of a key has to stay secret, and what of it people may read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from bedrock_key_guard.keys.envelope import payload_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.keys.secret import Secret

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
