"""Tell from AWS alone what a change of the guard was, on any machine: no file has to be there.

Every write of a change bears its name in the user agent, which CloudTrail keeps (see `purpose`).
Anybody can write a user agent, so an event counts only where the guard's own principal made the
call. What CloudTrail does not record is IAM's to say: whether a user is still the same one is told
by the date when it was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.aws.cloudtrail import KEPT
from bedrock_key_guard.model.usage import TrailGap
from bedrock_key_guard.respond.change_events import DISABLED, ChangeEvents, Events, is_by, unread
from bedrock_key_guard.respond.ledger.entries import LedgerEntry
from bedrock_key_guard.respond.ledger.records import (
    PoliciesDetached,
    PolicyAttached,
    PolicyPut,
    Record,
    StatusChange,
)
from bedrock_key_guard.respond.purpose import Purpose, named_at, purpose_behind
from bedrock_key_guard.respond.undo.by_hand import UNKNOWN, by_hand
from bedrock_key_guard.respond.undo.restoration import TOO_OLD
from bedrock_key_guard.respond.undo.reversal import not_the_guard, refused, too_early

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bedrock_key_guard.aws import cloudtrail
    from bedrock_key_guard.model.actions import Outcome
    from bedrock_key_guard.model.principals import HolderKind
    from bedrock_key_guard.respond.account_access import AccountAccess

# What each action does first of all, as the events begin that show it.
_FIRST = {
    "disable": DISABLED,
    "reset": DISABLED,
    "delete": DISABLED,
    "strip-policies": "Detach",
    "quarantine": "Attach",
    "revoke-sessions": "Put",
}


def recorded_changes(access: AccountAccess) -> tuple[str, ...] | TrailGap:
    """Name the changes that CloudTrail shows the guard to have made in an account, oldest first."""
    events = _changing(access.events)
    if isinstance(events, TrailGap):
        return events
    names = (purpose.change for event, purpose in _begun(events) if is_by(event, access.guards))
    return tuple(dict.fromkeys(filter(None, names)))


def recorded_change(change: str, access: AccountAccess) -> LedgerEntry | Outcome:
    """Return what a change was, as a ledger would have it, or why it is not shown.

    Raises whatever AWS's refusal raises.
    """
    events = _changing(access.events)
    if isinstance(events, TrailGap):
        return refused(unread(events))
    named = [(event, purpose) for event, purpose in _begun(events) if purpose.change == change]
    ours = [event for event, _ in named if is_by(event, access.guards)]
    if not named:
        return _not_shown(change, access.events)
    if not ours:
        return refused(not_the_guard(named[-1][0]))
    purpose = next(purpose for event, purpose in named if event is ours[0])
    return LedgerEntry(
        change=change,
        phase="done",
        time=ours[0].time.isoformat(),
        action=purpose.action,
        actor=ours[0].actor,
        account_id=access.account.account_id,
        partition=access.account.partition,
        fingerprint=purpose.key,
        record=_record(purpose, ours, access),
    )


def _changing(events: ChangeEvents) -> Events:
    """Return the events that changes begin with: all or nothing."""
    of_credentials = events.of_credentials()
    if isinstance(of_credentials, TrailGap):
        return of_credentials
    of_policies = events.of_policies("Attach", "Detach", "Put")
    return of_policies if isinstance(of_policies, TrailGap) else [*of_credentials, *of_policies]


def _begun(events: Sequence[cloudtrail.Record]) -> Iterator[tuple[cloudtrail.Record, Purpose]]:
    """Yield the events with which somebody who names himself a guard has begun a change."""
    for event in events:
        purpose = purpose_behind(event)
        first = _FIRST.get(purpose.action) if purpose and purpose.change else None
        if purpose and first and event.deed.startswith(first):
            yield event, purpose


def _not_shown(change: str, events: ChangeEvents) -> Outcome:
    made = named_at(change)
    if made and made < events.now - KEPT:
        return refused(TOO_OLD, by_hand(UNKNOWN))
    late = too_early(made, events.now) if made else ""
    return refused(
        f"CloudTrail shows no change {change} in account {events.account.account_id}{late}"
    )


def _record(purpose: Purpose, events: Sequence[cloudtrail.Record], access: AccountAccess) -> Record:
    first = events[0]
    if _FIRST[purpose.action] == DISABLED:
        return _of_credential(first, access)
    kind, name = first.holder
    unique_id, target = _same_since(kind, name, first.time, access), first.target
    until = (purpose.until or first.time).isoformat()
    if purpose.action == "strip-policies":
        policies = dict.fromkeys(event.target for event in events)
        return PoliciesDetached(name, unique_id, "", tuple(policies))
    if purpose.action == "quarantine":
        return PolicyAttached(kind, name, unique_id, target, until, was_attached=False)
    return PolicyPut(kind, name, unique_id, target, first.requested("policyDocument"), until)


def _of_credential(event: cloudtrail.Record, access: AccountAccess) -> StatusChange:
    """Return the change of a credential: its id is its own, whatever its user is called now."""
    found = access.find_credential(event.target)
    user_name = found.user_name if found else event.requested("userName")
    alias = found.alias if found else ""
    return StatusChange(user_name, event.target, alias, "Active", "Inactive")


def _same_since(kind: HolderKind, name: str, when: datetime, access: AccountAccess) -> str:
    """Return the id of a user or role, "" for one that was made after that second, or is gone."""
    identity = access.identities.find(kind, name)
    if identity is None or identity.created.replace(microsecond=0) > when:
        return ""
    return identity.unique_id
