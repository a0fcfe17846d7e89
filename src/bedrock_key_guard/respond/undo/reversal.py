"""Reverse what the guard did, where CloudTrail shows that it was the guard, and nobody since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.iam.principal import is_same
from bedrock_key_guard.model.response import Outcome
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.model.usage import Gap
from bedrock_key_guard.respond.change_events import since, unread
from bedrock_key_guard.respond.ledger.entries import Entry, Ledger, Phase, settle
from bedrock_key_guard.respond.purpose import Purpose, stated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bedrock_key_guard.aws.cloudtrail import Record
    from bedrock_key_guard.model.evidence import HolderKind

Undoing = Literal["restore", "lift"]
_PHASES: dict[Undoing, Phase] = {"restore": "restored", "lift": "lifted"}
_THEN: dict[Undoing, str] = {
    "restore": "its leaked key works again",
    "lift": "the last key under it has expired",
}
_LATE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold what CloudTrail shows from `since` on, and by which ARNs the guard is known."""

    events: Sequence[Record] | Gap
    guards: tuple[str, ...]
    since: datetime | None = None

    def changes(self, target: str, of: tuple[HolderKind, str] | None = None) -> list[Record]:
        """Return what was done to a credential, or to a policy of a user or role, oldest first."""
        events = () if isinstance(self.events, Gap) else self.events
        recent = since(self.since, events) if self.since else events
        its = [event for event in recent if event.target == target and not event.failed]
        return [event for event in its if of is None or event.is_of(*of)]

    def obstacle(
        self, deed: str, target: str, of: tuple[HolderKind, str] | None = None
    ) -> str | None:
        """Return why it is not shown that a guard's `deed` is the last change; None where it is."""
        if isinstance(self.events, Gap):
            return unread(self.events)
        changes = self.changes(target, of)
        if not changes:
            return f"CloudTrail does not show that the guard did it{self._late}"
        last = changes[-1]
        if not last.deed.startswith(deed):
            return f"somebody has changed it since: {last.deed} by {last.actor}"
        if not last.by_guard or not any(is_same(last.actor, guard) for guard in self.guards):
            return f"it was not the guard that did it, but {last.actor}"
        return None

    @property
    def _late(self) -> str:
        """Say when to look again: events come up to 15 minutes late (`LookupEvents`)."""
        if self.since is None:
            return ""
        return f": it may come 15 minutes late, so try again after {moment(self.since + _LATE)}"


@dataclass(frozen=True, slots=True)
class Reversal:
    """Hold how one change is undone; `promise` follows `would`, `result` says what is then."""

    promise: str
    result: str
    write: Callable[[], None]


def refused(reason: str) -> Outcome:
    """Return that something is not given back."""
    return Outcome("restore", "refused", reason)


def not_needed(reason: str) -> Outcome:
    """Return that there is nothing to give back."""
    return Outcome("restore", "not-needed", reason)


def reverse(
    by: Undoing,
    find: Callable[[], Reversal | Outcome],
    purpose: Purpose,
    entries: Iterable[Entry],
    ledger: Ledger,
    *,
    dry_run: bool,
) -> Outcome:
    """Find the way back, take it, and write so to the entries; return what became of it."""
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
    for entry in entries:
        outcome = settle(outcome, ledger, entry, _PHASES[by])
    return outcome
