"""Reverse a change to a credential: Active again, where the guard has set it Inactive."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard.model.actions import CHANGES
from bedrock_key_guard.respond.undo.reversal import (
    LATE,
    Reversal,
    is_same_actor,
    not_needed,
    refused,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_key_guard.model.evidence import CredentialRecord
    from bedrock_key_guard.model.response import Outcome
    from bedrock_key_guard.respond.change_events import CredentialEvent
    from bedrock_key_guard.respond.credential_writer import CredentialWriter
    from bedrock_key_guard.respond.ledger.entries import Entry
    from bedrock_key_guard.respond.ledger.records import StatusChange

_DISABLED = ("Active", "Inactive")


def activate_again(
    entry: Entry,
    record: StatusChange,
    credential: CredentialRecord | None,
    events: Sequence[CredentialEvent],
    writer: CredentialWriter,
) -> Reversal | Outcome:
    """Return how the credential is set Active again, or why it may not or need not be."""
    change = CHANGES.get(entry.action)
    if change is None or change.undo == "never" or _change_of(record) != _DISABLED:
        return refused(f"a {entry.action} cannot be undone")
    if credential is None:
        return refused("IAM has no such credential any more")
    obstacle = _obstacle(record, credential) or _not_shown(entry, events)
    if obstacle is not None:
        return obstacle
    what = f"credential {record.credential_id} of user {record.user_name}"
    write = partial(writer.set_status, credential, "Active")
    return Reversal(what, f"set {what} Active", f"{what} is Active", write)


def _obstacle(record: StatusChange, credential: CredentialRecord) -> Outcome | None:
    if (credential.alias, credential.user_name) != (record.alias, record.user_name):
        return refused("IAM knows the credential by another alias or user than the ledger does")
    if credential.status == "Active":
        return not_needed("the credential is Active")
    if credential.status != "Inactive":
        return refused(f"the credential is {credential.status}")
    return None


def _change_of(record: StatusChange) -> tuple[str, str]:
    return record.status_before, record.status_after


def _not_shown(entry: Entry, events: Sequence[CredentialEvent]) -> Outcome | None:
    """Require that the last change to the credential is the guard's own."""
    changes = [event for event in events if not event.failed]
    if not changes:
        return refused(f"CloudTrail does not show that the guard set it Inactive ({LATE})")
    last = changes[-1]
    if last.name != "UpdateServiceSpecificCredential" or last.status != "Inactive":
        return refused(f"somebody has changed it since: {last.name} by {last.actor}")
    if not last.is_guards_own or not is_same_actor(last.actor, entry.actor):
        return refused(f"it was not the guard that set it Inactive, but {last.actor}")
    return None
