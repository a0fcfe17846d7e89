"""Check the credentials of an AWS call, as every service does before anything else.

Codes and words are those of the IAM and STS API references ("Common Errors") and, for the services
that speak JSON, of the AWS SDKs' threads on expired and unknown tokens.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timezone
from typing import TYPE_CHECKING

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
    """Refuse a call whose access key, token or signature is not good; None for an unsigned one."""
    if request.access_key_id is None:
        return None
    by_query = request.service in QUERY_SERVICES
    signer = request.signer
    if signer is None or not _is_known(request, signer):
        code = "InvalidClientTokenId" if by_query else "UnrecognizedClientException"
        return ServiceError(403 if by_query else 400, code, UNKNOWN)
    if signer.expires_at is not None and signer.expires_at <= datetime.now(timezone.utc):
        code = "ExpiredToken" if by_query else "ExpiredTokenException"
        return ServiceError(403 if by_query else 400, code, EXPIRED)
    if not _is_signed(request, signer):
        code = "SignatureDoesNotMatch" if by_query else "InvalidSignatureException"
        return ServiceError(403 if by_query else 400, code, UNSIGNED)
    return None


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


TOKEN = "x-amz-security-token"
