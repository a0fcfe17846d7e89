"""Write a report as JSON; schema-v1.json says what each field means."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from bedrock_key_guard import __version__
from bedrock_key_guard.keys.key import Key, LongTermKey, MalformedKey, ShortTermKey
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.evidence import (
    AllowedAccounts,
    BedrockAnswer,
    Clock,
    CredentialRecord,
    Evidence,
    IamAnswer,
    PolicyAnswer,
    TrailAnswer,
)
from bedrock_key_guard.model.findings import Case, NotScanned
from bedrock_key_guard.model.origins import Location
from bedrock_key_guard.model.usage import Breakdown, Hour, TrailGap, Usage, UserChange
from bedrock_key_guard.report.job import statement
from bedrock_key_guard.report.json.encode import Json, encode, members, only, renamed

if TYPE_CHECKING:
    from bedrock_key_guard.report.json.encode import Shape
    from bedrock_key_guard.report.report import Report

SCHEMA_VERSION = 1

_WHOLE_ALIAS = re.compile(r"[A-Za-z0-9_+=,.@-]+-at-([0-9]{12})")
_ACCESS_KEY_ID = re.compile(r"A[A-Z0-9]{19}")
_IDENTITY = "account_id alias user_name_candidates access_key_id region issued_at expires_at"
_PLACE = (
    "source repository path line column commit at_tip object author_time author committer "
    "containers encodings"
)
_NOBODY: Json = {**dict.fromkeys(_IDENTITY.split()), "user_name_candidates": ()}


def as_json(report: Report) -> str:
    """Return the report as JSON, the same for the same report, with a line break at the end.

    It is ASCII throughout, so that no file name in it can drive a terminal, and no line of it is a
    command to a runner of GitHub Actions, which obeys `##[` anywhere.
    """
    text = json.dumps(encode(_report(report), SHAPES), indent=2).replace("##[", r"#\u0023[")
    return text + "\n"


def _report(report: Report) -> Json:
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "bedrock-key-guard", "version": __version__},
        "complete": report.complete,
        "not_scanned": _not_scanned(report),
        "scanned": report.scan.scanned,
        "job": _job(report),
        "incidents": report.cases,
    }


def _job(report: Report) -> Json | None:
    """Return what a job came with; the report is a file of the job, and tells who it was."""
    if report.job is None:
        return None
    told = {"acted_as": report.acted_as, "statement": statement(report, None)}
    return {**members(report.job), **told}


def _not_scanned(report: Report) -> tuple[NotScanned, ...]:
    """Return what was not read, and why a run that read everything still could not conclude."""
    unsettled = (NotScanned("the run", "missing", reason) for reason in report.incomplete)
    return (*report.scan.not_scanned, *unsettled)


def _incident(case: Case) -> Json:
    incident = case.incident
    return {
        "fingerprint": incident.fingerprint,
        "family": incident.key.family.name,
        "confidence": incident.confidence,
        "identity": incident.key,
        "locations": incident.locations,
        **only("verdict outcome usage issue_url")(case),
    }


def _identity(key: Key) -> Json:
    """Return what a key says about itself."""
    if isinstance(key, MalformedKey):
        return _NOBODY | _identity_in(key.clue)
    identity = {name: getattr(key, name, nothing) for name, nothing in _NOBODY.items()}
    is_ambiguous = isinstance(key, ShortTermKey) and key.is_ambiguous
    return identity | (dict.fromkeys(("issued_at", "expires_at")) if is_ambiguous else {})


def _identity_in(clue: str) -> Json:
    """Return what a malformed key says for certain; a clue may have been cut short."""
    alias = _WHOLE_ALIAS.fullmatch(clue)
    if alias:
        return {"account_id": alias[1], "alias": clue}
    if _ACCESS_KEY_ID.fullmatch(clue):
        return {"access_key_id": clue}
    return {}


def _testimonies(evidence: Evidence) -> tuple[Json, ...]:
    """Return one object for each witness, in the order in which they were asked.

    What the run settled by itself is dated by its clock. The key is not in it.
    """
    now = evidence.clock.now
    answers = [(answer.plane, answer) for answer in evidence.bedrock]
    others = (
        ("iam", evidence.iam),
        ("cloudtrail", evidence.trail),
        ("iam-policies", evidence.policies),
    )
    return (
        {"asked": "clock", "answered": evidence.clock, "at": now},
        {"asked": "allow-list", "answered": evidence.allowed, "at": now},
        *(
            {"asked": asked, "answered": answer, "at": answer.asked_at}
            for asked, answer in (*answers, *others)
            if answer is not None
        ),
        *({"asked": "note", "answered": {"text": note}, "at": now} for note in evidence.notes),
    )


def _clock(clock: Clock) -> Json:
    ahead = None if clock.ahead is None else clock.ahead.total_seconds()
    return {"expires_at": clock.expires_at, "ahead": ahead}


def _allowed(allowed: AllowedAccounts) -> Json:
    known = allowed.account_id is not None and allowed.accounts is not None
    return {
        "account_id": allowed.account_id,
        "lookup": allowed.lookup,
        "allowed": allowed.permits(allowed.account_id) if known else None,
        "detail": allowed.detail,
    }


def _iam(answer: IamAnswer) -> Json:
    account = answer.account
    return {
        "account_id": account.account_id if account else None,
        "partition": account.partition if account else None,
        **only("state user_name credential detail")(answer),
    }


def _usage(usage: Usage) -> Json:
    probes = usage.probes.calls if usage.probes else 0
    return {"complete": usage.complete, **members(usage), "probes": probes, "by": dict(usage.by)}


def _gap(gap: NotScanned) -> Json:
    """Return what was not read; what is elsewhere is missing here, and the reason says the rest."""
    kind = "missing" if gap.kind == "elsewhere" else gap.kind
    return {"what": gap.what, "kind": kind, "reason": gap.reason, "accepted": gap.accepted}


def _change(change: UserChange) -> Json:
    """Return the change with the event that shows it, side by side."""
    written = members(change)
    return {"name": written.pop("name"), **members(written.pop("seen")), **written}


# How each type is written that is not written by its fields.
SHAPES: dict[type, Shape] = {
    Case: _incident,
    LongTermKey: _identity,
    ShortTermKey: _identity,
    MalformedKey: _identity,
    Location: only(_PLACE),
    Evidence: _testimonies,
    Clock: _clock,
    AllowedAccounts: _allowed,
    BedrockAnswer: only(
        "region state status principal denied_action denied_by explicit refusals detail"
    ),
    IamAnswer: _iam,
    CredentialRecord: renamed("credential_id", "id"),
    TrailAnswer: only("region state principal issuer detail"),
    PolicyAnswer: only("holder state policies detail"),
    Outcome: only(
        "action state reason confirmed_dead refused_since confirmed_at seconds_to_dead undo "
        "commands urgent"
    ),
    Usage: _usage,
    Breakdown: renamed("tallies", "values"),
    Hour: only("begin calls errors"),
    UserChange: _change,
    NotScanned: _gap,
    TrailGap: only("what reason"),
}
