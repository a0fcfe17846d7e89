"""Undo what a ledger records, change by change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import NoSession, open_session
from bedrock_key_guard.errors import CredentialsError, UsageError
from bedrock_key_guard.respond.ledger import Ledger, read_ledger
from bedrock_key_guard.respond.restore import restore
from bedrock_key_guard.respond.writes import IamWriter
from bedrock_key_guard.verify.iam import IamDirectory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bedrock_key_guard.model import Outcome
    from bedrock_key_guard.respond.ledger import Entry


def undo(
    path: Path, change: str | None, environment: Mapping[str, str], *, dry_run: bool
) -> list[tuple[Entry, Outcome]]:
    """Undo one change of the ledger at `path`, or every one that can be undone.

    Raises UsageError for a ledger or a change that is not there, and CredentialsError where there
    are no credentials to do it with.
    """
    entries = [entry for entry in read_ledger(path) if change in (None, entry.change)]
    if change is not None and not entries:
        raise UsageError(
            f"The ledger {str(path)!r} records no change {change!r}.",
            remedy="Leave --change out to see them all with --dry-run.",
        )
    session = open_session(environment)
    if isinstance(session, NoSession):
        raise CredentialsError(
            f"Nothing can be restored: {session.reason}.",
            remedy="Give credentials that may call iam:UpdateServiceSpecificCredential, "
            "iam:ListServiceSpecificCredentials and cloudtrail:LookupEvents.",
        )
    directory, writer, ledger = IamDirectory(session), IamWriter(session), Ledger(path)
    return [
        (entry, restore(entry, session, directory, writer, ledger, dry_run=dry_run))
        for entry in entries
    ]
