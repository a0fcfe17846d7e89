"""Undo what a run has changed: `restore` gives back, `lift` takes away what no key needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import NoSession, Session, refusal
from bedrock_key_guard.aws.sessions import Sessions, open_sessions
from bedrock_key_guard.errors import CredentialsError, UsageError
from bedrock_key_guard.model.actions import CHANGES, SEARCH, Disable, Outcome
from bedrock_key_guard.model.usage import TrailGap
from bedrock_key_guard.respond.change_events import unread
from bedrock_key_guard.respond.ledger.entries import Ledger, LedgerEntry, read_ledger
from bedrock_key_guard.respond.open_accounts import OpenAccounts
from bedrock_key_guard.respond.undo.containments import containments
from bedrock_key_guard.respond.undo.expiry import lift
from bedrock_key_guard.respond.undo.recorded_changes import recorded_change, recorded_changes
from bedrock_key_guard.respond.undo.restoration import held_by_others, restore
from bedrock_key_guard.respond.undo.reversal import refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bedrock_key_guard.aws.roles import RoleToAssume
    from bedrock_key_guard.respond.account_access import AccountAccess


@dataclass(frozen=True, slots=True)
class UndoScope:
    """Say by which role accounts are reached that the credentials are not of, and who was there.

    `guards` are the ARNs of whom the guard acted as, beside that role and who acts now. `accounts`
    are those to look in, where a person has named them.
    """

    role: RoleToAssume | None = None
    guards: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


def undo(
    path: Path,
    change: str | None,
    environment: Mapping[str, str],
    reach: UndoScope | None = None,
    *,
    dry_run: bool,
) -> list[tuple[LedgerEntry, Outcome]]:
    """Undo one change of the ledger at `path`, or every one that can be undone.

    Raises UsageError for a ledger or a change that is not there, and CredentialsError where there
    are no credentials to do it with.
    """
    known = [entry for entry in read_ledger(path) if entry.action != "hold"]
    entries = [entry for entry in known if change in (None, entry.change)]
    if change is not None and not entries:
        raise UsageError(
            f"The ledger {str(path)!r} records no change {change!r}.",
            remedy="Name its account with --account, and AWS is asked instead.",
        )
    reach = reach or UndoScope()
    sessions = open_sessions(environment, reach.role)
    _need(sessions, "restored", {entry.action for entry in entries})
    ledger, now = Ledger(path), datetime.now(timezone.utc)
    accesses = OpenAccounts(sessions, lambda: now, guards=reach.guards)
    stay = [entry for entry in known if entry not in entries]

    def undone(entry: LedgerEntry) -> Outcome:
        access = accesses.of(entry.account_id)
        if isinstance(access, NoSession):
            return Outcome("restore", "refused", access.reason)
        held = held_by_others(entry, stay, now)
        return held or restore(entry, access, ledger, dry_run=dry_run)

    return [(entry, undone(entry)) for entry in entries]


def undo_recorded(
    account_id: str,
    change: str | None,
    environment: Mapping[str, str],
    reach: UndoScope | None = None,
    *,
    dry_run: bool,
) -> list[tuple[str, Outcome]]:
    """Undo one change in an account by AWS's records alone, or say what would become of each.

    Without a `change` that is a dry run. Otherwise it is as `undo`. Raises CredentialsError where
    there are no credentials to do it with.
    """
    reach = reach or UndoScope()
    sessions = open_sessions(environment, reach.role)
    _need(sessions, "restored", ())
    now = datetime.now(timezone.utc)
    access = OpenAccounts(sessions, lambda: now, guards=reach.guards).of(account_id)
    account = f"account {account_id}"
    if isinstance(access, NoSession):
        return [(account, Outcome("restore", "refused", access.reason))]
    names = recorded_changes(access) if change is None else (change,)
    if isinstance(names, TrailGap):
        return [(account, Outcome("restore", "refused", unread(names)))]
    return [_undone(name, access, dry_run=dry_run or change is None) for name in names]


def _undone(change: str, access: AccountAccess, *, dry_run: bool) -> tuple[str, Outcome]:
    try:
        entry = recorded_change(change, access)
    except Exception as error:  # noqa: BLE001  # whatever failed, nothing is shown
        return change, refused(f"AWS could not be asked ({refusal(error)})")
    if isinstance(entry, Outcome):
        return change, entry
    return titled(entry), restore(entry, access, None, dry_run=dry_run)


def titled(entry: LedgerEntry) -> str:
    """Name a change for people, and what it was about."""
    return f"{entry.change}  {entry.record.title}"


def lift_all(
    path: Path,
    environment: Mapping[str, str],
    now: datetime,
    reach: UndoScope | None = None,
    *,
    search: bool,
    dry_run: bool,
) -> list[tuple[str, Outcome]]:
    """Take away every containment of the guard that no living key needs; a ledger may be missing.

    That is in the accounts of `reach`, or else in our own and those that the ledger names. Raises
    UsageError for a ledger that is none, and CredentialsError without credentials, or where AWS
    does not let them search.
    """
    entries = read_ledger(path) if path.exists() else []
    reach = reach or UndoScope()
    sessions = open_sessions(environment, reach.role)
    own = _need(sessions, "lifted", ("quarantine", "revoke-sessions"))
    accesses = OpenAccounts(sessions, lambda: now, guards=reach.guards)
    ours = (own.account.account_id, *(entry.account_id for entry in entries))
    lifted: list[tuple[str, Outcome]] = []
    for account_id in dict.fromkeys(reach.accounts or ours):
        access = accesses.of(account_id)
        if isinstance(access, NoSession):
            lifted += _out_of_reach(entries, account_id, access, now, named=bool(reach.accounts))
            continue
        try:
            lifted += lift(entries, access, Ledger(path), now, search=search, dry_run=dry_run)
        except Exception as error:  # noqa: BLE001  # whatever failed, not everything was looked at
            raise CredentialsError(
                f"The users and roles could not be searched ({refusal(error)}).",
                remedy="Leave --search out, or give credentials that may call "
                f"{', '.join(SEARCH)}.",
            ) from None
    return lifted


def _out_of_reach(
    entries: Sequence[LedgerEntry],
    account_id: str,
    access: NoSession,
    now: datetime,
    *,
    named: bool,
) -> Iterator[tuple[str, Outcome]]:
    """Name the containments in an account that cannot be entered, and it where a person named it.

    They stay as they are.
    """
    if named:
        yield f"account {account_id}", Outcome("lift", "refused", access.reason)
    theirs = [entry for entry in entries if entry.account_id == account_id]
    for containment in containments(theirs, (), (), now):
        yield containment.title, Outcome("lift", "refused", access.reason)


def _need(sessions: Sessions, what: str, changes: Iterable[str]) -> Session:
    if isinstance(sessions.own, NoSession):
        needed = {each for name in changes for each in CHANGES[name].to_undo} or Disable.to_undo
        raise CredentialsError(
            f"Nothing can be {what}: {sessions.own.reason}.",
            remedy=f"Give credentials that may call {', '.join(sorted(needed))}.",
        )
    return sessions.own
