"""Say what a job came with, and what it could not have done had there been a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.aws.ambient import credentials_in
from bedrock_key_guard.report.report import Job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bedrock_key_guard.action.checkout import Checkout
    from bedrock_key_guard.action.event import Event
    from bedrock_key_guard.action.inputs import Inputs
    from bedrock_key_guard.model.findings import Scanned

_TOKENS = {
    "ghs_": "the token of a job or an app",
    "gho_": "the token of an app for a person",
    "ghp_": "the token of a person",
    "github_pat_": "the token of a person",
}
"""How GitHub's tokens begin.

Source: https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github.
"""


def job_of(
    environment: Mapping[str, str],
    inputs: Inputs,
    event: Event | None,
    checkout: Checkout | None,
    scanned: Scanned,
) -> Job | None:
    """Return what the job came with, None outside of GitHub Actions."""
    if event is None or checkout is None:
        return None
    credentials = credentials_in(environment)
    reads_code = not {"event", "wiki"}.issuperset(scanned.sources)
    foreign = checkout.foreign if reads_code and not event.untrusted else None
    could_not = {
        "ask whether a key is live (verify is false)": not inputs.verify,
        "ask whether a key is live (no AWS credentials)": inputs.verify and not credentials,
        f"change anything ({event.untrusted})": event.untrusted,
        f"change anything (respond is {inputs.respond})": inputs.respond in ("off", "dry-run"),
        f"answer a key of the code ({foreign})": foreign,
        "open an issue (report-issue is never)": inputs.report_issue == "never",
        "open an issue (github-token is empty)": not inputs.github_token,
    }
    return Job(
        event=event.name,
        credentials=credentials,
        role=environment.get("AWS_ROLE_ARN", ""),
        token=kind_of_token(inputs.github_token),
        could_not=tuple(text for text, is_so in could_not.items() if is_so),
    )


def kind_of_token(token: str) -> str:
    """Return what a token of GitHub is by the way it begins, "" for none."""
    known = (kind for start, kind in _TOKENS.items() if token.startswith(start))
    return next(known, "a token") if token else ""
