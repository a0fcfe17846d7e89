"""Write a report as JSON; schema-v1.json says what each field means."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from bedrock_key_guard import __version__
from bedrock_key_guard.keys.key import Key, LongTermKey, MalformedKey, ShortTermKey
from bedrock_key_guard.report.json.evidence_json import Json, evidence_json, timestamp
from bedrock_key_guard.report.json.usage_json import usage_json
from bedrock_key_guard.text.redaction import redact

if TYPE_CHECKING:
    from bedrock_key_guard.model import Case, Location, Outcome, Verdict
    from bedrock_key_guard.report.report import Report

SCHEMA_VERSION = 1

_WHOLE_ALIAS = re.compile(r"[A-Za-z0-9_+=,.@-]+-at-([0-9]{12})")
_ACCESS_KEY_ID = re.compile(r"A[A-Z0-9]{19}")
_DIGESTS = frozenset(("fingerprint", "object", "commit"))
_NOBODY: Json = {
    "account_id": None,
    "alias": None,
    "user_name_candidates": [],
    "access_key_id": None,
    "region": None,
    "issued_at": None,
    "expires_at": None,
}


def as_json(report: Report) -> str:
    """Return the report as JSON, the same for the same report, with a line break at the end.

    It is ASCII throughout, so that no file name in it can drive a terminal, and no line of it is a
    command to a runner of GitHub Actions, which obeys `##[` anywhere.
    """
    text = json.dumps(_harmless(_report(report)), indent=2).replace("##[", r"#\u0023[")
    return text + "\n"


def _report(report: Report) -> Json:
    scanned = report.scan.scanned
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "bedrock-key-guard", "version": __version__},
        "complete": report.complete,
        "not_scanned": _not_scanned(report),
        "scanned": {
            "sources": list(scanned.sources),
            "objects": scanned.objects,
            "bytes": scanned.bytes,
            "range": scanned.range,
            "deep": scanned.deep,
        },
        "incidents": [_incident(case) for case in report.cases],
    }


def _not_scanned(report: Report) -> list[Json]:
    """Return what was not read, and why a run that read everything still could not conclude."""
    missed = [
        {"what": each.what, "kind": each.kind, "reason": each.reason}
        for each in report.scan.not_scanned
    ]
    unsettled = [
        {"what": "the run", "kind": "missing", "reason": reason} for reason in report.incomplete
    ]
    return missed + unsettled


def _incident(case: Case) -> Json:
    incident = case.incident
    return {
        "fingerprint": incident.fingerprint,
        "family": incident.key.family.name,
        "confidence": incident.confidence,
        "identity": _NOBODY | _identity(incident.key),
        "locations": [_location(location) for location in incident.locations],
        "verdict": _verdict(case.verdict) if case.verdict else None,
        "outcome": _outcome(case.outcome) if case.outcome else None,
        "usage": usage_json(case.usage) if case.usage else None,
        "issue_url": case.issue_url,
    }


def _identity(key: Key) -> Json:
    match key:
        case LongTermKey():
            return {
                "account_id": key.account_id,
                "alias": key.alias,
                "user_name_candidates": list(key.user_name_candidates),
            }
        case ShortTermKey():
            return {
                "account_id": key.account_id,
                "access_key_id": key.access_key_id,
                "region": key.region,
                "issued_at": timestamp(key.issued_at),
                "expires_at": timestamp(key.expires_at),
            }
        case MalformedKey():
            return _identity_in(key.clue)


def _identity_in(clue: str) -> Json:
    """Return what a malformed key tells of itself for certain; a clue may have been cut short."""
    alias = _WHOLE_ALIAS.fullmatch(clue)
    if alias:
        return {"account_id": alias[1], "alias": clue}
    if _ACCESS_KEY_ID.fullmatch(clue):
        return {"access_key_id": clue}
    return {}


def _location(location: Location) -> Json:
    return {
        "source": location.source,
        "path": location.path,
        "line": location.line,
        "column": location.column,
        "commit": location.commit,
        "at_tip": location.at_tip,
        "object": location.object,
        "author_time": timestamp(location.author_time),
        "containers": list(location.containers),
        "encodings": list(location.encodings),
    }


def _verdict(verdict: Verdict) -> Json:
    return {
        "state": verdict.state,
        "reason": verdict.reason,
        "evidence": evidence_json(verdict.evidence),
        "principal": verdict.principal,
    }


def _outcome(outcome: Outcome) -> Json:
    return {
        "action": outcome.action,
        "state": outcome.state,
        "reason": outcome.reason,
        "confirmed_dead": outcome.confirmed_dead,
        "refused_since": timestamp(outcome.refused_since),
        "confirmed_at": timestamp(outcome.confirmed_at),
        "seconds_to_dead": outcome.seconds_to_dead,
        "undo": outcome.undo,
        "commands": list(outcome.commands),
        "urgent": outcome.urgent,
    }


def _harmless(value: Any) -> Any:
    r"""Leave no key in any text, and write a file name's bytes that are no text as `\udcff`.

    JSON must be Unicode. Ids are digests, which nobody's text can choose or have blotted out.
    """
    match value:
        case str():
            return redact(value).encode("utf-8", "backslashreplace").decode("utf-8")
        case list():
            return [_harmless(each) for each in value]
        case dict():
            return {
                name: each if name in _DIGESTS else _harmless(each) for name, each in value.items()
            }
        case _:
            return value
