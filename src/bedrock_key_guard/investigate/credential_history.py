"""Read in CloudTrail what was done to the key's credential, and what was added to its user.

IAM's events are delivered to one region of the partition (IAM user guide, "Logging IAM and AWS STS
API calls with AWS CloudTrail").
"""

from __future__ import annotations

import heapq
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.aws.trail_record import GUARD_AGENT
from bedrock_key_guard.iam.principal import read_principal
from bedrock_key_guard.investigate.calls import cut
from bedrock_key_guard.model.usage import Change

if TYPE_CHECKING:
    from bedrock_key_guard.aws.trail_record import Record

MOST_CHANGES = 100

# Where the record of an event says what was made or changed.
_TARGETS: dict[str, tuple[str, ...]] = {
    "CreateServiceSpecificCredential": (
        "responseElements",
        "serviceSpecificCredential",
        "serviceSpecificCredentialId",
    ),
    "UpdateServiceSpecificCredential": ("requestParameters", "serviceSpecificCredentialId"),
    "ResetServiceSpecificCredential": ("requestParameters", "serviceSpecificCredentialId"),
    "DeleteServiceSpecificCredential": ("requestParameters", "serviceSpecificCredentialId"),
    "CreateAccessKey": ("responseElements", "accessKey", "accessKeyId"),
    "CreateLoginProfile": (),
    "UpdateLoginProfile": (),
    "AttachUserPolicy": ("requestParameters", "policyArn"),
    "PutUserPolicy": ("requestParameters", "policyName"),
    "AddUserToGroup": ("requestParameters", "groupName"),
}
EVENTS = tuple(_TARGETS)


@dataclass(frozen=True, slots=True)
class Owner:
    """Name the user by all that it may be called, the key's credential, and who we are."""

    names: frozenset[str]
    credential_id: str | None
    guard: str

    def is_called(self, name: str) -> bool:
        """Tell whether this is the user's name; IAM's names ignore case."""
        return name.casefold() in {known.casefold() for known in self.names}


class Changes:
    """Keep the latest changes to one user, whatever the order in which they come."""

    def __init__(self, owner: Owner) -> None:
        """Keep those that are about `owner`."""
        self._owner = owner
        self._lock = threading.Lock()
        self._latest: list[tuple[Any, int, Change]] = []
        self._count = 0

    def take(self, record: Record) -> None:
        """Look at one record."""
        change = read_change(record, self._owner)
        if change is None:
            return
        with self._lock:
            self._count += 1
            keep = heapq.heappush if len(self._latest) < MOST_CHANGES else heapq.heappushpop
            keep(self._latest, (change.seen, self._count, change))

    def done(self) -> tuple[tuple[Change, ...], int]:
        """Return the changes, oldest first, and how many older ones there are."""
        with self._lock:
            latest = sorted((entry[2] for entry in self._latest), key=lambda each: each.seen)
            return tuple(latest), self._count - len(latest)


def read_change(record: Record, owner: Owner) -> Change | None:
    """Return the change that a record tells of, or None where it is about somebody else."""
    name = record.name
    if name not in _TARGETS:
        return None
    target = record.text(*_TARGETS[name])
    of_key = bool(target) and target == owner.credential_id
    # A call without a user name is about the caller.
    user = record.text("requestParameters", "userName") or record.text("userIdentity", "userName")
    if not of_key and not owner.is_called(user):
        return None
    status = record.text("requestParameters", "status")
    return Change(
        name=cut(f"{name} {status}" if status and name.startswith("Update") else name),
        seen=record.seen,
        actor=cut(record.actor),
        address=cut(record.text("sourceIPAddress")),
        agent=cut(record.agent),
        target=cut(target),
        error=cut(record.text("errorCode")),
        of_key=of_key,
        by_guard=GUARD_AGENT in record.agent and _is_same(record.actor, owner.guard),
    )


def _is_same(arn: str, other: str) -> bool:
    one, two = read_principal(arn), read_principal(other)
    return one is not None and two is not None and one.identity == two.identity
