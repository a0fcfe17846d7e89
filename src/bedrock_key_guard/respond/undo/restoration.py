"""Give back what the guard took, and nothing else.

A ledger is a claim, and so is the name of a change. What either says is held against IAM as it is
now and against CloudTrail: something is given back only where the guard is shown to have taken it,
and nobody has changed it since. That goes for each policy by itself: to attach one grants
something.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard.iam.policy_documents import is_session_denial
from bedrock_key_guard.model.actions import CHANGES
from bedrock_key_guard.model.times import read_time
from bedrock_key_guard.respond.change_events import DISABLED, Events
from bedrock_key_guard.respond.ledger.records import (
    PoliciesDetached,
    PolicyAttached,
    PolicyPut,
    StatusChange,
)
from bedrock_key_guard.respond.purpose import purpose_of
from bedrock_key_guard.respond.undo.by_hand import by_hand
from bedrock_key_guard.respond.undo.reversal import (
    Reversal,
    Shown,
    not_needed,
    refused,
    reverse,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bedrock_key_guard.model.actions import Outcome
    from bedrock_key_guard.model.evidence import CredentialRecord
    from bedrock_key_guard.model.principals import HolderKind
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.identities import CredentialWriter, Identities
    from bedrock_key_guard.respond.ledger.entries import Ledger, LedgerEntry
    from bedrock_key_guard.respond.undo.containments import Containment


TOO_OLD = "it is older than 90 days, and CloudTrail shows no more who did it"


def restore(
    entry: LedgerEntry, access: AccountAccess, ledger: Ledger | None, *, dry_run: bool
) -> Outcome:
    """Undo one change, or say why not; a `ledger` that knows of it gets the result."""
    find = partial(_reversal, entry, access)
    purpose = purpose_of("restore", entry.fingerprint)
    return reverse("restore", find, purpose, (entry,), ledger, dry_run=dry_run)


def held_by_others(
    entry: LedgerEntry, others: Iterable[LedgerEntry], now: datetime
) -> Outcome | None:
    """Refuse to detach a quarantine that holds other keys as well, and is not given back for them.

    `others` are the changes that stay as they are.
    """
    mine = entry.record
    if not isinstance(mine, PolicyAttached):
        return None
    for other in others:
        record = other.record
        if other.over or other.change == entry.change or not isinstance(record, PolicyAttached):
            continue
        same = (record.kind, record.name, record.policy) == (mine.kind, mine.name, mine.policy)
        if same and read_time(record.until) > now:
            return refused(f"it holds another key as well, until {record.until} ({other.change})")
    return None


def obstacle(entry: LedgerEntry, access: AccountAccess) -> Outcome | None:
    """Return why the entry itself, or its age, lets nothing be given back; None where it does."""
    if entry.over:
        return not_needed(f"it was {entry.phase} before")
    if entry.account != access.account:
        return refused(f"it is of account {entry.account_id}, not {access.account.account_id}")
    if read_time(entry.time) < access.events.begin:
        return refused(TOO_OLD, by_hand(entry.record))
    return None


def _reversal(entry: LedgerEntry, access: AccountAccess) -> Reversal | Outcome:
    stopped = obstacle(entry, access)
    if stopped is not None:
        return stopped
    record, identities, look_up = entry.record, access.identities, access.events

    def shown(events: Events) -> Shown:
        since = read_time(entry.time)
        return Shown(events, access.guards, since, look_up.now, entry.change)

    match record:
        case StatusChange():
            credential = access.find_credential(record.credential_id)
            events = shown(look_up.of_credentials())
            return activate_again(entry.action, record, credential, events, access.credentials)
        case PoliciesDetached():
            return attach_again(record, identities, shown(look_up.of_policies("Attach", "Detach")))
        case PolicyAttached():
            return detach_again(record, identities, shown(look_up.of_policies("Attach", "Detach")))
        case PolicyPut():
            return delete_again(record, identities, shown(look_up.of_policies("Put", "Delete")))
        case _:
            return refused("it records a key that was held, and no change")


def activate_again(
    action: str,
    record: StatusChange,
    credential: CredentialRecord | None,
    shown: Shown,
    writer: CredentialWriter,
) -> Reversal | Outcome:
    """Return how the credential is set Active again, or why it may not or need not be."""
    change, statuses = CHANGES.get(action), (record.status_before, record.status_after)
    if change is None or change.undo == "never" or statuses != ("Active", "Inactive"):
        return refused(f"a {action} cannot be undone")
    if credential is None:
        return refused("IAM has no such credential any more")
    if (credential.alias, credential.user_name) != (record.alias, record.user_name):
        return refused("IAM knows the credential by another alias or user than the ledger does")
    if credential.status == "Active":
        return not_needed("the credential is Active")
    if credential.status != "Inactive":
        return refused(f"the credential is {credential.status}")
    reason = shown.obstacle(DISABLED, record.credential_id)
    if reason is not None:
        return refused(reason)
    what = f"credential {record.credential_id} of user {record.user_name}"
    write = partial(writer.set_status, credential, "Active")
    return Reversal(f"set {what} Active", f"{what} is Active", write)


def attach_again(
    record: PoliciesDetached, identities: Identities, shown: Shown
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
        reason = shown.obstacle("Detach", policy, ("user", name))
        if reason is not None:
            return refused(f"{policy}: {reason}")

    def write() -> None:
        for policy in missing:
            identities.attach("user", name, policy)

    listed = ", ".join(missing)
    return Reversal(f"attach {listed} to {subject}", f"{subject} has {listed} again", write)


def detach_again(
    record: PolicyAttached, identities: Identities, shown: Shown
) -> Reversal | Outcome:
    """Return how a quarantine is taken away that the guard has attached for one key."""
    if record.was_attached:
        return not_needed(f"{record.policy} was attached before the guard came")
    stranger = _stranger(record.kind, record.name, record.unique_id, identities)
    return stranger or detached(record, identities, shown)


def delete_again(record: PolicyPut, identities: Identities, shown: Shown) -> Reversal | Outcome:
    """Return how an inline policy is taken away that the guard has written for one key."""
    stranger = _stranger(record.kind, record.name, record.unique_id, identities)
    return stranger or deleted(record, identities, shown, written=record.document)


def detached(
    of: PolicyAttached | Containment, identities: Identities, shown: Shown
) -> Reversal | Outcome:
    """Return how a managed policy is taken away that the guard was the last to attach."""
    if of.policy not in identities.attached(of.kind, of.name):
        return not_needed(f"{of.policy} is not attached any more")
    reason = shown.obstacle("Attach", of.policy, (of.kind, of.name))
    if reason is not None:
        return refused(reason)
    write = partial(identities.detach, of.kind, of.name, of.policy)
    gone = f"{of.policy} is detached from {of.title}"
    return Reversal(f"detach {of.policy} from {of.title}", gone, write)


def deleted(
    of: PolicyPut | Containment,
    identities: Identities,
    shown: Shown | None,
    written: str | None = None,
) -> Reversal | Outcome:
    """Return how an inline policy is taken away that revokes sessions, and is the guard's.

    Nothing has to be `shown` of one that is known to be the guard's otherwise. `written` is what
    the guard wrote, where that is known.
    """
    document = identities.inline_document(of.kind, of.name, of.policy)
    if document is None:
        return not_needed(f"{of.policy} is there no more")
    if written is not None and document != _read(written):
        return refused(f"somebody has changed {of.policy} since")
    if not is_session_denial(document):
        return refused(f"{of.policy} does more than revoke sessions")
    reason = shown.obstacle("Put", of.policy, (of.kind, of.name)) if shown else None
    if reason is not None:
        return refused(reason)
    write = partial(identities.delete, of.kind, of.name, of.policy)
    gone = f"{of.policy} of {of.title} is gone"
    return Reversal(f"delete {of.policy} of {of.title}", gone, write)


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


def _read(document: str) -> object:
    try:
        return json.loads(document)
    except ValueError:
        return None
