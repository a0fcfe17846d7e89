"""Write a report as the summary page of a GitHub Actions job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import short
from bedrock_key_guard.report.across_repositories import across_repositories
from bedrock_key_guard.report.advice import afterwards, particular
from bedrock_key_guard.report.details import place, undoing, unscanned
from bedrock_key_guard.report.github.case_markdown import (
    ScannedCode,
    as_table,
    cut,
    known,
    listed,
    places,
    titled,
    used,
    within,
)
from bedrock_key_guard.report.job import statement
from bedrock_key_guard.report.replacement import replacements
from bedrock_key_guard.report.report import (
    Report,
    Visibility,
    may_name_places,
    may_name_users,
    plural,
    totals,
)
from bedrock_key_guard.report.status import Level, words, worst_first
from bedrock_key_guard.text.harmless import code, prose, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bedrock_key_guard.model.findings import Case

LONGEST_SUMMARY = 1 << 20
"""Bytes that GitHub takes for one step: "Adding a job summary", step isolation and limits."""

MOST_PLACES = 50

_ICONS: dict[Level, str] = {"alarm": "🔴", "warning": "🟠", "success": "🟢", "note": "⚪"}
# Together they leave room for what is said once.
_OVERVIEW_BUDGET = 250_000
_DETAILS_BUDGET = 550_000
_NOT_SCANNED_BUDGET = 100_000
_REMARKS_BUDGET = 50_000
_PLACES_BUDGET = 60_000


def as_markdown(
    report: Report, *, visibility: Visibility, source: ScannedCode | None = None
) -> str:
    """Return the summary, smaller than LONGEST_SUMMARY; it says what it had to leave out.

    `visibility` is that of the repository; `source` makes the places links.
    """
    cases = worst_first(report.cases)
    parts = [
        f"## Bedrock Key Guard\n\n{totals(report)}",
        prose(statement(report, visibility)),
        *_across(report, visibility),
        _overview(cases, visibility),
        *_all_details(cases, visibility, source),
        _afterwards(cases, visibility),
        _not_scanned(report, visibility),
        _remarks(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _across(report: Report, visibility: Visibility) -> Iterator[str]:
    """Yield what is said of all repositories together: it names them, so not in public."""
    if report.is_of_many and may_name_users(visibility):
        yield from map(as_table, across_repositories(report))


def _overview(cases: list[Case], visibility: Visibility) -> str:
    if not cases:
        return ""
    header = ("", "Key", "Fingerprint", "Where", "Issue")
    rows = (_row(case, visibility) for case in cases)
    return cut(table(header, rows), _OVERVIEW_BUDGET, "key")


def _row(case: Case, visibility: Visibility) -> tuple[str, ...]:
    now, incident = words(case), case.incident
    return (
        f"{_ICONS[now.level]} **{now.name}**",
        incident.key.family.title,
        f"`{short(incident.fingerprint)}`",
        _where(case, visibility),
        _issue(case),
    )


def _where(case: Case, visibility: Visibility) -> str:
    first, *others = case.incident.locations
    if not may_name_places(case, visibility):
        return f"{plural(len(others) + 1, 'place')}, not named here"
    return code(place(first)) + (f" and {len(others):,} more" if others else "")


def _issue(case: Case) -> str:
    if not case.issue_url:
        return ""
    return f"[#{case.issue_url.rpartition('/')[2]}]({case.issue_url})"


def _all_details(
    cases: list[Case], visibility: Visibility, source: ScannedCode | None
) -> Iterator[str]:
    """Return the details of as many cases as fit, and how many did not."""
    kept = within((_details(case, visibility, source) for case in cases), _DETAILS_BUDGET)
    yield from kept
    missing = len(cases) - len(kept)
    if missing:
        yield f"The details of {plural(missing, 'key')} are left out; the JSON report has all."


def _details(case: Case, visibility: Visibility, source: ScannedCode | None) -> str:
    """Return the details of a case, first its state and what to do; the alarming ones are open."""
    now, incident, steps = words(case), case.incident, particular(case)
    title = f"{_ICONS[now.level]} {now.name}: {incident.key.family.title}"
    shown = " open" if now.level == "alarm" else ""
    left = steps[1:]
    parts = (
        f"<details{shown}><summary>{title} <code>{short(incident.fingerprint)}</code></summary>",
        now.sentence,
        listed(steps[:1]),
        known(case, visibility),
        places(case, visibility, source, MOST_PLACES, _PLACES_BUDGET),
        used(case, visibility),
        titled(undoing(case)),
        f"### What is left to do\n\n{listed(left, '1.')}" if left else "",
        "</details>",
    )
    return "\n\n".join(part for part in parts if part)


def _afterwards(cases: Sequence[Case], visibility: Visibility) -> str:
    """Say once what holds for every key."""
    steps = afterwards(cases)
    listing = f"### Afterwards\n\n{listed(steps, '1.')}" if steps else ""
    instead = replacements((case, may_name_places(case, visibility)) for case in cases)
    return "\n\n".join(filter(None, (listing, titled(instead))))


def _not_scanned(report: Report, visibility: Visibility) -> str:
    missed = report.scan.not_scanned
    if not missed:
        return ""
    if not may_name_places(report, visibility):
        return f"### Not scanned\n\n{unscanned(report)}"
    rows = ((code(each.what), each.label, prose(each.reason)) for each in missed)
    listing = cut(table(("What", "Kind", "Why"), rows), _NOT_SCANNED_BUDGET, "thing")
    return f"### Not scanned\n\n{listing}"


def _remarks(report: Report) -> str:
    lines = (f"- **{kind}:** {prose(remark)}" for kind, remark in report.remarks)
    return cut("\n".join(lines), _REMARKS_BUDGET, "remark")
