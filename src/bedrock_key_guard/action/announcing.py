"""Tell the owners of each key that a run of the Action found, and learn who can read the run.

It is apart from the rest because it imports what a clean run has not installed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.server_dates import ServerDates
from bedrock_key_guard.github.client import GitHub
from bedrock_key_guard.github.visibility import repository_visibility
from bedrock_key_guard.pipeline.announce import Announcement, announce
from bedrock_key_guard.pipeline.dependencies import standings
from bedrock_key_guard.pipeline.refresh import refresh

if TYPE_CHECKING:
    from bedrock_key_guard.action.event import Event
    from bedrock_key_guard.action.inputs import Inputs
    from bedrock_key_guard.pipeline.options import Surroundings
    from bedrock_key_guard.report.report import Report, Visibility


_NOTICED = 10.0


def announced(
    report: Report, inputs: Inputs, event: Event, around: Surroundings
) -> tuple[Report, Visibility]:
    """Bring the issues up to date where the run may, and return who can read the repository."""
    dates = ServerDates()
    with GitHub(inputs.github_token, api_url=event.api_url, hear=dates.hear) as client:
        # A repeated run has an old event, so GitHub is asked how it is now.
        now = repository_visibility(client, event.repository)
        if inputs.report_issue != "never" and event.untrusted is None:
            how = _announcement(inputs, event)
            report = announce(report, client, how)
            ask = standings(inputs.verifying(event), around) if inputs.verify else _nobody
            report = refresh(report, client, how, ask, dates.clock)
            report = _waited(report, client.waited)
        return report, event.visibility if now == "unknown" else now


def _waited(report: Report, seconds: float) -> Report:
    """Say how long GitHub's limits have held the run up, where anybody would notice."""
    if seconds < _NOTICED:
        return report
    note = f"The run waited {seconds:.0f} seconds, to keep to GitHub's rate limits."
    return replace(report, notes=(*report.notes, note))


def _nobody(_account_id: str, _credential_id: str) -> None:
    """Ask nothing of AWS, as the workflow wants it."""


def _announcement(inputs: Inputs, event: Event) -> Announcement:
    return Announcement(
        repository=inputs.issue_repository,
        policy=inputs.report_issue,
        max_issues=inputs.max_issues,
        labels=inputs.issue_labels,
        assignees=inputs.issue_assignees,
        source=event.source,
        authors=inputs.issue_authors,
        masks=inputs.mask_identities,
        run_url=f"{event.server_url}/{event.repository}/actions/runs/{event.run_id}",
    )
