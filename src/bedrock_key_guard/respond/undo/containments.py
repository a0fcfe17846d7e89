"""Gather what denies somebody the use of keys because of the guard: pure.

Of each key AWS says itself until when a policy is needed: CloudTrail has it from the call that made
the policy (see `purpose`), and an inline policy is named so. The ledger, which anybody may have
written, counts only for keys of which AWS says nothing, and for no longer than such keys live.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.iam.policy_documents import read_policy_name
from bedrock_key_guard.model.evidence import CLOCK_TOLERANCE
from bedrock_key_guard.model.times import read_time
from bedrock_key_guard.respond.ledger.records import Hold, PolicyAttached, PolicyPut
from bedrock_key_guard.respond.purpose import purpose_behind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bedrock_key_guard.aws.cloudtrail import Record
    from bedrock_key_guard.model.principals import HolderKind
    from bedrock_key_guard.respond.ledger.entries import LedgerEntry

_LONGEST_LIFE = timedelta(hours=12)  # of a short-term key: no other is answered by a policy
_DIGITS = 12  # of the fingerprint: what the name of an inline policy holds of it


@dataclass(frozen=True, slots=True)
class _OfPolicy:
    """Name a policy of a user or role, by the ARN of a managed or the name of an inline one."""

    kind: HolderKind
    name: str
    policy: str

    @property
    def title(self) -> str:
        """Name who is denied."""
        return f"{self.kind} {self.name}"

    @property
    def is_inline(self) -> bool:
        """Return whether the policy is the holder's own, not a managed one."""
        return not self.policy.startswith("arn:")


@dataclass(frozen=True, slots=True)
class Claim(_OfPolicy):
    """Say that one key needs a policy until some time; `key` is the start of its fingerprint.

    `by_aws` is whether AWS says so, and not the ledger alone; `entry` is what the ledger knows.
    """

    key: str
    until: datetime
    by_aws: bool = True
    entry: LedgerEntry | None = None


@dataclass(frozen=True, slots=True)
class Containment(_OfPolicy):
    """Say until when the last key lives that a policy is for; `entries` are the ledger's of it."""

    until: datetime
    entries: tuple[LedgerEntry, ...] = ()


def containments(
    entries: Iterable[LedgerEntry],
    events: Iterable[Record],
    named: Iterable[Claim],
    now: datetime,
) -> list[Containment]:
    """Return every containment once, each for as long as the last key under it lives.

    `named` are the claims of the inline policies that a search of IAM has found.
    """
    believed = [entry for entry in entries if _counts(entry, now)]
    policies = defaultdict[tuple[str, ...], list[Claim]](list)
    for claim in (*_recorded(events), *named, *_remembered(believed)):
        policies[claim.kind, claim.name.casefold(), claim.policy].append(claim)
    return [_containment([*claims, *_held(claims[0], believed)]) for claims in policies.values()]


def named_by(kind: HolderKind, name: str, policies: Iterable[str]) -> Iterator[Claim]:
    """Yield the claims of the guard's own among the inline policies of a user or role."""
    for policy in policies:
        named = read_policy_name(policy)
        if named is not None:
            yield Claim(kind, name, policy, until=named[0], key=named[1])


def _counts(entry: LedgerEntry, now: datetime) -> bool:
    """Return whether a change still stands, and is not of a time that is still to come."""
    return not entry.over and read_time(entry.time) <= now + CLOCK_TOLERANCE


def _recorded(events: Iterable[Record]) -> Iterator[Claim]:
    for event in events:
        purpose = purpose_behind(event)
        if purpose is None or purpose.until is None:
            continue
        if event.name.startswith(("Attach", "Put")):
            yield Claim(*event.holder, event.target, purpose.key[:_DIGITS], purpose.until)


def _remembered(entries: Iterable[LedgerEntry]) -> Iterator[Claim]:
    for entry in entries:
        record = entry.record
        if not isinstance(record, PolicyAttached | PolicyPut):
            continue
        named = read_policy_name(record.policy)
        until = named[0] if named else _until(entry, record)
        key = entry.fingerprint[:_DIGITS]
        yield Claim(record.kind, record.name, record.policy, key, until, named is not None, entry)


def _held(claim: Claim, entries: Iterable[LedgerEntry]) -> Iterator[Claim]:
    """Yield the claims of the keys that were found contained by what the claim is about."""
    for entry in entries:
        record = entry.record
        if not isinstance(record, Hold) or record.kind != claim.kind:
            continue
        if record.name.casefold() == claim.name.casefold():
            until, key = _until(entry, record), entry.fingerprint[:_DIGITS]
            yield Claim(claim.kind, claim.name, claim.policy, key, until, by_aws=False)


def _until(entry: LedgerEntry, record: PolicyAttached | PolicyPut | Hold) -> datetime:
    """Return until when the ledger says that a key lives, if it was one that can live so long."""
    return min(read_time(record.until), read_time(entry.time) + _LONGEST_LIFE)


def _containment(claims: Sequence[Claim]) -> Containment:
    known = {claim.key for claim in claims if claim.by_aws}
    until = max(claim.until for claim in claims if claim.by_aws or claim.key not in known)
    entries = tuple(claim.entry for claim in claims if claim.entry)
    first = claims[0]
    return Containment(first.kind, first.name, first.policy, until, entries)
