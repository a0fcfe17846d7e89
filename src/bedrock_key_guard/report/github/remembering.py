"""Say what a run has to remember of a key, and tell what was remembered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey
from bedrock_key_guard.model.actions import CHANGES
from bedrock_key_guard.model.remembered import Memory, Milestone
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.report.details import credential_of
from bedrock_key_guard.report.github.case_markdown import sightings
from bedrock_key_guard.report.status import responded, status
from bedrock_key_guard.text.harmless import code, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.model.remembered import KeyState, What
    from bedrock_key_guard.report.github.case_markdown import ScannedCode
    from bedrock_key_guard.report.status import Status

_STATES: dict[Status, KeyState] = {
    "live": "working",
    "unconfirmed": "working",
    "contained": "denied",
    "stopped": "denied",
}
_WORDS: dict[What, str] = {
    "leaked": "written into a commit, as its author's clock says",
    "found": "found",
    "verified": "proven genuine by Bedrock",
    "disabled": "switched off or denied",
    "confirmed": "confirmed dead",
    "restored": "switched on again",
    "used": "used again",
}


def remembered(case: Case, source: ScannedCode | None, now: datetime) -> Memory:
    """Return what a run can tell of a key at the time `now`."""
    key = case.incident.key
    expires = key.expires_at if isinstance(key, ShortTermKey) and not key.is_ambiguous else None
    account, credential = _credential(case)
    return Memory(
        places=sightings(case, source),
        milestones=tuple(
            replace(each, when=each.when.replace(microsecond=0))
            for each in _milestones(case, source, now)
        ),
        state="dead" if case.dead else _STATES.get(status(case), "doubtful"),
        account=account,
        credential=credential,
        expires_at=expires,
    )


def _credential(case: Case) -> tuple[str, str | None]:
    """Return the account and id of the credential whose status tells what the key can do.

    After a reset it tells nothing: it may be Active, and this key is dead.
    """
    record, key = credential_of(case), case.incident.key
    if record is None or not isinstance(key, LongTermKey):
        return "", None
    was_reset = responded(case.outcome) and case.outcome and case.outcome.action == "reset"
    if was_reset or status(case) == "rejected":
        return key.account_id, ""
    return key.account_id, record.credential_id


def _milestones(case: Case, source: ScannedCode | None, now: datetime) -> Iterator[Milestone]:
    verdict, outcome, usage = case.verdict, case.outcome, case.usage
    judged = verdict.evidence.clock.now if verdict else now
    leaked = min(filter(None, (at.author_time for at in case.incident.locations)), default=None)
    if leaked is not None:
        yield Milestone(leaked, "leaked")
    yield Milestone(judged, "found", source.repository if source else "")
    if verdict is not None and verdict.state in ("live", "contained"):
        yield Milestone(judged, "verified")
    if usage is not None:
        used = [hour.first.time for hour in usage.hours if hour.calls > hour.errors]
        since = usage.leaked_at or usage.begin
        yield from (Milestone(when, "used") for when in used[-1:] if when >= since)
    if outcome is not None and outcome.state == "done" and outcome.action in CHANGES:
        yield Milestone(outcome.refused_since or judged, "disabled")
    if outcome is not None and outcome.confirmed_at is not None:
        yield Milestone(outcome.confirmed_at, "confirmed")
    elif case.dead:
        yield Milestone(judged, "confirmed")


def timeline(memory: Memory) -> str:
    """Return what happened to a key, and when."""
    rows = (
        (
            moment(each.when),
            _WORDS[each.what] + (f" in {code(r)}" if (r := each.repository) else ""),
        )
        for each in memory.milestones
    )
    return f"### What happened\n\n{table(('When', 'What'), rows)}" if memory.milestones else ""
