"""Read in CloudTrail who changed a credential.

Facts are those of the CloudTrail API reference (`LookupEvents`: one attribute a request, 90 days,
management events, up to 15 minutes late) and of its record format.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.aws.session import Session

CHANGES = (
    "UpdateServiceSpecificCredential",
    "ResetServiceSpecificCredential",
    "DeleteServiceSpecificCredential",
)
GUARD = "bedrock-key-guard/"
_CLOCKS_DIFFER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class CredentialEvent:
    """Record one change to one credential; `status` is what an update set."""

    name: str
    time: datetime
    actor: str
    user_agent: str
    credential_id: str
    status: str | None
    failed: bool

    @property
    def is_guards_own(self) -> bool:
        """Tell whether a guard set the credential Inactive."""
        disables = self.name == "UpdateServiceSpecificCredential" and self.status == "Inactive"
        return disables and self._is_of_a_guard

    @property
    def is_guards_reset(self) -> bool:
        """Tell whether a guard reset the credential, which leaves its status as it is."""
        return self.name == "ResetServiceSpecificCredential" and self._is_of_a_guard

    @property
    def _is_of_a_guard(self) -> bool:
        return GUARD in self.user_agent and not self.failed


def changes_to(credential_id: str, since: datetime, session: Session) -> list[CredentialEvent]:
    """Return the changes to a credential from shortly before `since`, oldest first.

    Raises whatever AWS's refusal raises.
    """
    changes = all_changes(since, session)
    return [event for event in changes if event.credential_id == credential_id]


def all_changes(since: datetime, session: Session) -> list[CredentialEvent]:
    """Return the changes to all credentials from shortly before `since`, oldest first.

    Raises whatever AWS's refusal raises.
    """
    client, begin = session.global_client("cloudtrail"), since - _CLOCKS_DIFFER
    # Times are to the second, and the newest comes first: a stable sort needs the oldest first.
    events = [e for name in CHANGES for e in reversed([*_look_up(client, name, begin)])]
    return sorted(events, key=lambda event: event.time)


def _look_up(client: Any, name: str, since: datetime) -> Iterator[CredentialEvent]:
    attribute = {"AttributeKey": "EventName", "AttributeValue": name}
    pages = client.get_paginator("lookup_events").paginate(
        LookupAttributes=[attribute], StartTime=since
    )
    for page in pages:
        for item in page["Events"]:
            yield _event(item["EventTime"], json.loads(item["CloudTrailEvent"]))


def _event(time: datetime, record: dict[str, Any]) -> CredentialEvent:
    request = record.get("requestParameters") or {}
    return CredentialEvent(
        name=record.get("eventName", ""),
        time=time,
        actor=(record.get("userIdentity") or {}).get("arn", ""),
        user_agent=record.get("userAgent", ""),
        credential_id=request.get("serviceSpecificCredentialId", ""),
        status=request.get("status"),
        failed="errorCode" in record,
    )
