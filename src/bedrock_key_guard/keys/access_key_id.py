"""Read what an access key id says of itself."""

from __future__ import annotations

import base64
import binascii

_NEW_GENERATION = frozenset("QRSTUVWXYZ234567")
_ACCOUNT_BITS = 0x7FFFFFFFFF80
_LARGEST_ACCOUNT = 999_999_999_999
_ID_LENGTH = 20


def account_id_of(access_key_id: str) -> str | None:
    """Return the 12-digit account id inside an access key id, or None for one that holds none.

    Ids made since about 2018 hold the account in bits 21 to 60; the first bit after the four-letter
    prefix tells the generation, and older ids would give a wrong number. Undocumented by AWS;
    recorded by Tal Be'ery ("A short note on AWS KEY ID") and by WithSecure's bitwise analysis.
    """
    if len(access_key_id) != _ID_LENGTH or access_key_id[4] not in _NEW_GENERATION:
        return None
    try:
        head = base64.b32decode(access_key_id[4:])[:6]
    except (binascii.Error, ValueError):
        return None
    account = (int.from_bytes(head, "big") & _ACCOUNT_BITS) >> 7
    # Forty bits hold more than twelve digits do: such an id is nobody's.
    return f"{account:012d}" if account <= _LARGEST_ACCOUNT else None
