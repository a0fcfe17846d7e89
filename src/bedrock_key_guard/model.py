"""Define the values that flow from bytes to issue.

bytes ─scan→ Finding ─group→ Incident ─verify→ Verdict
          ─plan→ Action ─respond→ Outcome ─report→ people
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from bedrock_key_guard.keys.key import Key, LongTermKey, MalformedKey, ShortTermKey, WholeKey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

__all__ = [
    "Account",
    "Action",
    "AllowedAccounts",
    "BedrockAnswer",
    "Clock",
    "Confidence",
    "CredentialRecord",
    "Evidence",
    "Finding",
    "IamAnswer",
    "Incident",
    "Key",
    "Location",
    "LongTermKey",
    "MalformedKey",
    "NotScanned",
    "Outcome",
    "Scan",
    "Scanned",
    "ShortTermKey",
    "TrailAnswer",
    "Verdict",
    "incidents_of",
    "joined",
]

Confidence = Literal["exact", "malformed"]
Source = Literal[
    "working-tree",
    "index",
    "blob",
    "commit-message",
    "tag-message",
    "note",
    "unreachable",
    "stdin",
]


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """Say where a key stands; `line` and `column` count from 1, columns in characters.

    `object` is the Git object id of what was read, where there is one; `at_tip` tells whether a
    branch still has it.
    """

    source: Source
    path: str
    line: int
    column: int
    object: str | None = None
    commit: str | None = None
    author_time: datetime | None = None
    at_tip: bool | None = None
    containers: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Report one key in one place; `allowed` says why people need not see it, if they need not."""

    key: Key
    confidence: Confidence
    location: Location
    allowed: str | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """Gather every place of one key, the earliest leak first.

    `allowed` is set where every place is allow-listed; a key proven live is shown all the same.
    """

    fingerprint: str
    key: Key
    confidence: Confidence
    locations: tuple[Location, ...]
    allowed: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class NotScanned:
    """Name something that was not read: `missing` makes a scan incomplete, `opaque` does not."""

    what: str
    kind: Literal["missing", "opaque"]
    reason: str


@dataclass(frozen=True, slots=True)
class Scanned:
    """Count what was read.

    `deep` tells whether every start of a key was searched for, or of a history only those that
    cover most; `since_last` whether only what was new was read.
    """

    sources: tuple[str, ...] = ()
    objects: int = 0
    bytes: int = 0
    range: str | None = None
    deep: bool = True
    since_last: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """Give the findings of a scan, what was read, and what was not.

    `notes` are sentences for people; `interrupted` tells that a person stopped it.
    """

    findings: tuple[Finding, ...] = ()
    scanned: Scanned = field(default_factory=Scanned)
    not_scanned: tuple[NotScanned, ...] = ()
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        """Tell whether everything that had to be read was."""
        return not any(missed.kind == "missing" for missed in self.not_scanned)


def joined(one: Scan, other: Scan) -> Scan:
    """Return two scans as one: what it read it counts together, and what either says it says."""
    first, second = one.scanned, other.scanned
    return Scan(
        findings=(*one.findings, *other.findings),
        scanned=Scanned(
            sources=tuple(dict.fromkeys((*first.sources, *second.sources))),
            objects=first.objects + second.objects,
            bytes=first.bytes + second.bytes,
            range=first.range or second.range,
            deep=first.deep and second.deep,
            since_last=first.since_last and second.since_last,
        ),
        not_scanned=tuple(sorted({*one.not_scanned, *other.not_scanned})),
        notes=tuple(dict.fromkeys((*one.notes, *other.notes))),
        interrupted=one.interrupted or other.interrupted,
    )


def incidents_of(findings: Iterable[Finding]) -> tuple[Incident, ...]:
    """Group findings into incidents, one per key, in an order that repeats."""
    by_key: dict[str, list[Finding]] = {}
    for finding in findings:
        by_key.setdefault(finding.key.fingerprint, []).append(finding)
    incidents = [_incident(fingerprint, group) for fingerprint, group in by_key.items()]
    return tuple(sorted(incidents, key=lambda incident: _order(incident.locations[0])))


def _incident(fingerprint: str, group: list[Finding]) -> Incident:
    locations = tuple(sorted({finding.location for finding in group}, key=_order))
    reasons = [finding.allowed for finding in group]
    return Incident(
        fingerprint=fingerprint,
        key=group[0].key,
        confidence=group[0].confidence,
        locations=locations,
        allowed=reasons[0] if all(reasons) else None,
    )


def _order(place: Location) -> tuple[object, ...]:
    """Put the earliest leak first, and leave nothing to chance."""
    when = place.author_time.isoformat() if place.author_time else ""
    inside = (place.containers, place.encodings, place.commit or "", place.object or "")
    return (not when, when, place.source, place.path, place.line, place.column, inside)


# ── evidence ────────────────────────────────────────────────────────────────────────────────────

Plane = Literal["bedrock", "bedrock-mantle"]
BedrockState = Literal["accepted", "denied", "refused", "expired", "unknown", "not-offered"]


@dataclass(frozen=True, slots=True)
class Clock:
    """Hold our own time beside a key's nominal expiry (None for a long-term key)."""

    now: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BedrockAnswer:
    """Record what one plane of Bedrock said to the key.

    `denied` names the `principal` and the `denied_action`; it means that the key is authentic.
    `refused` counts how often in a row. `unknown` is any answer that proves nothing.
    """

    plane: Plane
    region: str
    state: BedrockState
    asked_at: datetime
    detail: str = ""
    status: int | None = None
    principal: str | None = None
    denied_action: str | None = None
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """Name an AWS account and the partition that it lives in."""

    account_id: str
    partition: str = "aws"


@dataclass(frozen=True, slots=True)
class CredentialRecord:
    """Hold what IAM tells of a service-specific credential: everything but the secret."""

    credential_id: str
    user_name: str
    alias: str
    service_name: str
    status: Literal["Active", "Inactive", "Expired"]
    created_at: datetime
    expires_at: datetime | None = None


IamState = Literal["found", "absent", "inactive", "unknown"]


@dataclass(frozen=True, slots=True)
class IamAnswer:
    """Record what IAM of `account` said.

    For a long-term key: `found` with its `credential`, or `absent` after a completed listing. For
    the access key that signed a short-term key: `found` (it may still sign), `inactive` or
    `absent`. `unknown` with the reason is anything that could not be found out.
    """

    state: IamState
    asked_at: datetime
    account: Account | None = None
    credential: CredentialRecord | None = None
    user_name: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TrailAnswer:
    """Record whom CloudTrail knows by the access key that signed a short-term key.

    `found` names the `principal` that acted and the `issuer`, the user or role whose session it
    was (the principal itself where there was no session); both are ARNs. `absent` after a completed
    look-up, `unknown` with the reason where it could not be found out.
    """

    state: Literal["found", "absent", "unknown"]
    region: str
    asked_at: datetime
    principal: str | None = None
    issuer: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AllowedAccounts:
    """Record whether the key's account is one that the guard may touch.

    `accounts` is the allow-list, None where it is unknown. `account_id` is the key's account:
    `decoded` from the key, `named` by STS, or None where STS knows none (`not-found`) or could not
    be asked (`failed`).
    """

    account_id: str | None
    accounts: frozenset[str] | None
    lookup: Literal["decoded", "named", "not-found", "failed"] = "decoded"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Gather everything a verdict rests on: what was asked, what was answered, and when."""

    key: WholeKey
    clock: Clock
    allowed: AllowedAccounts
    bedrock: tuple[BedrockAnswer, ...] = ()
    iam: IamAnswer | None = None
    trail: TrailAnswer | None = None
    notes: tuple[str, ...] = ()


VerdictState = Literal["live", "contained", "rejected", "unverified", "dead", "foreign"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """State what became of a key, with the reason and the evidence for it."""

    state: VerdictState
    reason: str
    evidence: Evidence
    principal: str | None = None


# ── response ────────────────────────────────────────────────────────────────────────────────────

Change = Literal["disable", "reset", "delete", "strip-policies", "quarantine", "revoke-sessions"]
CHANGES: frozenset[Change] = frozenset(get_args(Change))
ActionName = Literal[Change, "restore", "lift", "manual", "nothing"]
OutcomeState = Literal["done", "dry-run", "not-needed", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Action:
    """Say what to do about an incident: a change, the commands for a person, or nothing.

    `urgent` marks what a person has to look at now; `commands` are shell-quoted, one per line.
    """

    name: ActionName
    reason: str
    commands: tuple[str, ...] = ()
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """Say what became of an action.

    `seconds_to_dead` runs from the first write to the last refusal; `undo` is the command that
    takes the change back, or None where nothing can.
    """

    action: ActionName
    state: OutcomeState
    reason: str
    confirmed_dead: bool = False
    seconds_to_dead: float | None = None
    undo: str | None = None
    commands: tuple[str, ...] = ()
    urgent: bool = False
