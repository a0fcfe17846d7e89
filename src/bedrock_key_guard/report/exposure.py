"""Say who put a key where others could read it, how long it was there, and what it opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import MalformedKey, ShortTermKey
from bedrock_key_guard.model.times import moment, span
from bedrock_key_guard.report.details import user_of
from bedrock_key_guard.report.status import Status, status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.report.document import Row

_SHORT_ID = 12
_OPEN: frozenset[Status] = frozenset(("live", "unconfirmed", "unverified", "unchecked"))
_OPENS: dict[Status, str] = {"stopped": "opened", "contained": "would open"}
_MATTERS: frozenset[Status] = _OPEN | {"contained", "stopped", "dead"}


def committed(case: Case) -> Iterator[Row]:
    """Yield who put the key into the first commit that is known to hold it, and when.

    Git lets everybody write any name and time.
    """
    first = next((at for at in case.incident.locations if at.commit and at.author_time), None)
    if first is None or first.author_time is None or not first.commit:
        return
    when = f"{moment(first.author_time)} in commit {first.commit[:_SHORT_ID]}"
    if not first.author or first.committer in (None, first.author):
        yield "committed", f"{when}, by {first.author}" if first.author else when
    else:
        yield "committed", f"{when}, by {first.committer}, written by {first.author}"


def exposed(case: Case, *, lasting: bool) -> Iterator[Row]:
    """Yield since when others could use the key, and until when; a `lasting` text counts no days.

    It begins with the first commit, and ends when Bedrock refused the key, when somebody switched
    it off, or when it expired.
    """
    now = status(case)
    begin = leaked_at(case)
    if now not in _MATTERS or begin is None:
        return
    end = _ended_at(case, now)
    if end is not None and end < begin:
        yield "exposed", f"never while it worked: it ended at {moment(end)}"
        return
    if end is not None:
        yield "exposed", f"for {span(end - begin)}, {moment(begin)} to {moment(end)}"
        return
    since = f"since {moment(begin)}"
    if now not in _OPEN:
        yield "exposed", f"{since}; when that ended is not known"
    elif lasting or case.verdict is None:
        yield "exposed", f"{since}, and still"
    else:
        yield "exposed", f"{since}, {span(case.verdict.evidence.clock.now - begin)} and counting"


def opened(case: Case) -> Iterator[Row]:
    """Yield what a key lets whoever has it do.

    No other service of AWS takes one, IAM and STS among them (Amazon Bedrock user guide, "API keys
    reference").
    """
    key, now = case.incident.key, status(case)
    if isinstance(key, MalformedKey) or now not in _MATTERS - {"dead"}:
        return
    if not key.family.service:
        return
    service = key.family.title.partition(f" {key.family.kind}")[0]
    if isinstance(key, ShortTermKey):
        allowed = f"who signed it, in {key.region}"
    else:
        allowed = f"user {user_of(case)}, in every region"
    yield _OPENS.get(now, "opens"), f"all that {service} allows {allowed}, and no other service"


def leaked_at(case: Case) -> datetime | None:
    """Return when the key leaked, as far as anybody says; a commit of the future says nothing."""
    if case.usage is not None:
        return case.usage.leaked_at
    times = (at.author_time for at in case.incident.locations if at.author_time)
    now = case.verdict.evidence.clock.now if case.verdict else None
    return next((time for time in times if now is None or time <= now), None)


def _ended_at(case: Case, now: Status) -> datetime | None:
    key, outcome = case.incident.key, case.outcome
    if now in _OPEN:
        return None
    if now == "stopped" and outcome is not None and outcome.refused_since is not None:
        return outcome.refused_since
    if now == "dead" and isinstance(key, ShortTermKey) and not key.is_ambiguous:
        return key.expires_at
    return case.usage.responded_at if case.usage else None
