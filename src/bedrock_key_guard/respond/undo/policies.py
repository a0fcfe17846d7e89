"""Reverse changes to policies: attach what was detached, take away what was attached or put.

Attaching grants something, so the ledger's word for what to attach counts for nothing by itself:
of each policy CloudTrail has to show that the last who changed it there was the guard, detaching.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard.iam.policy_documents import is_session_denial
from bedrock_key_guard.respond.undo.reversal import Reversal, not_needed, not_shown, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_key_guard.model.evidence import HolderKind
    from bedrock_key_guard.model.response import Outcome
    from bedrock_key_guard.respond.change_events import PolicyEvent
    from bedrock_key_guard.respond.identities import Identities
    from bedrock_key_guard.respond.ledger.entries import Entry
    from bedrock_key_guard.respond.ledger.records import (
        PoliciesDetached,
        PolicyAttached,
        PolicyPut,
    )


def attach_again(
    entry: Entry,
    record: PoliciesDetached,
    identities: Identities,
    events: Sequence[PolicyEvent],
) -> Reversal | Outcome:
    """Return how a user gets back every policy that the guard has detached from it."""
    name, subject = record.user_name, f"user {record.user_name}"
    stranger = _stranger("user", name, record.user_id, identities)
    if stranger is not None:
        return stranger
    there = identities.attached("user", name)
    missing = [policy for policy in record.policies if policy not in there]
    if not missing:
        return not_needed(f"{subject} has all its policies")
    for policy in missing:
        reason = not_shown("Detach", entry.actor, _of(events, "user", name, policy))
        if reason is not None:
            return refused(f"{policy}: {reason}")

    def write() -> None:
        for policy in missing:
            identities.attach("user", name, policy)

    listed = ", ".join(missing)
    return Reversal(
        subject, f"attach {listed} to {subject}", f"{subject} has {listed} again", write
    )


def detach_again(
    entry: Entry, record: PolicyAttached, identities: Identities, events: Sequence[PolicyEvent]
) -> Reversal | Outcome:
    """Return how a quarantine is taken away that the guard has attached."""
    kind, name, policy = record.kind, record.name, record.policy
    if record.was_attached:
        return not_needed(f"{policy} was attached before the guard came")
    stranger = _stranger(kind, name, record.unique_id, identities)
    if stranger is not None:
        return stranger
    if policy not in identities.attached(kind, name):
        return not_needed(f"{policy} is not attached any more")
    reason = not_shown("Attach", entry.actor, _of(events, kind, name, policy))
    if reason is not None:
        return refused(reason)
    subject, write = f"{kind} {name}", partial(identities.detach, kind, name, policy)
    gone = f"{policy} is detached from {subject}"
    return Reversal(subject, f"detach {policy} from {subject}", gone, write)


def delete_again(
    entry: Entry, record: PolicyPut, identities: Identities, events: Sequence[PolicyEvent]
) -> Reversal | Outcome:
    """Return how an inline policy is taken away that the guard has written."""
    kind, name, policy = record.kind, record.name, record.policy
    stranger = _stranger(kind, name, record.unique_id, identities)
    if stranger is not None:
        return stranger
    document = identities.inline_document(kind, name, policy)
    if document is None:
        return not_needed(f"{policy} is there no more")
    if not is_session_denial(document) or document != _read(record.document):
        return refused(f"somebody has changed {policy} since")
    reason = not_shown("Put", entry.actor, _of(events, kind, name, policy))
    if reason is not None:
        return refused(reason)
    subject, write = f"{kind} {name}", partial(identities.delete, kind, name, policy)
    gone = f"{policy} of {subject} is gone"
    return Reversal(subject, f"delete {policy} of {subject}", gone, write)


def _stranger(
    kind: HolderKind, name: str, unique_id: str, identities: Identities
) -> Outcome | None:
    """Refuse to touch who only bears the name: IAM gives each user and role an id of its own."""
    identity = identities.find(kind, name)
    if identity is None:
        return refused(f"IAM has no {kind} {name} any more")
    if identity.unique_id != unique_id:
        return refused(f"{kind} {name} is not the one that was changed, but made anew")
    return None


def _of(
    events: Sequence[PolicyEvent], kind: HolderKind, name: str, policy: str
) -> list[PolicyEvent]:
    return [event for event in events if event.concerns(kind, name, policy)]


def _read(document: str) -> object:
    try:
        return json.loads(document)
    except ValueError:
        return None
