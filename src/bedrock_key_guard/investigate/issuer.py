"""Read in an event of STS to whom an access key was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def issued_to(record: Mapping[str, Any], access_key_id: str) -> str | None:
    """Return the ARN of the session that the access key was made for, None in any other event.

    That is `AssumeRole` and its kin (STS API reference, `AssumedRoleUser`) and
    `GetFederationToken`; a `GetSessionToken` is for the user who asked.
    """
    response = record.get("responseElements")
    if not isinstance(response, dict):
        return None
    credentials = response.get("credentials")
    if not isinstance(credentials, dict) or credentials.get("accessKeyId") != access_key_id:
        return None
    for part in (
        response.get("assumedRoleUser"),
        response.get("federatedUser"),
        record.get("userIdentity"),
    ):
        arn = part.get("arn") if isinstance(part, dict) else None
        if isinstance(arn, str):
            return arn
    return None
