"""Read in CloudTrail what was done to the key's credential, and what was added to its user.

IAM's events are delivered to one region of the partition (IAM user guide, "Logging IAM and AWS STS
API calls with AWS CloudTrail").
"""

from __future__ import annotations

import heapq
import threading
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.iam.principal import is_same
from bedrock_key_guard.investigate.calls import cut
from bedrock_key_guard.model.usage import UserChange

if TYPE_CHECKING:
    from bedrock_key_guard.aws.cloudtrail import Record
    from bedrock_key_guard.investigate.subject import UserKey

MOST_CHANGES = 100

EVENTS = (
    "CreateServiceSpecificCredential",
    "UpdateServiceSpecificCredential",
    "ResetServiceSpecificCredential",
    "DeleteServiceSpecificCredential",
    "CreateAccessKey",
    "CreateLoginProfile",
    "UpdateLoginProfile",
    "AttachUserPolicy",
    "PutUserPolicy",
    "AddUserToGroup",
)


class Changes:
    """Keep the latest changes to one user, whatever the order in which they come."""

    def __init__(self, key: UserKey, guard: str) -> None:
        """Keep those that are about the user of `key`; `guard` is the ARN that we act as."""
        self._key = key
        self._guard = guard
        self._lock = threading.Lock()
        self._latest: list[tuple[Any, int, UserChange]] = []
        self._count = 0

    def take(self, record: Record) -> None:
        """Look at one record."""
        change = read_change(record, self._key, self._guard)
        if change is None:
            return
        with self._lock:
            self._count += 1
            keep = heapq.heappush if len(self._latest) < MOST_CHANGES else heapq.heappushpop
            keep(self._latest, (change.seen, self._count, change))

    def done(self) -> tuple[tuple[UserChange, ...], int]:
        """Return the changes, oldest first, and how many older ones there are."""
        with self._lock:
            latest = sorted((entry[2] for entry in self._latest), key=lambda each: each.seen)
            return tuple(latest), self._count - len(latest)


def read_change(record: Record, key: UserKey, guard: str) -> UserChange | None:
    """Return the change that a record shows, or None where it is about somebody else."""
    if record.name not in EVENTS:
        return None
    target, (_, user) = record.target, record.holder
    of_key = bool(target) and target == key.credential_id
    if not of_key and not key.is_called(user):
        return None
    return UserChange(
        name=cut(record.deed),
        seen=record.seen,
        actor=cut(record.actor),
        address=cut(record.text("sourceIPAddress")),
        agent=cut(record.agent),
        target=cut(target),
        error=cut(record.text("errorCode")),
        of_key=of_key,
        by_guard=record.by_guard and is_same(record.actor, guard),
    )
