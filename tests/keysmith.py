"""Forge keys of every family for tests: right in every detail, and of no account that exists.

The same arguments always give the same key, so that a failing test can be run again.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qsl, quote

# The generator's own class signs for twelve hours only; this is what it calls.
from aws_bedrock_token_generator.token_generator import _generate_token
from botocore.credentials import Credentials

from sandbox.iam import sigv4

ACCOUNT = "111122223333"
LIFETIME = timedelta(hours=12)
BEDROCK_LONG_TERM = "ABSK"
BEDROCK_SHORT_TERM = "bedrock-api-key-"
CLAUDE_PLATFORM_LONG_TERM = "AEAA"
CLAUDE_PLATFORM_SHORT_TERM = "aws-external-anthropic-api-key-"
CLOUDWATCH_LOGS = "ACWL"
CLOUDWATCH_METRICS = "APIAACWM"
UNKNOWN = "AXRY"  # of no service: nobody has recorded what those of AWS X-Ray begin with
_TOKEN_VERSION = "&Version=1"


def long_term(
    user: str = "BedrockAPIKey-ex4m",
    account: str = ACCOUNT,
    *,
    n: int | None = None,
    secret_length: int = 60,
    prefix: str = BEDROCK_LONG_TERM,
    seed: str = "",
) -> str:
    """Make a long-term key; `n` numbers a user's further keys, `seed` tells twins apart."""
    alias = alias_of(user, account, n=n)
    secret = _base64_text(f"{prefix}{alias}{seed}", secret_length)
    return prefix + base64.b64encode(f"{alias}:{secret}".encode()).decode()


def alias_of(user: str, account: str = ACCOUNT, *, n: int | None = None) -> str:
    """Name a credential as IAM does."""
    numbered = user if n is None else f"{user}+{n}"
    return f"{numbered}-at-{account}"


def short_term(
    account: str = ACCOUNT,
    region: str = "us-east-1",
    *,
    kind: Literal["AKIA", "ASIA"] = "ASIA",
    credentials: Credentials | None = None,
    lifetime: timedelta = LIFETIME,
    issued_at: datetime | None = None,
) -> str:
    """Make a short-term key as AWS's generator does, issued now unless `issued_at` says when.

    Without `credentials` it is signed by an access key of `account` that nobody has.
    """
    signer = credentials or made_up_credentials(account, kind=kind)
    token: str = _generate_token(signer, region, int(lifetime.total_seconds()))
    return token if issued_at is None else _signed_anew(token, signer, region, issued_at)


def claude_platform_short_term(
    account: str = ACCOUNT, region: str = "us-east-1", *, issued_at: datetime
) -> str:
    """Make the twin for Claude Platform on AWS: the same request to another service."""
    service = "aws-external-anthropic"
    token = short_term(account, region, issued_at=issued_at)
    url = base64.b64decode(token.removeprefix(BEDROCK_SHORT_TERM)).decode()
    twin = url.replace("bedrock.amazonaws.com", f"{service}.amazonaws.com")
    twin = twin.replace("%2Fbedrock%2F", f"%2F{service}%2F")
    return CLAUDE_PLATFORM_SHORT_TERM + base64.b64encode(twin.encode()).decode()


def made_up_credentials(
    account: str = ACCOUNT, *, kind: Literal["AKIA", "ASIA"] = "ASIA", seed: str = ""
) -> Credentials:
    """Make credentials that sign and open nothing; ASIA ones come with a session token."""
    return Credentials(
        access_key_id(account, kind=kind, seed=seed),
        _base64_text(f"secret access key {account}{seed}", 40),
        _base64_text(f"session token {account}{seed}", 340) if kind == "ASIA" else None,
    )


def access_key_id(
    account: str = ACCOUNT, *, kind: Literal["AKIA", "ASIA"] = "AKIA", seed: str = ""
) -> str:
    """Make an access key id of the generation that holds the account in bits 21 to 60."""
    noise = int.from_bytes(_noise(f"access key id {account}{seed}", 5), "big")
    number = 1 << 79 | int(account) << 39 | noise & (1 << 39) - 1
    return kind + base64.b32encode(number.to_bytes(10, "big")).decode()


def fingerprint_of(key: str) -> str:
    """Work out the fingerprint of a canonical key, apart from the product's own code."""
    return hashlib.sha256(b"bedrock-key-guard:v1\0" + key.encode()).hexdigest()


def _signed_anew(token: str, signer: Credentials, region: str, issued_at: datetime) -> str:
    """Date a token back (or forward), keeping the order in which its generator wrote it."""
    url = base64.b64decode(token.removeprefix(BEDROCK_SHORT_TERM)).decode()
    host, _, query = url.removesuffix(_TOKEN_VERSION).partition("/?")
    parameters = dict(parse_qsl(query))
    scope = f"{issued_at:%Y%m%d}/{region}/{sigv4.SERVICE}/aws4_request"
    parameters["X-Amz-Date"] = f"{issued_at:{sigv4.TIME_FORMAT}}"
    parameters["X-Amz-Credential"] = f"{signer.access_key}/{scope}"
    del parameters["X-Amz-Signature"]
    parameters["X-Amz-Signature"] = sigv4.signature(parameters, signer.secret_key)
    query = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in parameters.items())
    signed = f"{host}/?{query}{_TOKEN_VERSION}"
    return BEDROCK_SHORT_TERM + base64.b64encode(signed.encode()).decode()


def _base64_text(seed: str, length: int) -> str:
    """Make `length` (a multiple of four) characters of base64 with one `=`, as IAM does."""
    return base64.b64encode(_noise(seed, length // 4 * 3 - 1)).decode()


def _noise(seed: str, size: int) -> bytes:
    return hashlib.shake_256(seed.encode()).digest(size)
