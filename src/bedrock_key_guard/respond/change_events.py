"""Read in CloudTrail who changed a credential or a policy.

Facts are those of the CloudTrail API reference (`LookupEvents`: one attribute a request, 90 days,
management events, up to 15 minutes late) and of its record format.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.respond.purpose import Purpose, read_purpose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.model import HolderKind

CHANGES = (
    "UpdateServiceSpecificCredential",
    "ResetServiceSpecificCredential",
    "DeleteServiceSpecificCredential",
)
GUARD = "bedrock-key-guard/"
_CLOCKS_DIFFER = timedelta(minutes=10)
KINDS: tuple[HolderKind, ...] = ("user", "role")


@dataclass(frozen=True, slots=True)
class Event:
    """Record who did what, and with which program."""

    name: str
    time: datetime
    actor: str
    user_agent: str
    failed: bool

    @property
    def is_of_a_guard(self) -> bool:
        """Tell whether a guard did it, and AWS let it."""
        return GUARD in self.user_agent and not self.failed

    @property
    def purpose(self) -> Purpose | None:
        """Return what the guard did it for."""
        return read_purpose(self.user_agent) if self.is_of_a_guard else None


@dataclass(frozen=True, slots=True)
class CredentialEvent(Event):
    """Record one change to one credential; `status` is what an update set."""

    credential_id: str
    status: str | None = None

    @property
    def is_guards_own(self) -> bool:
        """Tell whether a guard set the credential Inactive."""
        disables = self.name == "UpdateServiceSpecificCredential" and self.status == "Inactive"
        return disables and self.is_of_a_guard

    @property
    def is_guards_reset(self) -> bool:
        """Tell whether a guard reset the credential, which leaves its status as it is."""
        return self.name == "ResetServiceSpecificCredential" and self.is_of_a_guard


@dataclass(frozen=True, slots=True)
class PolicyEvent(Event):
    """Record one change to one policy of one user or role; `policy` is an ARN, or a name."""

    kind: HolderKind
    holder: str
    policy: str

    def concerns(self, kind: HolderKind, holder: str, policy: str) -> bool:
        """Tell whether it is this policy of this user or role; names of holders ignore case."""
        mine = (self.kind, self.holder.casefold(), self.policy)
        return mine == (kind, holder.casefold(), policy)


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
    found = _look_up(session, CHANGES, since)
    return [_credential_event(time, record) for time, record in found]


def policy_changes(verbs: Iterable[str], since: datetime, session: Session) -> list[PolicyEvent]:
    """Return whose policies were changed from shortly before `since`, oldest first.

    `verbs` are `Attach`, `Detach`, `Put` and `Delete`. Raises whatever AWS's refusal raises.
    """
    names = tuple(f"{verb}{kind.title()}Policy" for verb in verbs for kind in KINDS)
    return [_policy_event(time, record) for time, record in _look_up(session, names, since)]


def _look_up(
    session: Session, names: Iterable[str], since: datetime
) -> list[tuple[datetime, dict[str, Any]]]:
    client, begin = session.global_client("cloudtrail"), since - _CLOCKS_DIFFER
    # Times are to the second, and the newest comes first: a stable sort needs the oldest first.
    events = [e for name in names for e in reversed([*_events(client, name, begin)])]
    return sorted(events, key=lambda event: event[0])


def _events(client: Any, name: str, since: datetime) -> Iterator[tuple[datetime, dict[str, Any]]]:
    attribute = {"AttributeKey": "EventName", "AttributeValue": name}
    pages = client.get_paginator("lookup_events").paginate(
        LookupAttributes=[attribute], StartTime=since
    )
    for page in pages:
        for item in page["Events"]:
            yield item["EventTime"], json.loads(item["CloudTrailEvent"])


def _credential_event(time: datetime, record: dict[str, Any]) -> CredentialEvent:
    request = record.get("requestParameters") or {}
    return CredentialEvent(
        **_deed(time, record),
        credential_id=request.get("serviceSpecificCredentialId", ""),
        status=request.get("status"),
    )


def _policy_event(time: datetime, record: dict[str, Any]) -> PolicyEvent:
    request = record.get("requestParameters") or {}
    return PolicyEvent(
        **_deed(time, record),
        kind="role" if "roleName" in request else "user",
        holder=request.get("roleName") or request.get("userName") or "",
        policy=request.get("policyArn") or request.get("policyName") or "",
    )


def _deed(time: datetime, record: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": record.get("eventName", ""),
        "time": time,
        "actor": (record.get("userIdentity") or {}).get("arn", ""),
        "user_agent": record.get("userAgent", ""),
        "failed": "errorCode" in record,
    }
