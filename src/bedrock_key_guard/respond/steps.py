"""Take the six steps of a change, the same for all of them.

Probe once more, write the intent to the ledger, change, confirm with Bedrock, write the result, say
how to undo it. Killed anywhere, the next run finds in AWS what was done.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.model import MalformedKey, Outcome
from bedrock_key_guard.respond.change import Obstacle
from bedrock_key_guard.respond.confirm import confirm
from bedrock_key_guard.respond.ledger import settle
from bedrock_key_guard.respond.purpose import purpose_of, stated
from bedrock_key_guard.verify.evidence import ask_planes, begin_asking, region_of
from bedrock_key_guard.verify.verdict import verdict_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from bedrock_key_guard.aws.session import NoSession
    from bedrock_key_guard.keys.key import WholeKey
    from bedrock_key_guard.model import BedrockAnswer, OutcomeState
    from bedrock_key_guard.respond.change import Change, Ready
    from bedrock_key_guard.respond.hands import Hands
    from bedrock_key_guard.respond.ledger import Entry, Ledger
    from bedrock_key_guard.verify.evidence import Witnesses


@dataclass(frozen=True, slots=True)
class Means:
    """Hold what a response needs: who acts in an account, who is asked, where it is remembered.

    `hands_of` says why where nobody can act; `clock` counts seconds.
    """

    hands_of: Callable[[str], Hands | NoSession]
    witnesses: Witnesses
    ledger: Ledger
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Begun:
    """Hold a change that is made and has to be proven; `shortfall` is what was left undone."""

    ready: Ready
    entry: Entry
    started: float
    shortfall: str | None = None


def begin(change: Change, hands: Hands, means: Means) -> Begun | Outcome:
    """Make the change, or return why it was not made."""
    key = _key(change)
    asked = begin_asking(key, region_of(key, means.witnesses), means.witnesses)
    ready = _prepared(change, hands)
    if isinstance(ready, Obstacle):
        return refused(change, ready.reason, ready.commands)
    moved = _moved_on(change, asked())
    if moved is not None:
        return moved
    try:
        entry = _open(change, ready, hands, means)
    except OSError as error:
        return refused(change, f"the ledger cannot be written ({error.strerror})")
    begun = Begun(ready, entry, means.clock())
    return _made(change, begun, hands, means) if ready.needed else begun


def prove(change: Change, begun: Begun, hands: Hands, means: Means) -> Outcome:
    """Ask Bedrock until it lets the key do nothing, end what waited for that, and remember it."""
    outcome = _proven(change, begun, hands, means)
    done = outcome.state in ("done", "not-needed")
    return settle(outcome, means.ledger, begun.entry, "done" if done else "failed")


def refused(change: Change, reason: str, commands: tuple[str, ...] = ()) -> Outcome:
    """Return that a change was not begun, with the commands for a person."""
    return _without_success(change, "refused", reason, commands)


def _prepared(change: Change, hands: Hands) -> Ready | Obstacle:
    try:
        return change.prepare(hands)
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


def _open(change: Change, ready: Ready, hands: Hands, means: Means) -> Entry:
    return means.ledger.open_change(
        action=change.order.action.name,
        actor=hands.actor,
        account=hands.account,
        fingerprint=change.order.incident.fingerprint,
        record=ready.record,
    )


def _made(change: Change, begun: Begun, hands: Hands, means: Means) -> Begun | Outcome:
    action, fingerprint = change.order.action.name, change.order.incident.fingerprint
    with stated(purpose_of(action, fingerprint, change.until)):
        try:
            change.write(hands, begun.ready.record)
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            reason = f"IAM did not {change.deed} ({refusal(error)})"
            failure = _without_success(change, "failed", reason)
            return settle(failure, means.ledger, begun.entry, "failed")
        return replace(begun, shortfall=change.follow(hands))


def _proven(change: Change, begun: Begun, hands: Hands, means: Means) -> Outcome:
    key, before = _key(change), _before(change, begun)
    region = region_of(key, means.witnesses)
    proof = confirm(
        lambda: ask_planes(key, region, means.witnesses),
        proves=lambda answer: change.proves(answer, before.get(answer.plane)),
        clock=means.clock,
        sleep=means.witnesses.sleep,
    )
    seconds = round(means.clock() - begun.started, 1)
    if not proof.dead:
        reason = f"changed, but after {seconds} seconds not refused everywhere: {proof.last}"
        told = f"{begun.shortfall}; {reason}" if begun.shortfall else reason
        failure = _without_success(change, "failed", told)
        return replace(failure, undo=_undo(change, begun, means, finished=False))
    shortfall = begun.shortfall or _finished(change, hands)
    state: OutcomeState = "done" if begun.ready.needed else "not-needed"
    return Outcome(
        change.order.action.name,
        "failed" if shortfall else state,
        shortfall or change.done(begun.ready.record),
        confirmed_dead=True,
        seconds_to_dead=seconds if begun.ready.needed else None,
        undo=_undo(change, begun, means, finished=not shortfall),
        urgent=bool(shortfall),
    )


def _finished(change: Change, hands: Hands) -> str | None:
    with stated(purpose_of(change.order.action.name, change.order.incident.fingerprint)):
        return change.finish(hands)


def _before(change: Change, begun: Begun) -> dict[str, BedrockAnswer]:
    """Return what each plane said before the change; what was made earlier has no before."""
    if not begun.ready.needed:
        return {}
    return {answer.plane: answer for answer in change.order.verdict.evidence.bedrock}


def _undo(change: Change, begun: Begun, means: Means, *, finished: bool) -> str | None:
    if not begun.ready.needed or not change.can_be_undone(finished=finished):
        return None
    ledger, name = str(means.ledger.path), begun.entry.change
    return shlex.join(("bedrock-key-guard", "restore", "--ledger", ledger, "--change", name))


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
