"""Gather what denies somebody the use of keys because of the guard: pure.

The ledger knows for which key each was made and until when that key lives. CloudTrail knows it too,
for every call of the guard says so (see `purpose`), and the name of an inline policy says it as
well: each is enough where the others are lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bedrock_key_guard.respond.documents import read_policy_name
from bedrock_key_guard.respond.records import Hold, PolicyAttached, PolicyPut, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from bedrock_key_guard.respond.ledger import Entry
    from bedrock_key_guard.respond.records import HolderKind
    from bedrock_key_guard.respond.trail import PolicyEvent

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Restraint:
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

    def joined(self, other: Restraint) -> Restraint:
        """Return both as one, for as long as either is needed."""
        until = max(self.until, other.until)
        return replace(self, until=until, entries=(*self.entries, *other.entries))


def restraints(
    entries: Iterable[Entry], events: Iterable[PolicyEvent], named: Iterable[Restraint] = ()
) -> list[Restraint]:
    """Return every restraint once, each for as long as the last key under it lives.

    `named` are those that a search of IAM has found.
    """
    entries = [entry for entry in entries if entry.phase not in ("restored", "lifted")]
    gathered: dict[Place, Restraint] = {}
    for restraint in (*_remembered(entries), *_recorded(events), *named):
        known = gathered.get(restraint.place)
        gathered[restraint.place] = known.joined(restraint) if known else restraint
    return [_held(restraint, entries) for restraint in gathered.values()]


def named_by(kind: HolderKind, holder: str, policies: Iterable[str]) -> Iterator[Restraint]:
    """Yield the restraints among the inline policies of a user or role, by their names."""
    for policy in policies:
        until = read_policy_name(policy)
        if until is not None:
            yield Restraint(kind, holder, policy, until)


def _remembered(entries: Iterable[Entry]) -> Iterator[Restraint]:
    for entry in entries:
        record = entry.record
        if isinstance(record, PolicyAttached | PolicyPut):
            until = moment(record.until)
            yield Restraint(record.kind, record.name, record.policy, until, (entry,))


def _recorded(events: Iterable[PolicyEvent]) -> Iterator[Restraint]:
    for event in events:
        purpose = event.purpose
        if purpose is None or purpose.until is None:
            continue
        if event.name.startswith(("Attach", "Put")):
            yield Restraint(event.kind, event.holder, event.policy, purpose.until)


def _held(restraint: Restraint, entries: Iterable[Entry]) -> Restraint:
    """Prolong a restraint for the keys that were found contained by it."""
    for entry in entries:
        record = entry.record
        if not isinstance(record, Hold) or record.kind != restraint.kind:
            continue
        if record.name.casefold() == restraint.holder.casefold():
            until = max(restraint.until, moment(record.until))
            restraint = replace(restraint, until=until)
    return restraint
