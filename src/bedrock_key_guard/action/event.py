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

from bedrock_key_guard.github import PUBLIC_API, PUBLIC_SERVER
from bedrock_key_guard.github.visibility import Visibility, visibility_in
from bedrock_key_guard.scan.sources.event_text import EventFile, member

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = Any

DEPENDABOT = "dependabot[bot]"

IN_GIT = frozenset(
    {
        # The commits that the event names.
        "delete",
        "merge_group",
        "push",
        # Nothing but the repository.
        "branch_protection_rule",
        "check_suite",
        "create",
        "fork",
        "page_build",
        "public",
        "schedule",
        "watch",
        "workflow_run",
    }
)
"""Events that say nothing which is not in Git."""

BOTH = frozenset(
    {"pull_request", "pull_request_target", "release", "repository_dispatch", "workflow_dispatch"}
)
"""Events about commits, which say something beside them: a description, notes, inputs."""

LOOKS_AFTER = frozenset(("schedule", "workflow_dispatch"))
"""Events at which issues are brought up to date, whether or not a key is met."""

TEXTS = frozenset(
    {
        "check_run",
        "commit_comment",
        "deployment",
        "deployment_status",
        "discussion",
        "discussion_comment",
        "gollum",
        "image_version",
        "issue_comment",
        "issues",
        "label",
        "milestone",
        "project",
        "project_card",
        "project_column",
        "pull_request_review",
        "pull_request_review_comment",
        "registry_package",
        "status",
    }
)
"""Events about what is not in Git: the text in the event itself is all that they are about."""

BY_ANYONE = frozenset({"gollum"})
"""Events of those that do not say whether their author may write: a wiki may be open to all."""


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
    path: Path = Path()

    @property
    def visibility(self) -> Visibility:
        """Return what the payload says of the repository's visibility; some events say nothing."""
        return visibility_in(self.payload.get("repository"))

    @property
    def text(self) -> EventFile | None:
        """Return where what the event says itself is read, None where Git has all of it."""
        if self.unreadable or self.name in IN_GIT:
            return None
        return EventFile(self.path, f"actions/runs/{self.run_id}", self.name in BY_ANYONE)

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
            path=Path(environment.get("GITHUB_EVENT_PATH", "")),
        )


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
