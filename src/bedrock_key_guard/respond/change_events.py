"""Read in CloudTrail who changed a credential or a policy.

A trail that could not be read to its end is a gap, which is never the same as no event.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from bedrock_key_guard.aws.cloudtrail import Query, Trail
from bedrock_key_guard.aws.trail_record import GUARD_AGENT
from bedrock_key_guard.model.usage import Gap
from bedrock_key_guard.respond.purpose import Purpose, read_purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.aws.trail_record import Record
    from bedrock_key_guard.model.evidence import HolderKind
    from bedrock_key_guard.model.usage import GapKind

CHANGES = (
    "UpdateServiceSpecificCredential",
    "ResetServiceSpecificCredential",
    "DeleteServiceSpecificCredential",
)
_CLOCKS_DIFFER = timedelta(minutes=10)
KINDS: tuple[HolderKind, ...] = ("user", "role")
_REMEDIES: dict[GapKind, str] = {
    "refused": "give credentials that may call cloudtrail:LookupEvents",
    "throttled": "run it again in a few minutes, when nobody else reads the trail",
    "unanswered": "run it again when AWS answers",
    "unreadable": "look at the events in the console, and undo it by hand",
    "bound": "look at the events in the console, and undo it by hand",
}
_Event = TypeVar("_Event", bound="Event")


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
        return GUARD_AGENT in self.user_agent and not self.failed

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


def changes_to(
    credential_id: str, since: datetime, session: Session
) -> list[CredentialEvent] | Gap:
    """Return the changes to a credential from shortly before `since`, oldest first."""
    changes = all_changes(since, session)
    if isinstance(changes, Gap):
        return changes
    return [event for event in changes if event.credential_id == credential_id]


def all_changes(since: datetime, session: Session) -> list[CredentialEvent] | Gap:
    """Return the changes to all credentials from shortly before `since`, oldest first."""
    return _look_up(session, CHANGES, since, _credential_event)


def policy_changes(
    verbs: Iterable[str], since: datetime, session: Session
) -> list[PolicyEvent] | Gap:
    """Return whose policies were changed from shortly before `since`, oldest first.

    `verbs` are `Attach`, `Detach`, `Put` and `Delete`.
    """
    names = [f"{verb}{kind.title()}Policy" for verb in verbs for kind in KINDS]
    return _look_up(session, names, since, _policy_event)


def unread(gap: Gap) -> str:
    """Say that nothing is known of what was done, why, and what a person can do."""
    said = f"CloudTrail could not be read ({gap.what}: {gap.reason}), so what was done is not known"
    return f"{said}; {_REMEDIES[gap.kind]}"


def _look_up(
    session: Session, names: Iterable[str], since: datetime, read: Callable[[Record], _Event]
) -> list[_Event] | Gap:
    """Return all or nothing: the event that is missing may be the one that counts."""
    events, begin = list[_Event](), since - _CLOCKS_DIFFER
    for name in names:
        found = list[_Event]()
        for item in Trail(session).look_up(Query(session.home_region, "EventName", name, begin)):
            if isinstance(item, Gap):
                return item
            found.append(read(item))
        events += reversed(found)
    # Times are to the second: a stable sort keeps the order within one.
    return sorted(events, key=lambda event: event.time)


def _credential_event(record: Record) -> CredentialEvent:
    return CredentialEvent(
        **_deed(record),
        credential_id=record.text("requestParameters", "serviceSpecificCredentialId"),
        status=record.text("requestParameters", "status") or None,
    )


def _policy_event(record: Record) -> PolicyEvent:
    role, user, policy, name = (
        record.text("requestParameters", field)
        for field in ("roleName", "userName", "policyArn", "policyName")
    )
    return PolicyEvent(
        **_deed(record),
        kind="role" if role else "user",
        holder=role or user,
        policy=policy or name,
    )


def _deed(record: Record) -> dict[str, Any]:
    return {
        "name": record.name,
        "time": record.time,
        "actor": record.actor,
        "user_agent": record.agent,
        "failed": record.failed,
    }
