"""Define the values that say who used a key, and what else that user could do.

Times are in UTC, to the second, as CloudTrail gives them. Addresses, agents, models, errors and
names are text that whoever used the key had a part in: each renderer makes it harmless.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

Dimension = Literal[
    "event",
    "model",
    "region",
    "error",
    "address",
    "agent",
    "inference_region",
    "principal",
    "made_in",
]
IndicatorName = Literal[
    "new-address",
    "new-agent",
    "many-regions",
    "burst",
    "probing",
    "entitlement",
    "spending",
    "concealment",
    "persistence",
]
GapKind = Literal["refused", "throttled", "unanswered", "unreadable", "bound"]
ReachName = Literal[
    "Bedrock and other service-specific credentials",
    "access keys",
    "console password",
    "MFA devices",
    "attached policies",
    "inline policies",
    "groups",
]


@dataclass(frozen=True, slots=True, order=True)
class EventPoint:
    """Point to one event of CloudTrail."""

    time: datetime
    event_id: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Count the calls that have one value in common, and point to the first and the last."""

    value: str
    calls: int
    errors: int
    first: EventPoint
    last: EventPoint


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Hold the most used values of one dimension, and what the others come to.

    `more` counts the other values; with `at_least` there were too many of them to tell apart, and
    `more` is a lower bound. `more_calls` is exact.
    """

    tallies: tuple[Tally, ...] = ()
    more: int = 0
    more_calls: int = 0
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Hour:
    """Count the calls that began in the hour from `begin`; `first` is one of them."""

    begin: datetime
    calls: int
    errors: int
    first: EventPoint


@dataclass(frozen=True, slots=True)
class UserChange:
    """Record who made, changed or removed a credential or a permission of the key's user.

    `target` is the credential, policy or group; `of_key` tells that it is the leaked key itself,
    `by_guard` that its user agent names a guard.
    """

    name: str
    seen: EventPoint
    actor: str
    address: str
    agent: str
    target: str = ""
    error: str = ""
    of_key: bool = False
    by_guard: bool = False


@dataclass(frozen=True, slots=True)
class Indicator:
    """Say what looks like abuse, with the events behind it; `more` counts those left out."""

    name: IndicatorName
    sentence: str
    events: tuple[EventPoint, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class TrailGap:
    """Name a part of the trail that was not read, and why: it may hold what is missing here."""

    what: str
    reason: str
    kind: GapKind = "refused"


@dataclass(frozen=True, slots=True)
class Holding:
    """List what the user or role holds of one kind; `unknown` says why that was not found out."""

    name: ReachName
    values: tuple[str, ...] = ()
    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Say what else whoever has the key's user or role could do: `holder` is its ARN or name."""

    holder: str
    holdings: tuple[Holding, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Say who used a key from `begin` to `end`, as far as CloudTrail tells.

    `subject` is whom CloudTrail was asked about. `calls` leaves out the guard's own `probes`;
    `since_leak` counts those of them that came after the leak, None where nobody knows when it was.
    `gaps` are what could not be read this time; `limits` hold for every look at the trail.
    """

    subject: str
    begin: datetime
    end: datetime
    leaked_at: datetime | None = None
    responded_at: datetime | None = None
    calls: int = 0
    since_leak: int | None = None
    errors: int = 0
    first: EventPoint | None = None
    last: EventPoint | None = None
    probes: Tally | None = None
    by: tuple[tuple[Dimension, Breakdown], ...] = ()
    hours: tuple[Hour, ...] = ()
    changes: tuple[UserChange, ...] = ()
    more_changes: int = 0
    indicators: tuple[Indicator, ...] = ()
    gaps: tuple[TrailGap, ...] = ()
    limits: tuple[str, ...] = ()
    reach: Reach | None = None

    @property
    def complete(self) -> bool:
        """Return whether everything was read that CloudTrail offers."""
        return not self.gaps
