"""Apply a change and prove it: six steps, the same for every change.

Probe once more, write the intent to the ledger, change, confirm with Bedrock, write the result, say
how to undo it. Killed anywhere, the next run finds in AWS what was done.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.model import MalformedKey, Outcome
from bedrock_key_guard.respond.changes.change import Obstacle
from bedrock_key_guard.respond.confirm import confirm
from bedrock_key_guard.respond.ledger import settle
from bedrock_key_guard.respond.purpose import purpose_of, stated
from bedrock_key_guard.verify.evidence import ask_planes, begin_asking, region_of
from bedrock_key_guard.verify.verdict import verdict_from

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bedrock_key_guard.aws.roles import RoleToAssume
    from bedrock_key_guard.aws.session import NoSession
    from bedrock_key_guard.keys.key import WholeKey
    from bedrock_key_guard.model import BedrockAnswer, OutcomeState
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.changes.change import Change, Ready
    from bedrock_key_guard.respond.ledger import Entry, Ledger
    from bedrock_key_guard.verify.evidence import Witnesses


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Hold what a response needs: who acts in an account, who is asked, where it is remembered.

    `access_to` says why where nobody can act; `clock` counts seconds.
    """

    access_to: Callable[[str], AccountAccess | NoSession]
    witnesses: Witnesses
    ledger: Ledger
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Applied:
    """Hold a change that is made and has to be proven; `shortfall` is what was left undone.

    `undo` is the command that takes it back where it can be taken back.
    """

    ready: Ready
    entry: Entry
    started: float
    undo: str
    shortfall: str | None = None


def apply(change: Change, access: AccountAccess, dependencies: Dependencies) -> Applied | Outcome:
    """Make the change, or return why it was not made."""
    key = _key(change)
    asked = begin_asking(key, region_of(key, dependencies.witnesses), dependencies.witnesses)
    ready = _prepared(change, access)
    if isinstance(ready, Obstacle):
        return refused(change, ready.reason, ready.commands)
    moved = _moved_on(change, asked())
    if moved is not None:
        return moved
    try:
        entry = _open(change, ready, access, dependencies)
    except OSError as error:
        return refused(change, f"the ledger cannot be written ({error.strerror})")
    undo = restore_command(dependencies.ledger.path, entry.change, access.role)
    applied = Applied(ready, entry, dependencies.clock(), undo)
    return _made(change, applied, access, dependencies) if ready.needed else applied


def prove(
    change: Change, applied: Applied, access: AccountAccess, dependencies: Dependencies
) -> Outcome:
    """Ask Bedrock until it lets the key do nothing, end what waited for that, and remember it."""
    outcome = _proven(change, applied, access, dependencies)
    done = outcome.state in ("done", "not-needed")
    return settle(outcome, dependencies.ledger, applied.entry, "done" if done else "failed")


def refused(change: Change, reason: str, commands: tuple[str, ...] = ()) -> Outcome:
    """Return that a change was not applied, with the commands for a person."""
    return _without_success(change, "refused", reason, commands)


def _prepared(change: Change, access: AccountAccess) -> Ready | Obstacle:
    try:
        return change.prepare(access)
    except Exception as error:  # noqa: BLE001  # whatever failed, nothing is known
        return Obstacle(f"AWS could not be asked ({refusal(error)})")


def _moved_on(change: Change, answers: tuple[BedrockAnswer, ...]) -> Outcome | None:
    """Judge the last probe: the owner may have acted since, and then nothing is ours to change."""
    evidence = change.order.verdict.evidence
    refusals = {answer.plane: answer.refusals for answer in evidence.bedrock}
    counted = tuple(
        replace(a, refusals=a.refusals + refusals.get(a.plane, 0)) if a.refusals else a
        for a in answers
    )
    again = verdict_from(replace(evidence, bedrock=counted))
    if again.state in ("live", "contained"):
        return None
    return refused(change, f"right before the change Bedrock answered otherwise: {again.reason}")


def _open(change: Change, ready: Ready, access: AccountAccess, dependencies: Dependencies) -> Entry:
    return dependencies.ledger.open_change(
        action=change.order.action.name,
        actor=access.actor,
        account=access.account,
        fingerprint=change.order.incident.fingerprint,
        record=ready.record,
    )


def _made(
    change: Change, applied: Applied, access: AccountAccess, dependencies: Dependencies
) -> Applied | Outcome:
    action, fingerprint = change.order.action.name, change.order.incident.fingerprint
    with stated(purpose_of(action, fingerprint, change.until)):
        try:
            change.write(access, applied.ready.record)
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            reason = f"IAM did not {change.deed} ({refusal(error)})"
            failure = _without_success(change, "failed", reason)
            return settle(failure, dependencies.ledger, applied.entry, "failed")
        return replace(applied, shortfall=change.follow(access))


def _proven(
    change: Change, applied: Applied, access: AccountAccess, dependencies: Dependencies
) -> Outcome:
    key, before = _key(change), _before(change, applied)
    region = region_of(key, dependencies.witnesses)
    proof = confirm(
        lambda: ask_planes(key, region, dependencies.witnesses),
        proves=lambda answer: change.proves(answer, before.get(answer.plane)),
        clock=dependencies.clock,
        sleep=dependencies.witnesses.sleep,
    )
    seconds = round(dependencies.clock() - applied.started, 1)
    if not proof.dead:
        reason = f"changed, but after {seconds} seconds not refused everywhere: {proof.last}"
        told = f"{applied.shortfall}; {reason}" if applied.shortfall else reason
        failure = _without_success(change, "failed", told)
        return replace(failure, undo=_undo(change, applied, finished=False))
    shortfall = applied.shortfall or _finished(change, access)
    state: OutcomeState = "done" if applied.ready.needed else "not-needed"
    return Outcome(
        change.order.action.name,
        "failed" if shortfall else state,
        shortfall or change.done(applied.ready.record),
        confirmed_dead=True,
        seconds_to_dead=seconds if applied.ready.needed else None,
        undo=_undo(change, applied, finished=not shortfall),
        urgent=bool(shortfall),
    )


def _finished(change: Change, access: AccountAccess) -> str | None:
    with stated(purpose_of(change.order.action.name, change.order.incident.fingerprint)):
        return change.finish(access)


def _before(change: Change, applied: Applied) -> dict[str, BedrockAnswer]:
    """Return what each plane said before the change; what was made earlier has no before."""
    if not applied.ready.needed:
        return {}
    return {answer.plane: answer for answer in change.order.verdict.evidence.bedrock}


def restore_command(ledger: Path, change: str, role: RoleToAssume | None) -> str:
    """Return how to undo one change of a ledger, in an account that is reached by `role`.

    It is shell-quoted, and what may begin with "-" is joined to its option by "=".
    """
    path = str(ledger.absolute())
    words = ["bedrock-key-guard", "restore", "--ledger", path, "--change", change]
    if role is not None:
        words += ["--role-to-assume-template", role.template]
        words += [f"--external-id={role.external_id}"] if role.external_id else []
        words += [f"--session-tag={tag}" for tag in role.tags]
    return shlex.join(words)


def _undo(change: Change, applied: Applied, *, finished: bool) -> str | None:
    reversible = applied.ready.needed and change.can_be_undone(finished=finished)
    return applied.undo if reversible else None


def _without_success(
    change: Change, state: OutcomeState, reason: str, commands: tuple[str, ...] = ()
) -> Outcome:
    by_hand = commands or change.by_hand()
    return Outcome(change.order.action.name, state, reason, commands=by_hand, urgent=True)


def _key(change: Change) -> WholeKey:
    key = change.order.incident.key
    if isinstance(key, MalformedKey):
        raise TypeError("plan() changes nothing for part of a key")
    return key
