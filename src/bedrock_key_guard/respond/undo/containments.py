"""Gather what denies somebody the use of keys because of the guard: pure.

The ledger knows for which key each was made and until when that key lives. CloudTrail knows it too,
for every call of the guard says so (see `purpose`), and the name of an inline policy says it as
well: each is enough where the others are lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bedrock_key_guard.respond.ledger_records import Hold, PolicyAttached, PolicyPut, moment
from bedrock_key_guard.respond.policy_documents import read_policy_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from bedrock_key_guard.respond.change_events import PolicyEvent
    from bedrock_key_guard.respond.ledger import Entry
    from bedrock_key_guard.respond.ledger_records import HolderKind

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Containment:
    """Hold one policy that denies, who has it, and until when the last of its keys lives.

    `policy` is the ARN of a managed policy, or the name of an inline one. `entries` are what the
    ledger knows of it.
    """

    kind: HolderKind
    holder: str
    policy: str
    until: datetime
    entries: tuple[Entry, ...] = ()

    @property
    def is_inline(self) -> bool:
        """Tell whether the policy is the holder's own, not a managed one."""
        return not self.policy.startswith("arn:")

    @property
    def place(self) -> Place:
        """Identify the policy of the user or role; names of holders ignore case."""
        return self.kind, self.holder.casefold(), self.policy

    def joined(self, other: Containment) -> Containment:
        """Return both as one, for as long as either is needed."""
        until = max(self.until, other.until)
        return replace(self, until=until, entries=(*self.entries, *other.entries))


def containments(
    entries: Iterable[Entry], events: Iterable[PolicyEvent], named: Iterable[Containment] = ()
) -> list[Containment]:
    """Return every containment once, each for as long as the last key under it lives.

    `named` are those that a search of IAM has found.
    """
    entries = [entry for entry in entries if entry.phase not in ("restored", "lifted")]
    gathered: dict[Place, Containment] = {}
    for containment in (*_remembered(entries), *_recorded(events), *named):
        known = gathered.get(containment.place)
        gathered[containment.place] = known.joined(containment) if known else containment
    return [_held(containment, entries) for containment in gathered.values()]


def named_by(kind: HolderKind, holder: str, policies: Iterable[str]) -> Iterator[Containment]:
    """Yield the containments among the inline policies of a user or role, by their names."""
    for policy in policies:
        until = read_policy_name(policy)
        if until is not None:
            yield Containment(kind, holder, policy, until)


def _remembered(entries: Iterable[Entry]) -> Iterator[Containment]:
    for entry in entries:
        record = entry.record
        if isinstance(record, PolicyAttached | PolicyPut):
            until = moment(record.until)
            yield Containment(record.kind, record.name, record.policy, until, (entry,))


def _recorded(events: Iterable[PolicyEvent]) -> Iterator[Containment]:
    for event in events:
        purpose = event.purpose
        if purpose is None or purpose.until is None:
            continue
        if event.name.startswith(("Attach", "Put")):
            yield Containment(event.kind, event.holder, event.policy, purpose.until)


def _held(containment: Containment, entries: Iterable[Entry]) -> Containment:
    """Prolong a containment for the keys that were found contained by it."""
    for entry in entries:
        record = entry.record
        if not isinstance(record, Hold) or record.kind != containment.kind:
            continue
        if record.name.casefold() == containment.holder.casefold():
            until = max(containment.until, moment(record.until))
            containment = replace(containment, until=until)
    return containment
