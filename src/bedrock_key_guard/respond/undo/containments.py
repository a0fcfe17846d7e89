"""Gather what denies somebody the use of keys because of the guard: pure.

Of each key AWS says itself until when a policy is needed: CloudTrail has it from the call that made
the policy (see `purpose`), and an inline policy is named so. The ledger, which anybody may have
written, counts only for keys of which AWS says nothing, and for no longer than such keys live.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.iam.policy_documents import key_in_policy_name, read_policy_name
from bedrock_key_guard.model.times import read_time
from bedrock_key_guard.respond.ledger.records import Hold, PolicyAttached, PolicyPut
from bedrock_key_guard.verify.verdict import CLOCK_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bedrock_key_guard.model.evidence import HolderKind
    from bedrock_key_guard.respond.change_events import PolicyEvent
    from bedrock_key_guard.respond.ledger.entries import Entry

Place = tuple[str, str, str]

_LONGEST_LIFE = timedelta(hours=12)  # of a short-term key: no other is answered by a policy
_DIGITS = 12  # of the fingerprint: what the name of an inline policy holds of it


@dataclass(frozen=True, slots=True)
class Claim:
    """Say that one key needs a policy until some time.

    `policy` is the ARN of a managed policy, or the name of an inline one; `key` the start of a
    fingerprint. `by_aws` tells who says so, AWS or the ledger; `entry` is what the ledger knows.
    """

    kind: HolderKind
    holder: str
    policy: str
    key: str
    until: datetime
    by_aws: bool = True
    entry: Entry | None = None

    @property
    def place(self) -> Place:
        """Identify the policy of the user or role; names of holders ignore case."""
        return self.kind, self.holder.casefold(), self.policy


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
    def title(self) -> str:
        """Name who is denied."""
        return f"{self.kind} {self.holder}"

    @property
    def is_inline(self) -> bool:
        """Tell whether the policy is the holder's own, not a managed one."""
        return not self.policy.startswith("arn:")


def containments(
    entries: Iterable[Entry],
    events: Iterable[PolicyEvent],
    named: Iterable[Claim],
    now: datetime,
) -> list[Containment]:
    """Return every containment once, each for as long as the last key under it lives.

    `named` are the claims of the inline policies that a search of IAM has found.
    """
    believed = [entry for entry in entries if _counts(entry, now)]
    places: dict[Place, list[Claim]] = {}
    for claim in (*_recorded(events), *named, *_remembered(believed)):
        places.setdefault(claim.place, []).append(claim)
    return [_containment([*claims, *_held(claims[0], believed)]) for claims in places.values()]


def named_by(kind: HolderKind, holder: str, policies: Iterable[str]) -> Iterator[Claim]:
    """Yield the claims of the guard's own among the inline policies of a user or role."""
    for policy in policies:
        until = read_policy_name(policy)
        if until is not None:
            yield Claim(kind, holder, policy, key_in_policy_name(policy), until)


def _counts(entry: Entry, now: datetime) -> bool:
    """Tell whether a change still stands, and is not of a time that is still to come."""
    over = entry.phase in ("restored", "lifted")
    return not over and read_time(entry.time) <= now + CLOCK_TOLERANCE


def _recorded(events: Iterable[PolicyEvent]) -> Iterator[Claim]:
    for event in events:
        purpose = event.purpose
        if purpose is None or purpose.until is None:
            continue
        if event.name.startswith(("Attach", "Put")):
            key = purpose.key[:_DIGITS]
            yield Claim(event.kind, event.holder, event.policy, key, purpose.until)


def _remembered(entries: Iterable[Entry]) -> Iterator[Claim]:
    for entry in entries:
        record = entry.record
        if not isinstance(record, PolicyAttached | PolicyPut):
            continue
        named = read_policy_name(record.policy)
        until, key = named or _until(entry, record), entry.fingerprint[:_DIGITS]
        by_aws = named is not None
        yield Claim(record.kind, record.name, record.policy, key, until, by_aws, entry)


def _held(claim: Claim, entries: Iterable[Entry]) -> Iterator[Claim]:
    """Yield the claims of the keys that were found contained by what the claim is about."""
    for entry in entries:
        record = entry.record
        if not isinstance(record, Hold) or record.kind != claim.kind:
            continue
        if record.name.casefold() == claim.holder.casefold():
            until, key = _until(entry, record), entry.fingerprint[:_DIGITS]
            yield Claim(claim.kind, claim.holder, claim.policy, key, until, by_aws=False)


def _until(entry: Entry, record: PolicyAttached | PolicyPut | Hold) -> datetime:
    """Return until when the ledger says that a key lives, if it was one that can live so long."""
    return min(read_time(record.until), read_time(entry.time) + _LONGEST_LIFE)


def _containment(claims: Sequence[Claim]) -> Containment:
    told = {claim.key for claim in claims if claim.by_aws}
    until = max(claim.until for claim in claims if claim.by_aws or claim.key not in told)
    entries = tuple(claim.entry for claim in claims if claim.entry)
    first = claims[0]
    return Containment(first.kind, first.holder, first.policy, until, entries)
