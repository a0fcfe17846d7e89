"""Apply a change and prove it: six steps, the same for every change.

Probe once more, write the intent to the ledger, change, confirm with Bedrock, write the result, say
how to undo it. Killed anywhere, the next run finds in AWS what was done.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import NoSession, refusal
from bedrock_key_guard.iam import commands
from bedrock_key_guard.keys.key import ShortTermKey
from bedrock_key_guard.model.actions import Outcome, OutcomeState
from bedrock_key_guard.respond.changes.change import Change, Obstacle, Ready
from bedrock_key_guard.respond.confirm import (
    Confirmation,
    Heard,
    PlaneInRegion,
    confirm,
    places_for,
)
from bedrock_key_guard.respond.ledger.entries import Ledger, LedgerEntry, settle
from bedrock_key_guard.respond.purpose import purpose_of, stated
from bedrock_key_guard.verify.answers import proven_in
from bedrock_key_guard.verify.verdict import verdict_from
from bedrock_key_guard.verify.witnesses import Witnesses, begin_asking, region_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bedrock_key_guard.aws.roles import RoleToAssume
    from bedrock_key_guard.model.evidence import BedrockAnswer
    from bedrock_key_guard.model.principals import Account
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.verify.schedule import Steps


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Hold what a response needs: who acts in an account, who is asked, where it is remembered.

    `access_to` says why where nobody can act.
    """

    access_to: Callable[[str], AccountAccess | NoSession]
    witnesses: Witnesses
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Applied:
    """Hold a change that is made and has to be proven; `shortfall` is what was left undone.

    `undo` is the command that takes it back where it can be taken back. There is no `entry` where
    time alone has done it.
    """

    change: Change
    ready: Ready
    entry: LedgerEntry | None
    undo: str
    shortfall: str | None = None

    def undo_if(self, *, finished: bool) -> str | None:
        """Return the command that takes it back, None where nothing does or nothing was done."""
        undo = self.change.action.undo
        reversible = undo == "always" or (undo == "until-finished" and not finished)
        return self.undo if reversible and self.ready.needed else None


def apply(change: Change, access: AccountAccess, dependencies: Dependencies) -> Applied | Outcome:
    """Make the change, or return why it was not made."""
    key, witnesses, ledger = change.evidence.key, dependencies.witnesses, dependencies.ledger
    asked = begin_asking(key, _region_of(change, witnesses), witnesses)
    ready = _prepared(change, access)
    if isinstance(ready, Obstacle):
        return refused(change, ready.reason, ready.commands)
    answers = asked()
    if isinstance(key, ShortTermKey) and answers[0].state == "expired":
        result = "nothing had to be changed: Bedrock says that the key has expired"
        return Applied(change, replace(ready, result=result, needed=False), None, "")
    moved = _moved_on(change, answers)
    if moved is not None:
        return moved
    try:
        entry = ledger.open_change(
            action=change.action.name,
            actor=access.actor,
            account=access.account,
            fingerprint=key.fingerprint,
            record=ready.record,
        )
    except OSError as error:
        return refused(change, f"the ledger cannot be written ({error.strerror})")
    undo = restore_command(access.account, entry.change, access.actor, access.role)
    applied = Applied(change, ready, entry, undo)
    return _made(applied, entry, ledger) if ready.needed else applied


def prove(applied: Applied, dependencies: Dependencies) -> Steps[Outcome]:
    """Ask Bedrock until it lets the key do nothing, end what waited for that, and remember it."""
    # What was made earlier has no before.
    evidence = applied.change.evidence
    bedrock = evidence.bedrock if applied.ready.needed else ()
    before = {str(a.plane): a for a in bedrock if a.region == proven_in(evidence)}
    proof = yield from confirmed(applied.change, before, dependencies)
    outcome = _still_accepted(applied, proof) if proof.accepting else _proven(applied, proof)
    entry, done = applied.entry, outcome.state in ("done", "not-needed")
    if entry is None:
        return outcome
    return settle(outcome, dependencies.ledger, entry, "done" if done else "failed")


def refused(change: Change, reason: str, by_others: tuple[str, ...] = ()) -> Outcome:
    """Return that a change was not applied, with the commands for a person."""
    return _without_success(change, "refused", reason, by_others)


def _region_of(change: Change, witnesses: Witnesses) -> str:
    """Return where Bedrock knew the key, and so where it has to refuse it."""
    return proven_in(change.evidence) or region_of(change.evidence.key, witnesses)


def _prepared(change: Change, access: AccountAccess) -> Ready | Obstacle:
    try:
        return change.prepare(access)
    except Exception as error:  # noqa: BLE001  # whatever failed, nothing is known
        return Obstacle(f"AWS could not be asked ({refusal(error)})")


def _moved_on(change: Change, answers: tuple[BedrockAnswer, ...]) -> Outcome | None:
    """Judge the last probe: the owner may have acted since, and then nothing is ours to change."""
    evidence = change.evidence
    refusals = {(a.plane, a.region): a.refusals for a in evidence.bedrock}
    counted = tuple(
        replace(a, refusals=a.refusals + refusals.get((a.plane, a.region), 0)) if a.refusals else a
        for a in answers
    )
    again = verdict_from(replace(evidence, bedrock=counted))
    if again.state in ("live", "contained"):
        return None
    return refused(change, f"right before the change Bedrock answered otherwise: {again.reason}")


def _made(applied: Applied, entry: LedgerEntry, ledger: Ledger) -> Applied | Outcome:
    change, fingerprint = applied.change, applied.change.evidence.key.fingerprint
    with stated(purpose_of(change.action.name, fingerprint, change.until, entry.change)):
        try:
            applied.ready.write()
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            reason = f"IAM did not {change.deed} ({refusal(error)})"
            failure = _without_success(change, "failed", reason)
            return settle(failure, ledger, entry, "failed")
        return replace(applied, shortfall=applied.ready.follow())


def confirmed(
    change: Change, before: Mapping[str, BedrockAnswer], dependencies: Dependencies
) -> Steps[Confirmation]:
    """Confirm a change, once every other is made; `before` is what each plane said before it."""
    key, witnesses = change.evidence.key, dependencies.witnesses
    places = places_for(key, _region_of(change, witnesses))

    def hear(place: PlaneInRegion) -> Heard:
        answer = witnesses.prober.ask(place.plane, key, place.region, fresh=True)
        shows = change.shows(answer, before.get(place.plane))
        return Heard(place, answer, shows, witnesses.clock())

    yield 0.0
    return (
        yield from confirm(
            lambda asked: [*witnesses.executor.map(hear, asked)], places, witnesses.clock
        )
    )


def _proven(applied: Applied, proof: Confirmation) -> Outcome:
    change, ready = applied.change, applied.ready
    shortfall = applied.shortfall or _finished(applied, proof)
    state: OutcomeState = "done" if ready.needed else "not-needed"
    return Outcome(
        change.action.name,
        "failed" if shortfall else state,
        "; ".join((shortfall or ready.result, *_not_confirmed(proof))),
        refused_since=proof.refused_since,
        confirmed_at=proof.confirmed_at,
        seconds_to_dead=_seconds_to_dead(applied, proof),
        undo=applied.undo_if(finished=not shortfall),
        urgent=bool(shortfall or proof.missing),
    )


def _still_accepted(applied: Applied, proof: Confirmation) -> Outcome:
    reason = f"changed, but the key is still accepted: {'; '.join(proof.accepting)}"
    words = filter(None, (applied.shortfall, reason, *_not_confirmed(proof)))
    failure = _without_success(applied.change, "failed", "; ".join(words))
    return replace(failure, undo=applied.undo_if(finished=False))


def _not_confirmed(proof: Confirmation) -> tuple[str, ...]:
    return (f"not confirmed on {', '.join(proof.missing)}",) if proof.missing else ()


def _seconds_to_dead(applied: Applied, proof: Confirmation) -> float | None:
    """Return the seconds from the first probe on; what was made earlier has no such time."""
    if proof.refused_since is None or proof.confirmed_at is None or not applied.ready.needed:
        return None
    took = proof.refused_since - applied.change.evidence.clock.now
    return round(max(took.total_seconds(), 0.0), 1)


def _finished(applied: Applied, proof: Confirmation) -> str | None:
    """Do what waits for the confirmation; return what is left undone, also where there is none."""
    change, entry = applied.change, applied.entry
    if proof.confirmed_at is None:
        return change.unfinished
    fingerprint, name = change.evidence.key.fingerprint, entry.change if entry else None
    with stated(purpose_of(change.action.name, fingerprint, change=name)):
        return applied.ready.finish()


def restore_command(account: Account, change: str, actor: str, role: RoleToAssume | None) -> str:
    """Return how to undo a change, on any machine and with anybody's credentials of the account.

    `actor` made it, in its own account or by `role` in another. It is shell-quoted, and what may
    begin with "-" is joined to its option by "=".
    """
    words = ["bedrock-key-guard", "restore", "--account", account.account_id, "--change", change]
    if role is None:
        words += ["--guard", actor]
    else:
        words += ["--role-to-assume-template", role.template]
        words += [f"--external-id={role.external_id}"] if role.external_id else []
        words += [f"--session-tag={tag}" for tag in role.tags]
    return shlex.join(words)


def _without_success(
    change: Change, state: OutcomeState, reason: str, by_others: tuple[str, ...] = ()
) -> Outcome:
    by_hand = by_others or commands.by_hand(change.action)
    return Outcome(change.action.name, state, reason, commands=by_hand, urgent=True)
