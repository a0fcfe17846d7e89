"""Give back what the guard took, and nothing else.

A ledger is a claim. What it says is held against IAM as it is now and against CloudTrail: a
credential is set Active again only where the guard is shown to have set it Inactive, and nobody has
changed it since.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import error_code
from bedrock_key_guard.model import Outcome
from bedrock_key_guard.respond.ledger import settle
from bedrock_key_guard.respond.trail import changes_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.model import Account, CredentialRecord
    from bedrock_key_guard.respond.ledger import Entry, Ledger
    from bedrock_key_guard.respond.trail import CredentialEvent
    from bedrock_key_guard.respond.writes import Writer
    from bedrock_key_guard.verify.iam import IamDirectory

_LATE = "it may come up to 15 minutes late, and keeps 90 days"


def restore(
    entry: Entry,
    session: Session,
    directory: IamDirectory,
    writer: Writer,
    ledger: Ledger,
    *,
    dry_run: bool,
) -> Outcome:
    """Set one credential Active again, or say why not."""
    try:
        credential = directory.by_id(entry.credential_id)
        events = changes_to(entry.credential_id, datetime.fromisoformat(entry.time), session)
    except Exception as error:  # noqa: BLE001  # whatever failed, nothing is shown
        return _refused(f"AWS could not be asked ({error_code(error)})")
    obstacle = obstacle_to(entry, session.account, credential, events)
    if obstacle is not None:
        return obstacle
    what = f"credential {entry.credential_id} of user {entry.user_name}"
    if dry_run or credential is None:
        return Outcome("restore", "dry-run", f"would set {what} Active: its leaked key works again")
    try:
        writer.set_status(credential, "Active")
    except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
        return Outcome("restore", "failed", f"{what} was not restored ({error_code(error)})")
    done = Outcome("restore", "done", f"{what} is Active: its leaked key works again")
    return settle(done, ledger, entry, "restored")


def obstacle_to(
    entry: Entry,
    account: Account,
    credential: CredentialRecord | None,
    events: Sequence[CredentialEvent],
) -> Outcome | None:
    """Return why a change may not, or need not, be undone; None where it may."""
    if entry.phase == "restored":
        return Outcome("restore", "not-needed", "it was restored before")
    if entry.action != "disable" or (entry.status_before, entry.status_after) != _DISABLED:
        return _refused(f"a {entry.action} cannot be undone")
    if (entry.account_id, entry.partition) != (account.account_id, account.partition):
        return _refused(f"it is of account {entry.account_id}, not {account.account_id}")
    if credential is None:
        return _refused("IAM has no such credential any more")
    if (credential.alias, credential.user_name) != (entry.alias, entry.user_name):
        return _refused("IAM knows the credential by another alias or user than the ledger does")
    if credential.status == "Active":
        return Outcome("restore", "not-needed", "the credential is Active")
    if credential.status != "Inactive":
        return _refused(f"the credential is {credential.status}")
    return _not_shown(entry, events)


def _not_shown(entry: Entry, events: Sequence[CredentialEvent]) -> Outcome | None:
    """Require that the last change to the credential is the guard's own."""
    changes = [event for event in events if not event.failed]
    if not changes:
        return _refused(f"CloudTrail does not show that the guard set it Inactive ({_LATE})")
    last = changes[-1]
    if last.name != "UpdateServiceSpecificCredential" or last.status != "Inactive":
        return _refused(f"somebody has changed it since: {last.name} by {last.actor}")
    if not last.is_guards_own or _role_of(last.actor) != _role_of(entry.actor):
        return _refused(f"it was not the guard that set it Inactive, but {last.actor}")
    return None


def _role_of(arn: str) -> str:
    """Drop the session's name from an assumed role's ARN: each run has one of its own."""
    head, _, rest = arn.partition(":assumed-role/")
    return f"{head}:assumed-role/{rest.partition('/')[0]}" if rest else arn


def _refused(reason: str) -> Outcome:
    return Outcome("restore", "refused", reason)


_DISABLED = ("Active", "Inactive")
