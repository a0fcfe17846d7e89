"""Write who used a key as plain objects; schema-v1.json says what each field means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bedrock_key_guard.report.json.evidence_json import timestamp

if TYPE_CHECKING:
    from bedrock_key_guard.model.usage import (
        Breakdown,
        Change,
        Indicator,
        Reach,
        Sighting,
        Tally,
        Usage,
    )

Json = dict[str, Any]


def usage_json(usage: Usage) -> Json:
    """Return the `usage` of an incident."""
    return {
        "complete": usage.complete,
        "subject": usage.subject,
        "begin": timestamp(usage.begin),
        "end": timestamp(usage.end),
        "leaked_at": timestamp(usage.leaked_at),
        "responded_at": timestamp(usage.responded_at),
        "calls": usage.calls,
        "errors": usage.errors,
        "first": _sighting(usage.first) if usage.first else None,
        "last": _sighting(usage.last) if usage.last else None,
        "probes": usage.probes.calls if usage.probes else 0,
        "by": {name: _breakdown(breakdown) for name, breakdown in usage.by},
        "hours": [
            {"begin": timestamp(hour.begin), "calls": hour.calls, "errors": hour.errors}
            for hour in usage.hours
        ],
        "changes": [_change(change) for change in usage.changes],
        "more_changes": usage.more_changes,
        "indicators": [_indicator(indicator) for indicator in usage.indicators],
        "gaps": [{"what": gap.what, "reason": gap.reason} for gap in usage.gaps],
        "limits": list(usage.limits),
        "reach": _reach(usage.reach) if usage.reach else None,
    }


def _sighting(seen: Sighting) -> Json:
    return {"time": timestamp(seen.time), "event_id": seen.event_id}


def _breakdown(breakdown: Breakdown) -> Json:
    return {
        "values": [_tally(tally) for tally in breakdown.tallies],
        "more": breakdown.more,
        "more_calls": breakdown.more_calls,
        "at_least": breakdown.at_least,
    }


def _tally(tally: Tally) -> Json:
    return {
        "value": tally.value,
        "calls": tally.calls,
        "errors": tally.errors,
        "first": _sighting(tally.first),
        "last": _sighting(tally.last),
    }


def _change(change: Change) -> Json:
    return {
        "name": change.name,
        **_sighting(change.seen),
        "actor": change.actor,
        "address": change.address,
        "agent": change.agent,
        "target": change.target,
        "error": change.error,
        "of_key": change.of_key,
        "by_guard": change.by_guard,
    }


def _indicator(indicator: Indicator) -> Json:
    return {
        "name": indicator.name,
        "sentence": indicator.sentence,
        "events": [_sighting(seen) for seen in indicator.events],
        "more": indicator.more,
    }


def _reach(reach: Reach) -> Json:
    return {
        "holder": reach.holder,
        "holdings": [
            {
                "name": held.name,
                "values": list(held.values),
                "unknown": held.unknown,
            }
            for held in reach.holdings
        ],
    }
