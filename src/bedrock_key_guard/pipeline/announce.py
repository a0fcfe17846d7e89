"""Tell the owners of each key in an issue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from bedrock_key_guard.github.issue_changes import WantedIssue
from bedrock_key_guard.github.issues import Issues
from bedrock_key_guard.github.visibility import repository_visibility
from bedrock_key_guard.keys.key import short
from bedrock_key_guard.model.times import utc_now
from bedrock_key_guard.report.github.issue import (
    REST_TITLE,
    IssueContext,
    issue_text,
    issue_title,
    rest_text,
    wanted,
    where_it_is,
)
from bedrock_key_guard.report.github.remembering import remembered
from bedrock_key_guard.report.report import may_name_places, may_name_users, plural
from bedrock_key_guard.report.status import status, worst_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.github.client import GitHub
    from bedrock_key_guard.github.issue_api import IssueOutcome
    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.report.github.case_markdown import ScannedCode
    from bedrock_key_guard.report.github.issue import IssuePolicy
    from bedrock_key_guard.report.report import Report

_MOST_NAMED = 10
_REST = sha256(b"bedrock-key-guard:v1\0more keys").hexdigest()
"""What stands for the keys that share an issue; no key has this fingerprint."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Say where issues go, what they may name, and for how many keys there may be one.

    `code_is_own` tells that the code that was read is the repository's own, not a stranger's.
    """

    repository: str
    policy: IssuePolicy = "auto"
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    source: ScannedCode | None = None
    run_url: str | None = None
    max_issues: int = 10
    code_is_own: bool = True
    masks: bool = False
    authors: tuple[str, ...] = ()

    def keeper(self, client: GitHub) -> Issues:
        """Return who keeps the issues."""
        return Issues(
            client,
            self.repository,
            labels=self.labels,
            assignees=self.assignees,
            authors=self.authors,
        )


def announce(report: Report, client: GitHub, how: Announcement) -> Report:
    """Bring the issues to what the report says, and return it with their addresses.

    The worst come first. Keys beyond the bound share one issue, and leave the run incomplete. Which
    issues could not be written is in the report's warnings, and what is missing of others in its
    notes; neither stops a run.
    """
    seen_by = repository_visibility(client, how.repository)
    context = IssueContext(seen_by, how.source, how.run_url, how.masks)
    cases = worst_first(report.cases)
    issues = [issue for case in cases if (issue := _issue(case, how, context))]
    keeper = how.keeper(client)
    outcomes = keeper.settle(issues, how.max_issues)
    left = {outcome.fingerprint for outcome in outcomes if outcome.state == "left-out"}
    if not left:
        return _with_outcomes(report, outcomes)
    if how.max_issues:
        (shared,) = keeper.settle([_of_all(case for case in cases if _key(case) in left)])
        outcomes = tuple(
            replace(shared, fingerprint=each.fingerprint) if each.fingerprint in left else each
            for each in outcomes
        )
    return _with_outcomes(_incomplete(report, len(left)), outcomes)


def _key(case: Case) -> str:
    return case.incident.fingerprint


def _of_all(cases: Iterable[Case]) -> WantedIssue:
    """Return the one issue for the keys that have none of their own."""
    listed = tuple(cases)
    live = any(status(case) in ("live", "unconfirmed") for case in listed)
    text = rest_text(listed)
    return WantedIssue(_REST, REST_TITLE, text, open=True, create=True, live=live)


def _incomplete(report: Report, left: int) -> Report:
    whose = "its" if left == 1 else "their"
    met = f"{plural(left, 'key')} got no issue of {whose} own: the run met max-issues."
    return replace(report, incomplete=(*report.incomplete, met))


def _issue(case: Case, how: Announcement, context: IssueContext) -> WantedIssue | None:
    wish = wanted(case, how.policy, code_is_own=how.code_is_own)
    if wish is None:
        return None
    text = issue_text(case, context)
    return WantedIssue(
        fingerprint=case.incident.fingerprint,
        title=issue_title(case),
        body=text,
        open=wish.open,
        create=wish.create,
        live=wish.live,
        told=wish.told,
        withheld=not may_name_places(case, context.visibility),
        seen=remembered(case, context.source, utc_now()),
        where=lambda memory: where_it_is(case, context, memory, text),
        remembers=may_name_users(context.visibility),
    )


def _with_outcomes(report: Report, outcomes: Iterable[IssueOutcome]) -> Report:
    known = {outcome.fingerprint: outcome for outcome in outcomes}
    urls = {fingerprint: outcome.url for fingerprint, outcome in known.items() if outcome.url}
    lost = [outcome for outcome in known.values() if outcome.state == "failed"]
    # What is missing of one issue is missing of all: it is said once.
    missing = dict.fromkeys(o.reason.rstrip(".") for o in known.values() if o.state != "failed")
    notes = (f"Not all went well with an issue: {reason}." for reason in missing if reason)
    cases = (
        replace(case, issue_url=urls.get(case.incident.fingerprint, case.issue_url))
        for case in report.cases
    )
    return replace(
        report,
        cases=tuple(cases),
        notes=(*report.notes, *notes),
        warnings=(*report.warnings, *_lost(lost)),
    )


def _lost(outcomes: Iterable[IssueOutcome]) -> Iterator[str]:
    """Say once for each reason which keys have no issue that tells of them as they are now."""
    by_reason: dict[str, list[str]] = {}
    for outcome in outcomes:
        remedy = outcome.error.remedy if outcome.error else ""
        reason = f"{outcome.reason.rstrip('.')}. {remedy}".rstrip()
        by_reason.setdefault(reason, []).append(short(outcome.fingerprint))
    for reason, keys in by_reason.items():
        more = len(keys) - _MOST_NAMED
        named = ", ".join(keys[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
        yield f"An issue could not be written for the key of fingerprint {named}: {reason}"
