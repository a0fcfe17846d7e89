"""Carry out what was planned, and prove that it worked.

Each change is the same six steps: probe once more, write the intent to the ledger, change, confirm
with Bedrock, write the result, say how to undo it. Killed anywhere, the next run finds in AWS what
was done.
"""

from __future__ import annotations

import shlex
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import error_code
from bedrock_key_guard.model import Outcome
from bedrock_key_guard.respond import commands
from bedrock_key_guard.respond.confirm import confirm
from bedrock_key_guard.respond.ledger import settle
from bedrock_key_guard.respond.stores import StoreError
from bedrock_key_guard.verify.evidence import ask_planes, region_of
from bedrock_key_guard.verify.verdict import verdict_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from bedrock_key_guard.keys.secret import Secret
    from bedrock_key_guard.model import (
        Action,
        CredentialRecord,
        Incident,
        LongTermKey,
        Verdict,
    )
    from bedrock_key_guard.respond.ledger import Entry, Ledger
    from bedrock_key_guard.respond.plan import Policy
    from bedrock_key_guard.respond.stores import Store
    from bedrock_key_guard.respond.writes import Writer
    from bedrock_key_guard.verify.evidence import Witnesses


@dataclass(frozen=True, slots=True)
class Means:
    """Hold what a response needs: who writes, who is asked, where it is remembered.

    `recall` knows what earlier runs did; `actor` is the ARN that writes; `mask` is told a new key
    before anything else is; `clock` counts seconds.
    """

    writer: Writer
    witnesses: Witnesses
    ledger: Ledger
    store: Store | None
    recall: Callable[[Verdict], Outcome | None]
    actor: str
    clock: Callable[[], float]
    mask: Callable[[Secret], None]


class Responder:
    """Respond to incidents one by one, within the bounds of the policy."""

    def __init__(self, means: Means | None, policy: Policy) -> None:
        """Respond by `means`; without credentials there are none, and nothing is changed."""
        self._means = means
        self._policy = policy
        self._changes = 0
        self._lock = threading.Lock()

    def respond(self, incident: Incident, verdict: Verdict, action: Action) -> Outcome:
        """Carry `action` out and return what became of it."""
        if action.name == "nothing":
            earlier = self._means.recall(verdict) if self._means else None
            return earlier or Outcome("nothing", "not-needed", action.reason)
        if action.name == "manual":
            return Outcome(
                "manual",
                "refused",
                action.reason,
                commands=action.commands,
                urgent=action.urgent,
            )
        change = _Change(incident, verdict, action)
        if self._policy.dry_run:
            return Outcome(action.name, "dry-run", change.promise(self._policy))
        if self._means is None:
            return change.refused("there are no credentials that could change it")
        if not self._take_one():
            limit = self._policy.max_responses
            return change.refused(f"this run has made its {limit} changes (--max-responses)")
        return _carry_out(change, self._means, self._policy)

    def _take_one(self) -> bool:
        with self._lock:
            self._changes += 1
            return self._changes <= self._policy.max_responses


@dataclass(frozen=True, slots=True)
class _Change:
    """Hold one change to one credential."""

    incident: Incident
    verdict: Verdict
    action: Action

    @property
    def key(self) -> LongTermKey:
        return self.incident.key  # type: ignore[return-value]  # plan() changes no other

    @property
    def credential(self) -> CredentialRecord:
        iam = self.verdict.evidence.iam
        if iam is None or iam.credential is None:
            raise AssertionError("plan() lets nothing through without a credential")
        return iam.credential

    @property
    def target(self) -> str:
        return f"credential {self.credential.credential_id} of user {self.credential.user_name}"

    def promise(self, policy: Policy) -> str:
        if self.action.name == "reset":
            end = "and set it Active again" if policy.reactivate else "and leave it Inactive"
            return f"would reset {self.target} {end}; a reset cannot be undone"
        return f"would set {self.target} Inactive"

    def refused(self, reason: str) -> Outcome:
        return self._without_success("refused", reason)

    def failed(self, reason: str) -> Outcome:
        return self._without_success("failed", reason)

    def _without_success(self, state: str, reason: str) -> Outcome:
        by_hand = commands.to_disable(self.key, self.credential)
        return Outcome(self.action.name, state, reason, commands=by_hand, urgent=True)  # type: ignore[arg-type]


def _carry_out(change: _Change, means: Means, policy: Policy) -> Outcome:
    if change.action.name == "reset":
        try:
            _need(means.store).check()
        except StoreError as error:
            return change.refused(f"the store for the new key does not accept a write ({error})")
    moved = _moved_on(change, means)
    if moved is not None:
        return moved
    try:
        entry = _open(change, means, policy)
    except OSError as error:
        return change.refused(f"the ledger cannot be written ({error.strerror})")
    started = means.clock()
    try:
        means.writer.set_status(change.credential, "Inactive")
    except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
        failure = change.failed(f"IAM did not set it Inactive ({error_code(error)})")
        return settle(failure, means.ledger, entry, "failed")
    shortfall = _renew(change, means, policy) if change.action.name == "reset" else None
    outcome = _confirmed(change, means, entry, started, shortfall)
    return settle(outcome, means.ledger, entry, "done" if outcome.state == "done" else "failed")


def _moved_on(change: _Change, means: Means) -> Outcome | None:
    """Probe once more: the owner may have acted since, and then nothing is ours to change."""
    region = region_of(change.key, means.witnesses)
    answers = ask_planes(change.key, region, means.witnesses)
    again = verdict_from(replace(change.verdict.evidence, bedrock=answers))
    if again.state in ("live", "contained"):
        return None
    return change.refused(f"right before the change Bedrock answered otherwise: {again.reason}")


def _open(change: _Change, means: Means, policy: Policy) -> Entry:
    credential, account = change.credential, change.verdict.evidence.iam
    ends_active = change.action.name == "reset" and policy.reactivate
    return means.ledger.open_change(
        action=change.action.name,
        actor=means.actor,
        account_id=change.key.account_id,
        partition=account.account.partition if account and account.account else "",
        user_name=credential.user_name,
        credential_id=credential.credential_id,
        alias=credential.alias,
        fingerprint=change.incident.fingerprint,
        status_before=credential.status,
        status_after="Active" if ends_active else "Inactive",
    )


def _renew(change: _Change, means: Means, policy: Policy) -> str | None:
    """Give the owner of an Inactive credential a new key; return what is missing, if anything is.

    Nothing is lost on the way: the credential stays Inactive, and it can be reset again.
    """
    store = _need(means.store)
    if not store.claim():
        return "it is Inactive, but not reset: the store holds another new key of this run"
    try:
        secret = means.writer.reset(change.credential)
    except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
        return f"it is Inactive, but IAM did not reset it ({error_code(error)})"
    means.mask(secret)
    try:
        store.write(secret)
    except StoreError as error:
        return f"it is Inactive and reset, but the store took no key ({error})"
    if policy.reactivate:
        try:
            means.writer.set_status(change.credential, "Active")
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            return f"the new key is stored, but Inactive ({error_code(error)})"
    return None


def _confirmed(
    change: _Change, means: Means, entry: Entry, started: float, shortfall: str | None
) -> Outcome:
    """Ask Bedrock until it refuses the key; `shortfall` is what a reset left undone."""
    region = region_of(change.key, means.witnesses)
    proof = confirm(
        lambda: ask_planes(change.key, region, means.witnesses),
        clock=means.clock,
        sleep=means.witnesses.sleep,
    )
    seconds = round(means.clock() - started, 1)
    if not proof.dead:
        reason = f"changed, but after {seconds} seconds not refused everywhere: {proof.last}"
        told = f"{shortfall}; {reason}" if shortfall else reason
        return replace(change.failed(told), undo=_undo(change, means, entry))
    return Outcome(
        change.action.name,
        "failed" if shortfall else "done",
        shortfall or _done(change, entry),
        confirmed_dead=True,
        seconds_to_dead=seconds,
        undo=_undo(change, means, entry),
        urgent=bool(shortfall),
    )


def _done(change: _Change, entry: Entry) -> str:
    if change.action.name == "reset":
        return f"{change.target} was reset, its new key stored, and it is {entry.status_after}"
    return f"{change.target} is Inactive"


def _undo(change: _Change, means: Means, entry: Entry) -> str | None:
    if change.action.name == "reset":
        return None
    ledger = str(means.ledger.path)
    return shlex.join(
        ("bedrock-key-guard", "restore", "--ledger", ledger, "--change", entry.change)
    )


def _need(store: Store | None) -> Store:
    if store is None:
        raise AssertionError("a reset without a store is refused as the run begins")
    return store
