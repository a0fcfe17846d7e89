"""Parse short-term keys: base64 of a presigned `CallWithBearerToken` URL.

The layout is that of aws/aws-bedrock-token-generator-python and -js: the parameters come in any
order, and `&Version=1` is appended after signing. A key of which a parameter is cut or has no value
that AWS would accept is malformed. Where one is there twice, Bedrock may accept the key, and only
Bedrock knows.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import defaultdict
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from bedrock_key_guard.keys import envelope
from bedrock_key_guard.keys.key import MalformedKey, Secret, ShortTermKey, fingerprint, malformed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bedrock_key_guard.keys.families import Family

MAX_BODY = 16_384
MAX_LIFETIME = timedelta(days=7)

START = rb"(?=[A-Za-z0-9+/]{8})"
_BODY = re.compile(START + rb"[A-Za-z0-9+/]{8,%d}" % MAX_BODY)
_URL = re.compile(rb"[A-Za-z0-9%&=_.~:/?+-]+")
# Letters that follow a key directly decode to anything, but hardly to a further parameter.
_USUAL = re.compile(rb".+&Version=1(?!&X-Amz-)")
_ACCESS_KEY_ID = re.compile(r"A[A-Z0-9]{15,127}")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]{2,10}){1,3}-[0-9]{1,2}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_CLUE = re.compile(rb"X-Amz-Credential=(A[A-Z0-9]{15,19})")

_NEW_GENERATION = frozenset("QRSTUVWXYZ234567")
_ACCOUNT_BITS = 0x7FFFFFFFFF80
_LARGEST_ACCOUNT = 999_999_999_999
_ID_LENGTH = 20


def parse(family: Family, text: bytes) -> ShortTermKey | MalformedKey | None:
    """Return the key whose body `text` starts with, or None where there is nothing like one.

    `text` begins right after the prefix and may go on beyond the key.
    """
    run = _BODY.match(text)
    if run is None:
        return None
    payload = envelope.decode(run[0])
    readable = _URL.match(payload)
    url = readable[0] if readable else b""
    for whole in _wholes(url, payload):
        if key := _read(family, whole):
            return key
    clue = _CLUE.search(url)
    return malformed(family, run[0].decode(), clue[1].decode()) if clue else None


def _wholes(url: bytes, payload: bytes) -> Iterator[bytes]:
    """Yield what may be the whole URL: all that there is, or as far as its usual end."""
    if url == payload:
        yield url
    if usual := _USUAL.match(url):
        yield usual[0]


def _read(family: Family, url: bytes) -> ShortTermKey | None:
    host, _, query = url.decode("ascii").partition("/?")
    parameters = _parameters(query)
    credential, validity = _credential(family, parameters), _validity(parameters)
    is_ours = host == family.service_name and _is_signed(parameters)
    if not is_ours or credential is None or validity is None:
        return None
    access_key_id, region = credential
    issued_at, expires_at = validity
    canonical = family.prefix + envelope.encode(url)
    return ShortTermKey(
        family=family,
        secret=Secret(canonical),
        fingerprint=fingerprint(canonical),
        access_key_id=access_key_id,
        account_id=account_id_of(access_key_id),
        region=region,
        issued_at=issued_at,
        expires_at=expires_at,
        has_session_token=any(parameters["X-Amz-Security-Token"]),
        is_ambiguous=_is_ambiguous(parameters),
    )


def _parameters(query: str) -> defaultdict[str, list[str]]:
    """Return the values of each parameter of `query`, in its order."""
    parameters = defaultdict[str, list[str]](list)
    for part in query.split("&"):
        name, _, value = part.partition("=")
        parameters[name].append(unquote(value))
    return parameters


def _is_ambiguous(parameters: Mapping[str, list[str]]) -> bool:
    """Return whether a parameter is there twice, so that a reader has to choose."""
    return any(len(each) > 1 for each in parameters.values())


def _credential(family: Family, parameters: Mapping[str, list[str]]) -> tuple[str, str] | None:
    """Return the access key id and the region of `X-Amz-Credential`."""
    for value in parameters["X-Amz-Credential"]:
        scope = value.split("/")
        if len(scope) == 5 and scope[3:] == [family.service, "aws4_request"]:
            access_key_id, _, region = scope[:3]
            if _ACCESS_KEY_ID.fullmatch(access_key_id) and _REGION.fullmatch(region):
                return access_key_id, region
    return None


def _validity(parameters: Mapping[str, list[str]]) -> tuple[datetime, datetime] | None:
    """Return from when to when the key may be valid, however its parameters are read."""
    issued = [at for each in parameters["X-Amz-Date"] if (at := _moment(each)) is not None]
    lifetimes = [
        lasts for each in parameters["X-Amz-Expires"] if (lasts := _lifetime(each)) is not None
    ]
    if not issued or not lifetimes:
        return None
    try:
        return min(issued), max(issued) + max(lifetimes)
    except OverflowError:
        return None


def _moment(value: str) -> datetime | None:
    with suppress(ValueError):
        return datetime.strptime(value + "+0000", "%Y%m%dT%H%M%SZ%z")
    return None


def _lifetime(value: str) -> timedelta | None:
    if not (value.isascii() and value.isdigit() and len(value) <= 6):
        return None
    lifetime = timedelta(seconds=int(value))
    return lifetime if lifetime <= MAX_LIFETIME else None


def _is_signed(parameters: Mapping[str, list[str]]) -> bool:
    """Return whether it is signed, and goes on to its end: that is the version, never signed."""
    return (
        "CallWithBearerToken" in parameters["Action"]
        and "AWS4-HMAC-SHA256" in parameters["X-Amz-Algorithm"]
        and any(map(_SIGNATURE.fullmatch, parameters["X-Amz-Signature"]))
        and "1" in parameters["Version"]
    )


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
