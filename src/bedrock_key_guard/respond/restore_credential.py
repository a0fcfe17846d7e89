"""Find the way back for a credential: Active again, where the guard has set it Inactive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.respond.way_back import (
    LATE,
    WayBack,
    is_same_actor,
    not_needed,
    refused,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_key_guard.model import CredentialRecord, Outcome
    from bedrock_key_guard.respond.ledger import Entry
    from bedrock_key_guard.respond.records import StatusChange
    from bedrock_key_guard.respond.trail import CredentialEvent
    from bedrock_key_guard.respond.writes import Writer

_DISABLED = ("Active", "Inactive")
_REVERSIBLE = ("disable", "delete")  # a delete that was cut off has only set it Inactive


def way_back(
    entry: Entry,
    record: StatusChange,
    credential: CredentialRecord | None,
    events: Sequence[CredentialEvent],
    writer: Writer,
) -> WayBack | Outcome:
    """Return how the credential is set Active again, or why it may not or need not be."""
    obstacle = _obstacle(entry, record, credential) or _not_shown(entry, events)
    if obstacle is not None or credential is None:
        return obstacle or refused("IAM has no such credential any more")
    what = f"credential {record.credential_id} of user {record.user_name}"

    def write() -> None:
        writer.set_status(credential, "Active")

    return WayBack(what, f"set {what} Active", f"{what} is Active", write)


def _obstacle(
    entry: Entry, record: StatusChange, credential: CredentialRecord | None
) -> Outcome | None:
    if entry.action not in _REVERSIBLE or _change_of(record) != _DISABLED:
        return refused(f"a {entry.action} cannot be undone")
    if credential is None:
        return refused("IAM has no such credential any more")
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
