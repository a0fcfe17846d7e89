"""Read the event that started a workflow run: what it is about, and whether the run may respond.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows,
https://docs.github.com/en/webhooks/webhook-events-and-payloads and
https://docs.github.com/en/actions/reference/workflows-and-actions/variables.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.github import PUBLIC_API, PUBLIC_SERVER
from bedrock_key_guard.github.visibility import Visibility, visibility_in
from bedrock_key_guard.report.github.case_markdown import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = Any

DEPENDABOT = "dependabot[bot]"

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
"""Events about what is not in Git, and what that is."""

GIVEN = {"repository_dispatch": "client_payload", "workflow_dispatch": "inputs"}
"""Events about the repository unless something is given with them, and the member that holds it."""

LOOKS_AFTER = frozenset(("schedule", "workflow_dispatch"))
"""Events at which issues are brought up to date, whether or not a key is met."""

BESIDE = dict.fromkeys(
    ("pull_request", "pull_request_target"),
    "The pull request's own title and description are not read, only its commits and files.",
)
"""What belongs to an event beside its commits and is not read, as a sentence."""


@dataclass(frozen=True, slots=True)
class Event:
    """Hold what started a run; `payload` is empty where it is `unreadable` for that reason.

    `untrusted` is why the run may only look, None where it may respond.
    """

    name: str
    repository: str
    actor: str
    sha: str
    run_id: str
    server_url: str
    api_url: str
    payload: Mapping[str, JSON]
    untrusted: str | None
    unreadable: str = ""

    @property
    def visibility(self) -> Visibility:
        """Return what the payload says of the repository's visibility; some events say nothing."""
        return visibility_in(self.payload.get("repository"))

    @property
    def source(self) -> Source | None:
        """Return where the files of this run can be seen, None where no commit is named."""
        return Source(self.server_url, self.repository, self.sha) if self.sha else None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Event | None:
        """Return the event of this run, or None outside of GitHub Actions."""
        name = environment.get("GITHUB_EVENT_NAME")
        if not name:
            return None
        repository = environment.get("GITHUB_REPOSITORY", "")
        actor = environment.get("GITHUB_ACTOR", "")
        payload, broken = _read(environment.get("GITHUB_EVENT_PATH", ""))
        return cls(
            name=name,
            repository=repository,
            actor=actor,
            sha=environment.get("GITHUB_SHA", ""),
            run_id=environment.get("GITHUB_RUN_ID", ""),
            server_url=environment.get("GITHUB_SERVER_URL", PUBLIC_SERVER).rstrip("/"),
            api_url=environment.get("GITHUB_API_URL", PUBLIC_API).rstrip("/"),
            payload=payload,
            untrusted=broken or _distrust(name, repository, actor, payload),
            unreadable=broken,
        )


def require_read(event: Event) -> None:
    """Raise UsageError where an event is about what is not read: that is never called clean."""
    name, given = event.name, GIVEN.get(event.name)
    if name in READ or (given and not _holds_something(event.payload.get(given))):
        return
    remedy = f"Take `{name}` out of the workflow's `on`; pushes and pull requests are read."
    if given:
        unread = f"The event {name!r} has `{given}`, which the guard does not read yet"
        remedy = f"Run the guard in a workflow without `{given}`: it reads the whole history."
    elif name in WRITTEN:
        unread = f"The event {name!r} is about {WRITTEN[name]}, which the guard does not read yet"
    else:
        unread = f"The guard does not know the event {name!r}, nor what it is about"
    raise UsageError(f"{unread}, so it cannot be said whether a key is there.", remedy=remedy)


def member(payload: JSON, *path: str) -> JSON:
    """Return what an event holds at a path, or None."""
    for name in path:
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload


def _holds_something(given: JSON) -> bool:
    return any(given.values()) if isinstance(given, dict) else bool(given)


def _distrust(name: str, repository: str, actor: str, payload: Mapping[str, JSON]) -> str | None:
    """Return why an event is not the repository's own, or None where it is; first match wins.

    A pull request of a fork carries a stranger's text. `pull_request_target` runs with the
    repository's credentials for anyone's pull request, and `workflow_run` does for what another
    repository's commit started. Dependabot's runs are treated like a fork's, as GitHub does:
    https://docs.github.com/en/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions
    """
    if name == "pull_request_target":
        return "pull_request_target runs for anyone's pull request"
    if name.startswith("pull_request"):
        ends = (member(payload, "pull_request", end, "repo") for end in ("base", "head"))
        if not all(_same(member(end, "full_name"), repository) for end in ends):
            return "the pull request comes from a fork, or from where is not known"
        if actor == DEPENDABOT:
            return "the pull request comes from Dependabot"
    if name == "workflow_run":
        head = member(payload, "workflow_run", "head_repository", "full_name")
        if not _same(head, repository):
            return "the workflow run was started from another repository"
    return None


def _read(path: str) -> tuple[Mapping[str, JSON], str]:
    """Return the payload, or an empty one and the reason why it could not be read."""
    if not path:
        return {}, "GITHUB_EVENT_PATH does not say where the event is"
    try:
        payload = json.loads(Path(path).read_bytes())
    except OSError as error:
        return {}, f"the event file cannot be read: {error.strerror}"
    except (ValueError, RecursionError):
        return {}, "the event file is not JSON"
    if not isinstance(payload, dict):
        return {}, "the event file does not hold an event"
    return payload, ""


def _same(one: JSON, other: JSON) -> bool:
    return isinstance(one, str) and bool(one) and one.casefold() == str(other).casefold()
