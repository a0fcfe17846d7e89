"""Know what each event that starts a workflow is about, and which of it the guard does not read.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
and https://docs.github.com/en/webhooks/webhook-events-and-payloads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    from bedrock_key_guard.action.event import Event

READ = frozenset(
    {
        # The commits that the event names.
        "merge_group",
        "pull_request",
        "pull_request_target",
        "push",
        # Nothing but the repository.
        "branch_protection_rule",
        "check_suite",
        "create",
        "delete",
        "fork",
        "page_build",
        "public",
        "schedule",
        "watch",
        "workflow_run",
    }
)
"""Events that are about nothing outside of the repository's commits."""

WRITTEN = {
    "check_run": "the output of a check",
    "commit_comment": "a comment on a commit",
    "deployment": "a deployment's description and payload",
    "deployment_status": "a deployment's description and payload",
    "discussion": "a discussion's title and text",
    "discussion_comment": "a comment on a discussion",
    "gollum": "pages of the wiki",
    "image_version": "an image",
    "issue_comment": "a comment on an issue or a pull request",
    "issues": "an issue's title and description",
    "label": "a label's name and description",
    "milestone": "a milestone's title and description",
    "project": "a project's name and description",
    "project_card": "a card's note",
    "project_column": "a column's name",
    "pull_request_review": "a review's text",
    "pull_request_review_comment": "a comment of a review",
    "registry_package": "a package and its description",
    "release": "a release's name and notes",
    "status": "a status's description",
}
"""Events about what stands outside of Git, and what that is."""

GIVEN = {"repository_dispatch": "client_payload", "workflow_dispatch": "inputs"}
"""Events about the repository unless something is given with them, and the member that holds it."""

BESIDE = dict.fromkeys(
    ("pull_request", "pull_request_target"),
    "The pull request's own title and description are not read, only its commits and files.",
)
"""What stands beside the commits of an event and is not read, as a sentence."""


def require_read(event: Event) -> None:
    """Raise UsageError where an event is about what is not read: that is never called clean."""
    if event.name in READ:
        return
    unread = _given(event) if event.name in GIVEN else _written(event.name)
    if unread:
        raise UsageError(
            f"{unread}, so it cannot be said whether a key is there.", remedy=_remedy(event.name)
        )


def _given(event: Event) -> str:
    """Say what came with an event that is about the repository where nothing does."""
    name = GIVEN[event.name]
    given = event.payload.get(name)
    something = any(given.values()) if isinstance(given, dict) else bool(given)
    text = f"The event {event.name!r} has `{name}`, which the guard does not read yet"
    return text if something else ""


def _written(name: str) -> str:
    if name in WRITTEN:
        return f"The event {name!r} is about {WRITTEN[name]}, which the guard does not read yet"
    return f"The guard does not know the event {name!r}, nor what it is about"


def _remedy(name: str) -> str:
    if name in GIVEN:
        return f"Run the guard in a workflow without `{GIVEN[name]}`: it reads the whole history."
    return f"Take `{name}` out of the workflow's `on`; pushes and pull requests are read."
