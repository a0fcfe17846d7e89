"""Say in words who used a key, for every renderer; values in them are untrusted text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.model.times import moment
from bedrock_key_guard.report.totals import plural

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bedrock_key_guard.model.usage import (
        Breakdown,
        Change,
        Dimension,
        Gap,
        Holding,
        Indicator,
        IndicatorName,
        Sighting,
        Tally,
        Usage,
    )
    from bedrock_key_guard.report.terminal.details import Row

HEADINGS: dict[Dimension, str] = {
    "event": "operations",
    "model": "models",
    "region": "regions",
    "inference_region": "inference in",
    "error": "errors",
    "address": "addresses",
    "agent": "programs",
    "principal": "principals",
}
SIGNS: dict[IndicatorName, str] = {
    "new-address": "New addresses",
    "new-agent": "New programs",
    "many-regions": "Many regions within minutes",
    "burst": "Bursts",
    "probing": "Probing for models",
    "entitlement": "Access to models asked for or bought",
    "spending": "Costly jobs or capacity",
    "concealment": "Logging or guardrails looked at or changed",
    "persistence": "Credentials or permissions added to the user",
}
WITHHELD = (
    "Who used it is not told here, because others may read this. "
    "Run `bedrock-key-guard timeline` in a clone to see it."
)
NO_USE = "no call was made with it, as far as CloudTrail tells"


def overview(usage: Usage) -> tuple[Row, ...]:
    """Return the rows that say how much the key was used, and when."""
    looked_at = f"{usage.subject}, {moment(usage.begin)} to {moment(usage.end)}"
    return (("looked at", looked_at), *lasting(usage), *_probes(usage))


def lasting(usage: Usage) -> Iterator[Row]:
    """Yield those of these rows that stay the same until the key is used again."""
    yield "leaked", moment(usage.leaked_at) if usage.leaked_at else "when is not known"
    if usage.responded_at:
        yield "answered", moment(usage.responded_at)
    yield "used", _amount(usage)
    if usage.first and usage.last:
        yield "first use", exactly(usage.first.time)
        yield "last use", exactly(usage.last.time)


def _probes(usage: Usage) -> Iterator[Row]:
    if usage.probes:
        probes = plural(usage.probes.calls, "probe")
        yield "the guard", f"{probes}, by their user agent; left out of all other counts"


def _amount(usage: Usage) -> str:
    if not usage.calls:
        return NO_USE if usage.complete else f"{NO_USE}; it could not be read whole"
    failed = f", {usage.errors:,} of them failed" if usage.errors else ""
    return f"{plural(usage.calls, 'call')}{failed}"


def shown_breakdowns(usage: Usage) -> tuple[tuple[Dimension, Breakdown], ...]:
    """Return the dimensions that tell something; one principal is the key's own user."""
    found = dict(usage.by)
    return tuple(
        (name, found[name])
        for name in HEADINGS
        if name in found and found[name].tallies and not _goes_without_saying(name, found[name])
    )


def _goes_without_saying(name: Dimension, breakdown: Breakdown) -> bool:
    return name == "principal" and len(breakdown.tallies) == 1


def amount(tally: Tally) -> str:
    """Return how many calls have a value in common, and from when on."""
    failed = f", {tally.errors:,} failed" if tally.errors else ""
    return f"{plural(tally.calls, 'call')}{failed}, since {tally.first.time:%Y-%m-%d}"


def more_values(breakdown: Breakdown) -> str | None:
    """Return what the values that are not shown come to, None where all are shown."""
    if not breakdown.more:
        return None
    least = "at least " if breakdown.at_least else ""
    return f"and {least}{breakdown.more:,} more, {plural(breakdown.more_calls, 'call')}"


def sign(indicator: Indicator) -> str:
    """Return an indicator as a sentence."""
    return f"{SIGNS[indicator.name]}: {indicator.sentence}"


def event(seen: Sighting) -> str:
    """Return where in CloudTrail an event is found."""
    return f"{exactly(seen.time)}, event {seen.event_id}"


def more_events(indicator: Indicator, shown: int) -> str | None:
    """Return how many events behind an indicator are not shown, None where all are."""
    left = len(indicator.events) - shown + indicator.more
    return f"and {plural(left, 'more event')}" if left > 0 else None


def change(done: Change) -> str:
    """Return a change to the user or the credential as a line."""
    what = " ".join(part for part in (done.name, done.target) if part)
    whose = " (the leaked key)" if done.of_key else ""
    who = "the guard" if done.by_guard else done.actor or "somebody without a name"
    failed = f"; refused: {done.error}" if done.error else ""
    where = f" from {done.address}" if done.address else ""
    return f"{exactly(done.seen.time)}: {what}{whose}, by {who}{where}{failed}"


def older_changes(usage: Usage) -> str | None:
    """Return how many changes are not listed, None where all are."""
    return f"and {usage.more_changes:,} before" if usage.more_changes else None


def gap(missed: Gap) -> str:
    """Return what was not read, and why."""
    return f"{missed.what}: {missed.reason}"


def holding(held: Holding) -> str:
    """Return what the user has of one kind, or why that is not known."""
    if held.unknown:
        return f"not known: {held.unknown}"
    return "; ".join(held.values) or "none"


def exactly(when: datetime) -> str:
    """Write a time to the second, as CloudTrail has it."""
    return moment(when).replace(" UTC", f":{when:%S} UTC")
