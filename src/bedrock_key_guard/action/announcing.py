"""Tell the owners of each key that a run of the Action found, and learn who can read the run.

It is apart from the rest because it imports what a clean run has not installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.aws.server_dates import ServerDates
from bedrock_key_guard.github.client import GitHub
from bedrock_key_guard.github.event_texts import text_of_event
from bedrock_key_guard.github.visibility import repository_visibility
from bedrock_key_guard.pipeline.announce import Announcement, announce
from bedrock_key_guard.pipeline.dependencies import standings
from bedrock_key_guard.pipeline.redact_event import offered, redacted
from bedrock_key_guard.pipeline.refresh import refresh

if TYPE_CHECKING:
    from bedrock_key_guard.action.checkout import Checkout
    from bedrock_key_guard.action.event import Event
    from bedrock_key_guard.action.inputs import Inputs
    from bedrock_key_guard.pipeline.options import Surroundings
    from bedrock_key_guard.report.report import Report, Visibility


_NOTICED = 10.0


def announced(
    report: Report, inputs: Inputs, event: Event, checkout: Checkout, around: Surroundings
) -> tuple[Report, Visibility]:
    """Bring the issues up to date where the run may, and return who can read the repository."""
    dates = ServerDates()
    with GitHub(inputs.github_token, api_url=event.api_url, hear=dates.hear) as client:
        # A repeated run has an old event, so GitHub is asked how it is now.
        now = repository_visibility(client, event.repository)
        if inputs.report_issue != "never" and event.untrusted is None:
            how = _announcement(inputs, event, checkout)
            report = announce(report, client, how)
            ask = standings(inputs.verifying(event), around) if inputs.verify else _nobody
            report = refresh(report, client, how, ask, dates.clock)
            report = _waited(report, client.waited)
        visibility = event.visibility if now == "unknown" else now
        if event.untrusted is None:
            report = _redacted(report, client, inputs, event, visibility)
        return report, visibility


def _redacted(
    report: Report, client: GitHub, inputs: Inputs, event: Event, visibility: Visibility
) -> Report:
    """Take what was live out of the event's own text where that is wanted, or offer it."""
    if not inputs.redact:
        return offered(report)
    text = text_of_event(event.name, event.payload, event.repository)
    return redacted(report, client, text, visibility)


def _waited(report: Report, seconds: float) -> Report:
    """Say how long GitHub's limits have held the run up, where anybody would notice."""
    if seconds < _NOTICED:
        return report
    note = f"The run waited {seconds:.0f} seconds, to keep to GitHub's rate limits."
    return report.noted(note)


def _nobody(_account_id: str, _credential_id: str) -> None:
    """Ask nothing of AWS, as the workflow wants it."""


def _announcement(inputs: Inputs, event: Event, checkout: Checkout) -> Announcement:
    return Announcement(
        repository=inputs.issue_repository,
        policy=inputs.report_issue,
        max_issues=inputs.max_issues,
        labels=inputs.issue_labels,
        assignees=inputs.issue_assignees,
        source=checkout.source,
        code_is_own=checkout.foreign is None,
        authors=inputs.issue_authors,
        masks=inputs.mask_identities,
        run_url=f"{event.server_url}/{event.repository}/actions/runs/{event.run_id}",
    )
