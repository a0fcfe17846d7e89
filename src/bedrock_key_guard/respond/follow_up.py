"""Do what is left to do about a key that can do no harm any more: remember it, or end its end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.iam import commands
from bedrock_key_guard.keys.key import ShortTermKey
from bedrock_key_guard.respond.apply import confirmed
from bedrock_key_guard.respond.changes.long_term import delete, deletion
from bedrock_key_guard.respond.ledger.entries import read_ledger, settle
from bedrock_key_guard.respond.ledger.records import Hold
from bedrock_key_guard.respond.purpose import purpose_of, stated
from bedrock_key_guard.verify.signer import signer_of

if TYPE_CHECKING:
    from bedrock_key_guard.model.actions import Delete
    from bedrock_key_guard.model.evidence import Evidence, Verdict
    from bedrock_key_guard.model.response import Outcome
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.apply import Dependencies
    from bedrock_key_guard.respond.ledger.entries import Ledger
    from bedrock_key_guard.verify.schedule import Steps


def remember_hold(verdict: Verdict, ledger: Ledger) -> None:
    """Write down once that a contained key needs what denies its signer, so that `lift` waits."""
    key, signer = verdict.evidence.key, signer_of(verdict.evidence)
    if verdict.state != "contained" or not isinstance(key, ShortTermKey):
        return
    holder = signer.holder.as_holder if signer and signer.holder else None
    if holder is None or _is_held(key.fingerprint, ledger):
        return
    try:
        ledger.open_change(
            action="hold",
            actor="",
            account=holder.account,
            fingerprint=key.fingerprint,
            record=Hold(holder.kind, holder.name, key.expires_at.isoformat()),
        )
    except OSError:
        return  # a quarantine that is lifted too early is seen by the next scan


def _is_held(fingerprint: str, ledger: Ledger) -> bool:
    try:
        entries = read_ledger(ledger.path)
    except UsageError:
        return False
    kinds = ("hold", "quarantine", "revoke-sessions")
    return any(e.fingerprint == fingerprint and e.action in kinds for e in entries)


def finish_earlier(
    earlier: Outcome,
    action: Delete,
    evidence: Evidence,
    access: AccountAccess,
    dependencies: Dependencies,
) -> Steps[Outcome]:
    """Delete the credential that an earlier run was about to delete for this very key.

    Nothing proves possession of a key that Bedrock refuses. The proof is the earlier run's: in
    CloudTrail its last change to the credential names this key and what it was about to do. That
    Bedrock refuses the key is confirmed here, as the earlier run would have.
    """
    proof = yield from confirmed(delete(action, evidence), {}, dependencies)
    if proof.confirmed_at is None:
        said = "; ".join((*proof.accepting, *proof.missing))
        reason = f"{earlier.reason}; it is not deleted now, for that is not confirmed: {said}"
        return replace(earlier, reason=reason, confirmed_at=None, urgent=True)
    proven = replace(earlier, refused_since=proof.refused_since, confirmed_at=proof.confirmed_at)
    return _delete(proven, action, evidence.key.fingerprint, access, dependencies.ledger)


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
    with stated(purpose_of(action.name, fingerprint)):
        try:
            access.credentials.delete(credential)
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            reason = f"{earlier.reason}; IAM did not delete it now either ({refusal(error)})"
            failure = replace(earlier, reason=reason, commands=commands.to_delete(credential))
            return settle(failure, ledger, entry, "failed")
    done = replace(earlier, action=action.name, state="done", reason=ready.result)
    return settle(done, ledger, entry, "done")
