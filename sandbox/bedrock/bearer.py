"""Make bearer keys for tests, and check them as Bedrock does: against the secrets that IAM holds.

A long-term key is compared with the credential of its alias, a short-term key is signed again with
its access key's secret and must be of the endpoint's region (Amazon Bedrock user guide, "API keys
reference"). In which order Bedrock checks signature and expiry is not known; here the signature
comes first, so that "Bearer Token has expired" is said of authentic keys only.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl

from moto.iam.models import iam_backends

from sandbox.base import clock
from sandbox.base.accounts import (
    HOME_REGIONS,
    PARTITION,
    home_region,
    partition_of,
    partition_of_region,
)
from sandbox.iam import sigv4
from sandbox.iam.credentials_addon import store_of
from sandbox.iam.principals import principal_of_user, signer_of, users_of

if TYPE_CHECKING:
    from sandbox.iam.principals import Principal, Signer
    from sandbox.iam.sessions import Session

LONG_TERM_PREFIX = "ABSK"
SHORT_TERM_PREFIX = "bedrock-api-key-"
SCOPE_PARTS = 5  # access key id, date, region, service, aws4_request
LONGEST_LIFE = 43_200  # seconds
SHORT_TERM_HEAD = f"{sigv4.HOST}/?"


class Refusal(Enum):
    """Say why a key is not authentic."""

    FORMAT = "format"
    AUTHENTICATION = "authentication"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Say whose key it is, of which type by IAM's condition key, and who signed it, if anybody."""

    principal: Principal
    token_type: Literal["LONG_TERM", "SHORT_TERM"]
    signer: Signer | None = None

    @property
    def session(self) -> Session | None:
        return None if self.signer is None else self.signer.session


def authenticate(bearer: str, region: str) -> Authenticated | Refusal:
    """Check a key presented in one region."""
    if bearer.startswith(LONG_TERM_PREFIX):
        return _check_long_term(bearer, region)
    if bearer.startswith(SHORT_TERM_PREFIX):
        return _check_short_term(bearer, region)
    return Refusal.FORMAT


def region_of(bearer: str) -> str:
    """Name the region where a key belongs: where it was signed, or the home of its account."""
    if bearer.startswith(SHORT_TERM_PREFIX):
        scope = _parameters(bearer).get("X-Amz-Credential", "").split("/")
        return scope[2] if len(scope) == SCOPE_PARTS else HOME_REGIONS[PARTITION]
    return home_region(_account_of_alias(bearer)[1])


def mint_short_term(signer: Signer, region: str, expires: int, issued_at: datetime) -> str:
    """Make a key as AWS's generator does, but signed at any moment; `expires` is in seconds."""
    date = issued_at.strftime(sigv4.TIME_FORMAT)
    parameters = {
        "Action": "CallWithBearerToken",
        "X-Amz-Algorithm": sigv4.ALGORITHM,
        "X-Amz-Credential": "/".join(
            (signer.access_key_id, date[:8], region, sigv4.SERVICE, "aws4_request")
        ),
        "X-Amz-Date": date,
        "X-Amz-Expires": str(expires),
        "X-Amz-SignedHeaders": "host",
    }
    if signer.session_token is not None:
        parameters["X-Amz-Security-Token"] = signer.session_token
    signature = sigv4.signature(parameters, signer.secret_access_key)
    query = sigv4.canonical_query(parameters)
    url = f"{SHORT_TERM_HEAD}{query}&X-Amz-Signature={signature}&Version=1"
    return SHORT_TERM_PREFIX + base64.b64encode(url.encode()).decode()


def _check_long_term(bearer: str, region: str) -> Authenticated | Refusal:
    """Compare a key with its account's credentials; it is good in every region of the partition."""
    alias, account_id = _account_of_alias(bearer)
    if account_id not in iam_backends or partition_of(account_id) != partition_of_region(region):
        return Refusal.AUTHENTICATION
    for credential in store_of(account_id).all("bedrock.amazonaws.com"):
        if credential.alias == alias and _is_same(credential.secret, bearer):
            if credential.status != "Active":
                return Refusal.AUTHENTICATION
            owner = next(u for u in users_of(account_id) if u.id == credential.user_id)
            return Authenticated(principal_of_user(owner), "LONG_TERM")
    return Refusal.AUTHENTICATION


def _check_short_term(bearer: str, region: str) -> Authenticated | Refusal:
    parameters = _parameters(bearer)
    credential = parameters.get("X-Amz-Credential", "").split("/")
    signer = signer_of(credential[0])
    if signer is None or not signer.active or not _is_signed_by(signer, parameters):
        return Refusal.AUTHENTICATION
    if credential[1:] != [parameters["X-Amz-Date"][:8], region, sigv4.SERVICE, "aws4_request"]:
        return Refusal.AUTHENTICATION
    if not _is_current(parameters, signer):
        return Refusal.EXPIRED
    return Authenticated(signer.principal, "SHORT_TERM", signer)


def _account_of_alias(bearer: str) -> tuple[str, str]:
    alias = _decoded(bearer[len(LONG_TERM_PREFIX) :]).partition(":")[0]
    return alias, alias.rpartition("-at-")[2]


def _parameters(bearer: str) -> dict[str, str]:
    url = _decoded(bearer[len(SHORT_TERM_PREFIX) :])
    return dict(parse_qsl(url.removeprefix(SHORT_TERM_HEAD), keep_blank_values=True))


def _is_signed_by(signer: Signer, parameters: dict[str, str]) -> bool:
    fixed = ("CallWithBearerToken", sigv4.ALGORITHM, "host")
    names = ("Action", "X-Amz-Algorithm", "X-Amz-SignedHeaders")
    if tuple(parameters.get(name) for name in names) != fixed:
        return False
    if parameters.get("X-Amz-Security-Token") != signer.session_token:
        return False
    if not re.fullmatch(r"\d{8}T\d{6}Z", parameters.get("X-Amz-Date", "")):
        return False
    signed = {k: v for k, v in parameters.items() if k not in {"X-Amz-Signature", "Version"}}
    expected = sigv4.signature(signed, signer.secret_access_key)
    return _is_same(expected, parameters.get("X-Amz-Signature", ""))


def _is_current(parameters: dict[str, str], signer: Signer) -> bool:
    now = clock.now()
    issued = sigv4.moment(parameters["X-Amz-Date"])
    life = int(parameters["X-Amz-Expires"])
    if not 1 <= life <= LONGEST_LIFE or issued > now + timedelta(minutes=5):
        return False
    session_is_over = signer.expires_at is not None and signer.expires_at <= now
    return now < issued + timedelta(seconds=life) and not session_is_over


def _is_same(known: str, presented: str) -> bool:
    return hmac.compare_digest(known.encode(), presented.encode())


def _decoded(body: str) -> str:
    """Undo base64; nothing is left of what is not base64 of ASCII."""
    try:
        return base64.b64decode(body, validate=True).decode("ascii")
    except ValueError:
        return ""
