"""Undo what a run has changed: `restore` gives back, `lift` takes away what no key needs."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import NoSession, Session, refusal
from bedrock_key_guard.aws.sessions import Sessions, open_sessions
from bedrock_key_guard.errors import CredentialsError, UsageError
from bedrock_key_guard.model.actions import CHANGES, SEARCH, Disable
from bedrock_key_guard.model.response import Outcome
from bedrock_key_guard.respond.ledger.entries import Entry, Ledger, read_ledger
from bedrock_key_guard.respond.open_accounts import OpenAccounts
from bedrock_key_guard.respond.undo.containments import containments
from bedrock_key_guard.respond.undo.expiry import lift
from bedrock_key_guard.respond.undo.restoration import held_by_others, restore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bedrock_key_guard.aws.roles import RoleToAssume


def undo(
    path: Path,
    change: str | None,
    environment: Mapping[str, str],
    role: RoleToAssume | None = None,
    *,
    dry_run: bool,
) -> list[tuple[Entry, Outcome]]:
    """Undo one change of the ledger at `path`, or every one that can be undone.

    Accounts that the credentials in `environment` are not of are reached by `role`.
    Raises UsageError for a ledger or a change that is not there, and CredentialsError where there
    are no credentials to do it with.
    """
    known = [entry for entry in read_ledger(path) if entry.action != "hold"]
    entries = [entry for entry in known if change in (None, entry.change)]
    if change is not None and not entries:
        raise UsageError(
            f"The ledger {str(path)!r} records no change {change!r}.",
            remedy="Leave --change out to see them all with --dry-run.",
        )
    sessions = open_sessions(environment, role)
    _need(sessions, "restored", {entry.action for entry in entries})
    ledger, now = Ledger(path), datetime.now(timezone.utc)
    accesses = OpenAccounts(sessions, lambda: now)
    stay = [entry for entry in known if entry not in entries]

    def undone(entry: Entry) -> Outcome:
        access = accesses.of(entry.account_id)
        if isinstance(access, NoSession):
            return Outcome("restore", "refused", access.reason)
        held = held_by_others(entry, stay, now)
        return held or restore(entry, access, ledger, dry_run=dry_run)

    return [(entry, undone(entry)) for entry in entries]


def lift_all(
    path: Path,
    environment: Mapping[str, str],
    now: datetime,
    role: RoleToAssume | None = None,
    *,
    search: bool,
    dry_run: bool,
) -> list[tuple[str, Outcome]]:
    """Take away every containment of the guard that no living key needs; a ledger may be missing.

    That is in our own account, and in those that the ledger names. Raises UsageError for a ledger
    that is none, and CredentialsError without credentials, or where AWS does not let them search.
    """
    entries = read_ledger(path) if path.exists() else []
    sessions = open_sessions(environment, role)
    own = _need(sessions, "lifted", ("quarantine", "revoke-sessions"))
    accesses = OpenAccounts(sessions, lambda: now)
    lifted: list[tuple[str, Outcome]] = []
    for account_id in dict.fromkeys((own.account.account_id, *(e.account_id for e in entries))):
        access = accesses.of(account_id)
        if isinstance(access, NoSession):
            lifted += _out_of_reach(entries, account_id, access, now)
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
    entries: Sequence[Entry], account_id: str, access: NoSession, now: datetime
) -> Iterator[tuple[str, Outcome]]:
    """Name the containments in an account that cannot be entered: they stay as they are."""
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
