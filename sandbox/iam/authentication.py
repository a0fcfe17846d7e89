"""Check the credentials of an AWS call, as every service does before anything else.

Codes and words are those of the IAM and STS API references ("Common Errors") and, for the services
that speak JSON, of the AWS SDKs' threads on expired and unknown tokens; of a wrong time, those of
the IAM user guide ("Troubleshoot Signature Version 4 signing for AWS API requests").
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from sandbox.base import clock
from sandbox.base.accounts import partition_of, partition_of_region
from sandbox.base.faults import ServiceError
from sandbox.iam import sigv4
from sandbox.iam.request import QUERY_SERVICES

if TYPE_CHECKING:
    from sandbox.iam.principals import Signer
    from sandbox.iam.request import Request

UNKNOWN = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"
UNSIGNED = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method."
)


def refused_credentials(request: Request) -> ServiceError | None:
    """Refuse a call whose access key, token, time or signature is not good.

    Returns None for an unsigned one.
    """
    if request.access_key_id is None:
        return None
    signer = request.signer
    if signer is None or not _is_known(request, signer):
        return _refusal(request, "InvalidClientTokenId", "UnrecognizedClientException", UNKNOWN)
    if signer.expires_at is not None and signer.expires_at <= clock.now():
        return _refusal(request, "ExpiredToken", "ExpiredTokenException", EXPIRED)
    wrong = _wrong_time(request) or (None if _is_signed(request, signer) else UNSIGNED)
    if wrong is not None:
        return _refusal(request, "SignatureDoesNotMatch", "InvalidSignatureException", wrong)
    return None


def _refusal(request: Request, by_query: str, by_json: str, message: str) -> ServiceError:
    if request.service in QUERY_SERVICES:
        return ServiceError(403, by_query, message)
    return ServiceError(400, by_json, message)


def _wrong_time(request: Request) -> str | None:
    """Say that a call was signed too long ago, or too early."""
    signed_at = None if request.signature is None else request.signature.headers.get(DATE)
    if not signed_at:
        return None
    moment, now = sigv4.moment(signed_at), clock.now()
    if abs(now - moment) <= clock.SKEW:
        return None
    word, limit, side = (
        ("expired", now - clock.SKEW, "earlier")
        if moment < now
        else ("not yet current", now + clock.SKEW, "later")
    )
    return f"Signature {word}: {signed_at} is {side} than {limit:{sigv4.TIME_FORMAT}}"


def _is_known(request: Request, signer: Signer) -> bool:
    """Tell whether a key may be used at all; it is known in the partition of its account only."""
    at_home = partition_of_region(request.region) == partition_of(signer.principal.account_id)
    shown = None if request.signature is None else request.signature.headers.get(TOKEN)
    return at_home and signer.active and shown == signer.session_token


def _is_signed(request: Request, signer: Signer) -> bool:
    if request.signature is None:
        return False
    expected = sigv4.header_signature(request.signature, signer.secret_access_key)
    given = request.signature.authorization.rpartition("Signature=")[2]
    return hmac.compare_digest(expected, given)


DATE, TOKEN = "x-amz-date", "x-amz-security-token"
