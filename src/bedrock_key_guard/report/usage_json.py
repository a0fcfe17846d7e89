"""Write who used a key as plain objects; schema-v1.json says what each field means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bedrock_key_guard.report.evidence_json import timestamp

if TYPE_CHECKING:
    from bedrock_key_guard.investigate.usage import (
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
        "subject": _text(usage.subject),
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
        "gaps": [{"what": _text(gap.what), "reason": _text(gap.reason)} for gap in usage.gaps],
        "limits": list(map(_text, usage.limits)),
        "reach": _reach(usage.reach) if usage.reach else None,
    }


def _sighting(seen: Sighting) -> Json:
    return {"time": timestamp(seen.time), "event_id": _text(seen.event_id)}


def _breakdown(breakdown: Breakdown) -> Json:
    return {
        "values": [_tally(tally) for tally in breakdown.tallies],
        "more": breakdown.more,
        "more_calls": breakdown.more_calls,
        "at_least": breakdown.at_least,
    }


def _tally(tally: Tally) -> Json:
    return {
        "value": _text(tally.value),
        "calls": tally.calls,
        "errors": tally.errors,
        "first": _sighting(tally.first),
        "last": _sighting(tally.last),
    }


def _change(change: Change) -> Json:
    return {
        "name": _text(change.name),
        **_sighting(change.seen),
        "actor": _text(change.actor),
        "address": _text(change.address),
        "agent": _text(change.agent),
        "target": _text(change.target),
        "error": _text(change.error),
        "of_key": change.of_key,
        "by_guard": change.by_guard,
    }


def _indicator(indicator: Indicator) -> Json:
    return {
        "name": indicator.name,
        "sentence": _text(indicator.sentence),
        "events": [_sighting(seen) for seen in indicator.events],
        "more": indicator.more,
    }


def _reach(reach: Reach) -> Json:
    return {
        "holder": _text(reach.holder),
        "holdings": [
            {
                "name": held.name,
                "values": list(map(_text, held.values)),
                "unknown": None if held.unknown is None else _text(held.unknown),
            }
            for held in reach.holdings
        ],
    }


def _text(text: str) -> str:
    """Write what is no Unicode character as text: JSON must be Unicode."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
