"""Assemble the report of a run: which cases people see, and what is said of the run as a whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import short
from bedrock_key_guard.report.report import Report, plural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bedrock_key_guard.model.findings import Case, Scan

_NOT_DEEP = (
    "The history was searched for the ten most common ways in which a key begins; "
    "--deep, or the Action's input `deep`, searches for all, "
    "and for what is compressed inside other files."
)

_NOTHING_READ = {
    "working-tree": "No file was read, for there is none. Name a file or a folder that holds one.",
    "index": "No file was read: nothing that is staged adds to one. Stage some with `git add`, or "
    "leave --staged out to read the files as they are.",
    "range": "No commit was read: the range holds none. Name one that does, such as `main..HEAD`.",
    "history": "Nothing was read: the repository has no objects. Commit or fetch some first.",
}


def assemble(
    scan: Scan, cases: Iterable[Case], undone: tuple[str, ...] = (), *, include_malformed: bool
) -> Report:
    """Return the report of a run that led to these cases; `undone` says what it could not do."""
    cases = _neighbours(cases)
    shown = [case for case in cases if _is_shown(case, include_malformed)]
    depth = () if scan.scanned.deep else (_NOT_DEEP,)
    hidden = sum(case.incident.allowed is not None for case in cases)
    allowed = (f"{_keys(hidden)} allow-listed, and shown only if proven live.",) if hidden else ()
    parts = [case for case in cases if _is_part(case)]
    return Report(
        scan=scan,
        cases=tuple(shown),
        notes=(*scan.notes, *depth, *allowed, *_allowed_and_live(cases), *_wrong_clock(cases)),
        incomplete=(*_nothing_read(scan), *undone, *_left_undone(cases)),
        hides_unproven=any(not case.dead for case in cases if case not in shown),
        hidden_parts=0 if include_malformed else len(parts),
    )


def _allowed_and_live(cases: Iterable[Case]) -> tuple[str, ...]:
    """Name the keys that people have said are none, and that Bedrock takes."""
    live = [
        short(case.incident.fingerprint)
        for case in cases
        if case.incident.allowed and case.verdict and case.verdict.state == "live"
    ]
    return (f"Keys that are allowed and live all the same: {', '.join(live)}.",) if live else ()


def _neighbours(cases: Iterable[Case]) -> list[Case]:
    """Mark the cases whose places lead to a key that is not proven dead, shown or not."""
    each = list(cases)
    unproven = [case for case in each if case.incident.confidence == "exact"]
    hidden = set(chain.from_iterable(_leads(c) for c in unproven if not c.dead))
    return [replace(case, beside_unproven=not hidden.isdisjoint(_leads(case))) for case in each]


def _leads(case: Case) -> set[str]:
    """Return the files, commits and objects that hold a key."""
    places = ((at.path, at.commit, at.object) for at in case.incident.locations)
    return set(filter(None, chain.from_iterable(places)))


def _is_shown(case: Case, include_malformed: bool) -> bool:  # noqa: FBT001  # private, and named
    """Return whether people see it: what they allowed only if it is proven live or contained."""
    if case.incident.confidence == "malformed":
        return include_malformed and _is_part(case)
    if case.verdict is not None and case.verdict.state in ("live", "contained"):
        return True
    return case.incident.allowed is None


def _is_part(case: Case) -> bool:
    """Return whether it is part of a key that nobody allowed."""
    return case.incident.confidence == "malformed" and case.incident.allowed is None


def _nothing_read(scan: Scan) -> tuple[str, ...]:
    """Say so where the sources gave nothing to read: nothing read is not clean."""
    scanned = scan.scanned
    if scanned.objects or not scanned.sources or not scan.complete:
        return ()
    return (_NOTHING_READ.get(scanned.sources[0], "Nothing was read."),)


def _wrong_clock(cases: list[Case]) -> tuple[str, ...]:
    """Say how far the clock of this machine is from that of the servers that were asked."""
    clocks = (case.verdict.evidence.clock for case in cases if case.verdict)
    ahead = next((clock.ahead for clock in clocks if clock.ahead and clock.is_wrong), None)
    if ahead is None:
        return ()
    minutes = plural(round(abs(ahead).total_seconds() / 60), "minute")
    side = "ahead of" if ahead > timedelta() else "behind"
    return (f"The clock of this machine is {minutes} {side} the servers': their time counts.",)


def _left_undone(cases: list[Case]) -> tuple[str, ...]:
    """Say which bounds the run met: beyond them something was left undone."""
    unasked = sum(bool(case.verdict.evidence.left_out_by) for case in cases if case.verdict)
    unanswered = sum(bool(case.outcome.left_out_by) for case in cases if case.outcome)
    unread = sum(not case.usage.complete for case in cases if case.usage)
    return (
        *((f"{_keys(unasked)} not verified: the run met max-probes.",) if unasked else ()),
        *((f"{_keys(unanswered)} not answered: it met max-responses.",) if unanswered else ()),
        *((f"The trail of {plural(unread, 'key')} was not read whole.",) if unread else ()),
    )


def _keys(count: int) -> str:
    return f"{plural(count, 'key')} {'was' if count == 1 else 'were'}"
