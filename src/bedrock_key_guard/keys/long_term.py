"""Parse long-term keys: base64 of `<user>[+n]-at-<12 digits>:<secret>`.

The layout was recorded by radkawar/stackd (`public_prefix`, `found_alias_payload`); the alias
alphabet is that of IAM's `serviceCredentialAlias`, the user name's length that of its quotas page.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bedrock_key_guard.keys import envelope
from bedrock_key_guard.keys.key import LongTermKey, MalformedKey, Secret, fingerprint, malformed

if TYPE_CHECKING:
    from bedrock_key_guard.keys.families import Family

MAX_BODY = 420
USER_NAME_MAX = 64

# The payload is ASCII from IAM's alphabet, so the first of every four base64 characters is in
# [K-Za-e] and none is `+` or `/`: three groups reject nearly all noise before anything is decoded.
START = rb"(?=(?:[K-Za-e][A-Za-z0-9]{3}){3})"
_BODY = re.compile(START + rb"[A-Za-z0-9]{12,%d}" % MAX_BODY)
_ALIAS = re.compile(rb"([A-Za-z0-9_+=,.@-]{1,})-at-([0-9]{12})")
_SECRET = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
# What people write where they leave out the rest.
_OMITTED = (b"..", b"**", "…".encode())
_NUMBERED = re.compile(r"(.+)\+[0-9]+")


def parse(family: Family, text: bytes) -> LongTermKey | MalformedKey | None:
    """Return the key whose body `text` starts with, or None where there is nothing like one.

    `text` begins right after the prefix and may go on beyond the key.
    """
    run = _BODY.match(text)
    if run is None:
        return None
    payload = envelope.decode(run[0])
    head, _, rest = payload.partition(b":")
    alias = _ALIAS.fullmatch(head)
    secret = _secret_in(family, rest, goes_on=_goes_on(run, payload))
    if alias and secret:
        names = user_name_candidates(alias[1].decode())
        if names:
            return _key(family, alias, secret, names)
    clue = _clue(family, payload)
    return malformed(family, run[0].decode(), clue) if clue else None


def user_name_candidates(alias_name: str) -> tuple[str, ...]:
    """Return the user names that the name in an alias may stand for, the likeliest first."""
    numbered = _NUMBERED.fullmatch(alias_name)
    names = (numbered[1], alias_name) if numbered else (alias_name,)
    return tuple(name for name in names if len(name) <= USER_NAME_MAX)


def _secret_in(family: Family, rest: bytes, *, goes_on: bool) -> bytes | None:
    """Return the secret that `rest` is, or that it starts with if more base64 followed the key.

    One of another length was cut or altered. What was cut may have been joined to the text behind
    it, so only padding ends a secret where anything goes on.
    """
    for length in family.secret_lengths:
        secret = rest[:length]
        ends = secret.endswith(b"=") or (len(rest) == length and not goes_on)
        if len(secret) == length and ends and _SECRET.fullmatch(secret):
            return secret
    return None


def _goes_on(run: re.Match[bytes], payload: bytes) -> bool:
    """Return whether base64 ends inside a byte, or dots say that more of it was there."""
    is_whole = envelope.encode(payload).rstrip("=").encode() == run[0]
    return not is_whole or run.string.startswith(_OMITTED, run.end())


def _key(
    family: Family, alias: re.Match[bytes], secret: bytes, names: tuple[str, ...]
) -> LongTermKey:
    canonical = family.prefix + envelope.encode(alias[0] + b":" + secret)
    return LongTermKey(
        family=family,
        secret=Secret(canonical),
        fingerprint=fingerprint(canonical),
        alias=alias[0].decode(),
        user_name_candidates=names,
        account_id=alias[2].decode(),
    )


def _clue(family: Family, payload: bytes) -> str:
    """Return the readable start of an alias; never a character that may belong to the secret."""
    alias = _ALIAS.match(payload.partition(b":")[0])
    if alias:
        return alias[0].decode()
    console_user = family.console_user.rstrip("-")
    starts_so = console_user and payload.startswith(console_user.encode())
    return f"{console_user}…" if starts_so else ""
