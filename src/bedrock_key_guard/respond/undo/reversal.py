"""Reverse what the guard did, where CloudTrail shows that it was the guard, and nobody since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.model.usage import TrailGap
from bedrock_key_guard.respond.change_events import is_by, since, unread
from bedrock_key_guard.respond.ledger.entries import Ledger, LedgerEntry, Phase, settle
from bedrock_key_guard.respond.purpose import Purpose, purpose_behind, stated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bedrock_key_guard.aws.cloudtrail import Record
    from bedrock_key_guard.model.principals import HolderKind

Undoing = Literal["restore", "lift"]
_PHASES: dict[Undoing, Phase] = {"restore": "restored", "lift": "lifted"}
_THEN: dict[Undoing, str] = {
    "restore": "its leaked key works again",
    "lift": "the last key under it has expired",
}
LATE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold what CloudTrail shows `now` from `since` on, and by which ARNs the guard is known.

    Where `change` names one, no other change of the guard's counts for it.
    """

    events: Sequence[Record] | TrailGap
    guards: tuple[str, ...]
    since: datetime | None = None
    now: datetime | None = None
    change: str | None = None

    def changes(self, target: str, of: tuple[HolderKind, str] | None = None) -> list[Record]:
        """Return what was done to a credential, or to a policy of a user or role, oldest first."""
        events = () if isinstance(self.events, TrailGap) else self.events
        recent = since(self.since, events) if self.since else events
        its = [event for event in recent if event.target == target and not event.failed]
        return [event for event in its if of is None or event.is_of(*of)]

    def obstacle(
        self, deed: str, target: str, of: tuple[HolderKind, str] | None = None
    ) -> str | None:
        """Return why it is not shown that a guard's `deed` is the last change; None where it is."""
        if isinstance(self.events, TrailGap):
            return unread(self.events)
        changes = self.changes(target, of)
        if not changes:
            late = too_early(self.since, self.now) if self.since and self.now else ""
            return f"CloudTrail does not show that the guard did it{late}"
        last = changes[-1]
        if not last.deed.startswith(deed):
            return f"somebody has changed it since: {last.deed} by {last.actor}"
        if not is_by(last, self.guards):
            return not_the_guard(last)
        purpose = purpose_behind(last)
        if self.change and purpose and purpose.change not in (None, self.change):
            return f"the guard has changed it again since: {last.deed}, change {purpose.change}"
        return None


@dataclass(frozen=True, slots=True)
class Reversal:
    """Hold how one change is undone; `promise` follows `would`, `result` says what is then."""

    promise: str
    result: str
    write: Callable[[], None]


def too_early(made: datetime, now: datetime) -> str:
    """Say when to look again, "" where that is over: events come 15 minutes late (`LookupEvents`).

    A time that is still to come is of a fast clock.
    """
    if now - made >= LATE:
        return ""
    return f": it may come 15 minutes late, so try again after {moment(min(made, now) + LATE)}"


def not_the_guard(event: Record) -> str:
    """Say who did what the guard is said to have done."""
    hint = " (if that is the guard, name it with --guard)" if event.by_guard else ""
    return f"it was not the guard that did it, but {event.actor}{hint}"


def refused(reason: str, by_hand: tuple[str, ...] = ()) -> Outcome:
    """Return that something is not given back, and the commands for a person."""
    return Outcome("restore", "refused", reason, commands=by_hand)


def not_needed(reason: str) -> Outcome:
    """Return that there is nothing to give back."""
    return Outcome("restore", "not-needed", reason)


def reverse(
    by: Undoing,
    find: Callable[[], Reversal | Outcome],
    purpose: Purpose,
    entries: Iterable[LedgerEntry],
    ledger: Ledger | None,
    *,
    dry_run: bool,
) -> Outcome:
    """Find the way back, take it, and write so to the entries of a ledger; return what became."""
    try:
        way = find()
    except Exception as error:  # noqa: BLE001  # whatever failed, nothing is shown
        way = refused(f"AWS could not be asked ({refusal(error)})")
    if isinstance(way, Outcome):
        return replace(way, action=by)
    if dry_run:
        return Outcome(by, "dry-run", f"would {way.promise}: {_THEN[by]}")
    with stated(purpose):
        try:
            way.write()
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            return Outcome(by, "failed", f"it was not {_PHASES[by]} ({refusal(error)})")
    outcome = Outcome(by, "done", f"{way.result}: {_THEN[by]}")
    if ledger is not None:
        for entry in entries:
            outcome = settle(outcome, ledger, entry, _PHASES[by])
    return outcome
