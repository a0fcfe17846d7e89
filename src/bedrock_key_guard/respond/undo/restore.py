"""Give back what the guard took, and nothing else.

A ledger is a claim. What it says is held against IAM as it is now and against CloudTrail: something
is given back only where the guard is shown to have taken it, and nobody has changed it since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.model.response import Outcome
from bedrock_key_guard.model.times import read_time
from bedrock_key_guard.model.usage import Gap
from bedrock_key_guard.respond.change_events import changes_to, policy_changes, unread
from bedrock_key_guard.respond.credential_writer import IamCredentialWriter
from bedrock_key_guard.respond.identities import IamIdentities
from bedrock_key_guard.respond.ledger.entries import settle
from bedrock_key_guard.respond.ledger.records import (
    Hold,
    PoliciesDetached,
    PolicyAttached,
    PolicyPut,
    StatusChange,
)
from bedrock_key_guard.respond.purpose import purpose_of, stated
from bedrock_key_guard.respond.undo.credential import activate_again
from bedrock_key_guard.respond.undo.policies import attach_again, delete_again, detach_again
from bedrock_key_guard.respond.undo.reversal import Reversal, not_needed, refused
from bedrock_key_guard.verify.iam_directory import IamDirectory

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.model.evidence import Account
    from bedrock_key_guard.respond.ledger.entries import Entry, Ledger


def restore(entry: Entry, session: Session, ledger: Ledger, *, dry_run: bool) -> Outcome:
    """Undo one change, or say why not."""
    obstacle = _obstacle(entry, session.account)
    if obstacle is not None:
        return obstacle
    try:
        way = _reversal(entry, session)
    except Exception as error:  # noqa: BLE001  # whatever failed, nothing is shown
        return refused(f"AWS could not be asked ({refusal(error)})")
    if isinstance(way, Outcome):
        return way
    if dry_run:
        return Outcome("restore", "dry-run", f"would {way.promise}: its leaked key works again")
    with stated(purpose_of("restore", entry.fingerprint)):
        try:
            way.write()
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            reason = f"{way.subject} was not restored ({refusal(error)})"
            return Outcome("restore", "failed", reason)
    done = Outcome("restore", "done", f"{way.result}: its leaked key works again")
    return settle(done, ledger, entry, "restored")


def held_by_others(entry: Entry, others: Iterable[Entry], now: datetime) -> Outcome | None:
    """Refuse to detach a quarantine that holds other keys as well, and is not given back for them.

    `others` are the changes that stay as they are.
    """
    mine = entry.record
    if not isinstance(mine, PolicyAttached):
        return None
    for other in others:
        record, stays = other.record, other.phase not in ("restored", "lifted")
        if not stays or other.change == entry.change or not isinstance(record, PolicyAttached):
            continue
        same = (record.kind, record.name, record.policy) == (mine.kind, mine.name, mine.policy)
        if same and read_time(record.until) > now:
            return refused(f"it holds another key as well, until {record.until} ({other.change})")
    return None


def _obstacle(entry: Entry, account: Account) -> Outcome | None:
    if entry.phase == "restored":
        return not_needed("it was restored before")
    if entry.phase == "lifted":
        return not_needed("it was lifted before")
    if entry.account != account:
        return refused(f"it is of account {entry.account_id}, not {account.account_id}")
    return None


def _reversal(entry: Entry, session: Session) -> Reversal | Outcome:
    record, since = entry.record, read_time(entry.time)
    if isinstance(record, Hold):
        return refused("it records a key that was held, and no change")
    if isinstance(record, StatusChange):
        credential = IamDirectory(session).by_id(record.credential_id)
        changes = changes_to(record.credential_id, since, session)
        if isinstance(changes, Gap):
            return refused(unread(changes))
        return activate_again(entry, record, credential, changes, IamCredentialWriter(session))
    verbs = ("Put", "Delete") if isinstance(record, PolicyPut) else ("Attach", "Detach")
    events, identities = policy_changes(verbs, since, session), IamIdentities(session)
    if isinstance(events, Gap):
        return refused(unread(events))
    match record:
        case PoliciesDetached():
            return attach_again(entry, record, identities, events)
        case PolicyAttached():
            return detach_again(entry, record, identities, events)
        case PolicyPut():
            return delete_again(entry, record, identities, events)
