"""Define what a scan finds and read, the incidents that it makes, and the case of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.keys.key import MalformedKey
from bedrock_key_guard.model.actions import KILLS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bedrock_key_guard.keys.key import Key
    from bedrock_key_guard.model.actions import Outcome
    from bedrock_key_guard.model.evidence import Verdict
    from bedrock_key_guard.model.origins import Location
    from bedrock_key_guard.model.usage import Usage

Confidence = Literal["exact", "malformed"]
GapKind = Literal["missing", "elsewhere", "unopened", "encrypted", "skipped"]


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

    @property
    def in_event(self) -> bool:
        """Return whether the event that started the run says it itself."""
        return any(each.source == "event" for each in self.locations)

    def by_strangers_alone(self, *, code_is_own: bool = True) -> bool:
        """Return whether nobody wrote it who may write to the repository.

        Of the code that was read that is known where it is the repository's own.
        """
        return all(
            each.origin.root.by_stranger if each.source == "event" else not code_is_own
            for each in self.locations
        )


@dataclass(frozen=True, slots=True, order=True)
class NotScanned:
    """Name something that was not read; what people have `accepted` leaves a scan complete.

    `missing` could not be read. `elsewhere` is not in the repository: an object of Git LFS, a
    submodule. `unopened` is a file that others can open. `encrypted` nobody opens without a
    password, and `skipped` holds nothing, as a pipe: these two are listed alone. With the module
    that it `wants` it could be read.
    """

    what: str
    kind: GapKind
    reason: str
    accepted: bool = False
    wants: str = ""

    @property
    def label(self) -> str:
        """Return the word for it in a report."""
        return "accepted" if self.accepted else self.kind

    @property
    def counts(self) -> bool:
        """Return whether a scan is incomplete for it."""
        return not self.accepted and self.kind not in ("encrypted", "skipped")


@dataclass(frozen=True, slots=True)
class Scanned:
    """Count what was read.

    `deep` tells whether every start of a key was searched for, or of a history only those that
    cover most.
    """

    sources: tuple[str, ...] = ()
    objects: int = 0
    bytes: int = 0
    range: str | None = None
    deep: bool = True


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
        """Return whether everything that had to be read was."""
        return not any(missed.counts for missed in self.not_scanned)


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
    return tuple(sorted(incidents, key=lambda incident: by_time(incident.locations[0])))


def _incident(fingerprint: str, group: list[Finding]) -> Incident:
    locations = tuple(sorted({finding.location for finding in group}, key=by_time))
    reasons = [finding.allowed for finding in group]
    return Incident(
        fingerprint=fingerprint,
        key=group[0].key,
        confidence=group[0].confidence,
        locations=locations,
        allowed=reasons[0] if all(reasons) else None,
    )


def by_time(place: Location) -> tuple[object, ...]:
    """Return what sorts places: the earliest leak first, and nothing by chance."""
    when = place.author_time.isoformat() if place.author_time else ""
    inside = (place.containers, place.encodings, place.commit or "", place.object or "")
    return (not when, when, place.source, place.path, place.line, place.column, inside)


@dataclass(frozen=True, slots=True)
class Case:
    """Hold one incident with all that became of it, as far as the run went.

    `beside_unproven` tells that some place of it leads to a key that is not proven dead.
    """

    incident: Incident
    verdict: Verdict | None = None
    outcome: Outcome | None = None
    issue_url: str | None = None
    usage: Usage | None = None
    beside_unproven: bool = False

    @property
    def is_whole(self) -> bool:
        """Return whether there is a key to ask about, and no part of one."""
        return not isinstance(self.incident.key, MalformedKey)

    @property
    def dead(self) -> bool:
        """Return whether the key is proven dead, before or by the run's response.

        One that is contained is not: it works again as soon as somebody lifts what denies it.
        """
        outcome = self.outcome
        if outcome is not None and outcome.confirmed_dead and outcome.action in KILLS:
            return True
        return self.verdict is not None and self.verdict.proves_dead

    @property
    def leads_to_dead_keys_alone(self) -> bool:
        """Return whether its places show nobody a key that may work."""
        return self.dead and not self.beside_unproven
