"""Recall from CloudTrail what earlier runs did, where their ledger is lost, and end what they left.

A run that was killed after it disabled a key has reported nothing, and a hosted runner's disk is
gone. The next run finds a dead key: only AWS still knows that the guard did it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.iam import commands
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.model.usage import TrailGap
from bedrock_key_guard.respond.apply import Dependencies, confirmed, restore_command
from bedrock_key_guard.respond.change_events import DISABLED, ChangeEvents, is_by, unread
from bedrock_key_guard.respond.changes.credential import delete, deletion
from bedrock_key_guard.respond.ledger.entries import Ledger, settle
from bedrock_key_guard.respond.purpose import purpose_behind, purpose_of, stated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_key_guard.aws.cloudtrail import Record
    from bedrock_key_guard.aws.roles import RoleToAssume
    from bedrock_key_guard.model.actions import Delete
    from bedrock_key_guard.model.evidence import CredentialRecord, Verdict
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.verify.schedule import Steps


def earlier_response(
    events: ChangeEvents, fingerprint: str, verdict: Verdict, role: RoleToAssume | None = None
) -> Outcome | None:
    """Return the outcome of an earlier run that made this key dead, if one did.

    By `role` the account is reached, and what was done can be undone.

    What confirms it are the refusals that the verdict rests on. Where it could not be found out,
    nothing is done, and the reason says so.
    """
    iam, credential = verdict.evidence.iam, verdict.evidence.credential
    inactive = credential is not None and credential.status == "Inactive"
    if verdict.state != "dead" or iam is None or not (inactive or iam.state == "absent"):
        return None
    changes = events.of_credentials()
    if isinstance(changes, TrailGap):
        unknown = f"whether an earlier run did it is not known: {unread(changes)}"
        return Outcome("nothing", "not-needed", f"{verdict.reason}; {unknown}")
    done = [change for change in changes if not change.failed]
    if credential is None:
        earlier = _deleted(fingerprint, done)
    else:
        its_own = [change for change in done if change.target == credential.credential_id]
        earlier = _switched_off(fingerprint, credential, its_own, events, role)
    if earlier is None:
        return None
    if not verdict.proves_dead:
        return earlier
    return replace(earlier, confirmed_at=max(a.asked_at for a in verdict.evidence.bedrock))


def _deleted(fingerprint: str, changes: Sequence[Record]) -> Outcome | None:
    """Return that a guard deleted the credential of this very key."""
    for change in reversed(changes):
        purpose = purpose_behind(change)
        if change.name.startswith("Delete") and purpose and purpose.is_for(fingerprint):
            reason = f"an earlier run deleted credential {change.target} at {moment(change.time)}"
            return Outcome("delete", "not-needed", reason)
    return None


def _switched_off(
    fingerprint: str,
    credential: CredentialRecord,
    changes: Sequence[Record],
    events: ChangeEvents,
    role: RoleToAssume | None,
) -> Outcome | None:
    """Return that a guard set the credential Inactive, and what it may have left undone.

    To delete it was the purpose of our own guard alone, and what it did alone is undone by a
    command: anybody can write a user agent.
    """
    settings = [change for change in changes if not _is_reset(change)]
    if not settings or not (settings[-1].by_guard and settings[-1].deed == DISABLED):
        return None
    what = f"credential {credential.credential_id} of user {credential.user_name}"
    reason = f"an earlier run set {what} Inactive at {moment(settings[-1].time)}"
    purpose = purpose_behind(settings[-1])
    if _is_reset(changes[-1]):
        reason = f"{reason} and reset it; see whether the store holds its new key"
        return Outcome("reset", "not-needed", reason)
    if purpose is None or not is_by(settings[-1], (events.guard,)):
        return Outcome("disable", "not-needed", reason)
    undo = purpose.change and restore_command(events.account, purpose.change, events.guard, role)
    if purpose.action == "delete" and purpose.is_for(fingerprint):
        reason = f"{reason}, and was cut off before it could delete it"
        return Outcome("delete", "failed", reason, undo=undo)
    return Outcome("disable", "not-needed", reason, undo=undo)


def _is_reset(change: Record) -> bool:
    """Return whether a guard reset the credential, which leaves its status as it is."""
    return change.by_guard and change.name == "ResetServiceSpecificCredential"


def finish_earlier(
    earlier: Outcome,
    action: Delete,
    verdict: Verdict,
    access: AccountAccess,
    dependencies: Dependencies,
) -> Steps[Outcome]:
    """Delete the credential that an earlier run was about to delete for this very key.

    Nothing proves possession of a key that Bedrock refuses. The proof is the earlier run's: in
    CloudTrail its last change to the credential names this key and what it was about to do. That
    Bedrock refuses the key is confirmed here, as the earlier run would have.
    """
    proof = yield from confirmed(delete(action, verdict.evidence), {}, dependencies)
    if proof.confirmed_at is None:
        said = "; ".join((*proof.accepting, *proof.missing))
        reason = f"{earlier.reason}; it is not deleted now, for that is not confirmed: {said}"
        return replace(earlier, reason=reason, confirmed_at=None, urgent=True)
    proven = replace(earlier, refused_since=proof.refused_since, confirmed_at=proof.confirmed_at)
    return _delete(proven, action, verdict.evidence.key.fingerprint, access, dependencies.ledger)


def _delete(
    earlier: Outcome, action: Delete, fingerprint: str, access: AccountAccess, ledger: Ledger
) -> Outcome:
    credential, ready = action.credential, deletion(action.credential, access)
    try:
        entry = ledger.open_change(
            action=action.name,
            actor=access.actor,
            account=access.account,
            fingerprint=fingerprint,
            record=ready.record,
        )
    except OSError as error:
        return replace(earlier, reason=f"{earlier.reason} (the ledger: {error.strerror})")
    with stated(purpose_of(action.name, fingerprint, change=entry.change)):
        try:
            access.credentials.delete(credential)
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            reason = f"{earlier.reason}; IAM did not delete it now either ({refusal(error)})"
            failure = replace(earlier, reason=reason, commands=commands.to_delete(credential))
            return settle(failure, ledger, entry, "failed")
    done = replace(earlier, action=action.name, state="done", reason=ready.result, undo=None)
    return settle(done, ledger, entry, "done")
