"""Tell the owners of each key in an issue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bedrock_key_guard.github.issues import Issues
from bedrock_key_guard.github.reconcile import WantedIssue
from bedrock_key_guard.github.visibility import repository_visibility
from bedrock_key_guard.keys.key import short
from bedrock_key_guard.report.github.issue import IssueContext, issue_body, issue_title, wanted
from bedrock_key_guard.report.report import may_name_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.github.client import GitHub
    from bedrock_key_guard.github.issue_api import IssueOutcome
    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.report.github.case_markdown import Source
    from bedrock_key_guard.report.github.issue import Policy
    from bedrock_key_guard.report.report import Report

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Announcement:
    """Say where issues go, and what they may name."""

    repository: str
    policy: Policy = "auto"
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    source: Source | None = None
    run_url: str | None = None


def announce(report: Report, client: GitHub, how: Announcement) -> Report:
    """Bring the issues to what the report says, and return it with their addresses.

    Which issues could not be written is in the report's warnings, and what is missing of others in
    its notes; neither stops a run.
    """
    context = IssueContext(repository_visibility(client, how.repository), how.source, how.run_url)
    issues = [issue for case in report.cases if (issue := _issue(case, how.policy, context))]
    keeper = Issues(client, how.repository, labels=how.labels, assignees=how.assignees)
    return _with_outcomes(report, keeper.settle(issues))


def _issue(case: Case, policy: Policy, context: IssueContext) -> WantedIssue | None:
    wish = wanted(case, policy)
    if wish is None:
        return None
    return WantedIssue(
        fingerprint=case.incident.fingerprint,
        title=issue_title(case),
        body=issue_body(case, context),
        open=wish.open,
        create=wish.create,
        live=wish.live,
        told=wish.told,
        withheld=not may_name_places(case, context.visibility),
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
