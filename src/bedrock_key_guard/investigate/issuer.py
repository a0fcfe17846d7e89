"""Read in an event of STS to whom an access key was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bedrock_key_guard.aws.trail_record import Record

_RECEIVERS = ("assumedRoleUser", "federatedUser")


def issued_to(record: Record, access_key_id: str) -> str | None:
    """Return the ARN of the session that the access key was made for, None in any other event.

    That is `AssumeRole` and its kin (STS API reference, `AssumedRoleUser`) and
    `GetFederationToken`; a `GetSessionToken` is for the user who asked.
    """
    if record.text("responseElements", "credentials", "accessKeyId") != access_key_id:
        return None
    to = (record.text("responseElements", part, "arn") for part in _RECEIVERS)
    return next(filter(None, to), record.actor) or None
