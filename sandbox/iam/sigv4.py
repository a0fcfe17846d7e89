"""Sign the presigned URL inside a short-term Bedrock key, without botocore.

The product's own tokens are made by AWS's generator, which signs with botocore; checking them
with a second implementation proves more than checking botocore with botocore. The algorithm:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html; the
request: https://github.com/aws/aws-bedrock-token-generator-python.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.iam.request import Signature

ALGORITHM = "AWS4-HMAC-SHA256"
HOST = "bedrock.amazonaws.com"
SERVICE = "bedrock"
TIME_FORMAT = "%Y%m%dT%H%M%SZ"


def signature(parameters: Mapping[str, str], secret_access_key: str) -> str:
    """Sign the query of the presigned `POST https://bedrock.amazonaws.com/`, in hexadecimal.

    `parameters` are all that the signature covers, unquoted; among them `X-Amz-Date` and
    `X-Amz-Credential`, which name the signing key's scope.
    """
    scope = parameters["X-Amz-Credential"].partition("/")[2]
    canonical = "\n".join(
        ("POST", "/", canonical_query(parameters), f"host:{HOST}", "", "host", _digest(""))
    )
    to_sign = "\n".join((ALGORITHM, parameters["X-Amz-Date"], scope, _digest(canonical)))
    return _hmac(_signing_key(secret_access_key, scope), to_sign).hex()


def header_signature(signed: Signature, secret_access_key: str) -> str:
    """Sign again a call that was signed in its `Authorization` header, in hexadecimal.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    fields = dict(part.strip().split("=", 1) for part in signed.authorization[17:].split(","))
    scope = fields["Credential"].partition("/")[2]
    names = fields["SignedHeaders"].split(";")
    headers = [f"{name}:{' '.join(signed.headers.get(name, '').split())}" for name in names]
    digest = hashlib.sha256(signed.body).hexdigest()
    canonical = "\n".join(
        (signed.method, signed.path, signed.query, *headers, "", ";".join(names), digest)
    )
    date = signed.headers.get("x-amz-date", "")
    to_sign = "\n".join((ALGORITHM, date, scope, _digest(canonical)))
    return _hmac(_signing_key(secret_access_key, scope), to_sign).hex()


def moment(text: str) -> datetime:
    """Read the time stamp of a signature."""
    return datetime.strptime(text, TIME_FORMAT).replace(tzinfo=timezone.utc)


def canonical_query(parameters: Mapping[str, str]) -> str:
    quoted = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in parameters.items())
    return "&".join(f"{name}={value}" for name, value in quoted)


def _signing_key(secret_access_key: str, scope: str) -> bytes:
    key = f"AWS4{secret_access_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
