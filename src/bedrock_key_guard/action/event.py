"""Read the event that started a workflow run, and decide whether the run may respond.

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
from bedrock_key_guard.github.repository import Visibility, visibility_in

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = Any

DEPENDABOT = "dependabot[bot]"


@dataclass(frozen=True, slots=True)
class Trust:
    """Say whether a run may do more than look, and why."""

    trusted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Event:
    """Hold what started a run; `payload` is empty where it is `unreadable` for that reason."""

    name: str
    repository: str
    actor: str
    sha: str
    run_id: str
    server_url: str
    api_url: str
    payload: Mapping[str, JSON]
    trust: Trust
    unreadable: str = ""

    @property
    def trusted(self) -> bool:
        """Tell whether a response is permitted; `trust.reason` says why."""
        return self.trust.trusted

    @property
    def visibility(self) -> Visibility:
        """Return what the payload says of the repository's visibility; some events say nothing."""
        return visibility_in(self.payload.get("repository"))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Event | None:
        """Return the event of this run, or None outside of GitHub Actions."""
        name = environment.get("GITHUB_EVENT_NAME")
        if not name:
            return None
        repository = environment.get("GITHUB_REPOSITORY", "")
        actor = environment.get("GITHUB_ACTOR", "")
        payload, broken = _read(environment.get("GITHUB_EVENT_PATH", ""))
        trust = _distrust(broken) if broken else trust_in(name, repository, actor, payload)
        return cls(
            name=name,
            repository=repository,
            actor=actor,
            sha=environment.get("GITHUB_SHA", ""),
            run_id=environment.get("GITHUB_RUN_ID", ""),
            server_url=environment.get("GITHUB_SERVER_URL", PUBLIC_SERVER).rstrip("/"),
            api_url=environment.get("GITHUB_API_URL", PUBLIC_API).rstrip("/"),
            payload=payload,
            trust=trust,
            unreadable=broken,
        )


def trust_in(name: str, repository: str, actor: str, payload: Mapping[str, JSON]) -> Trust:
    """Decide whether an event is the repository's own; first match wins.

    A pull request of a fork carries a stranger's text. `pull_request_target` runs with the
    repository's credentials for anyone's pull request, and `workflow_run` does for what another
    repository's commit started. Dependabot's runs are treated like a fork's, as GitHub does:
    https://docs.github.com/en/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions
    """
    if name == "pull_request_target":
        return _distrust("pull_request_target runs for anyone's pull request")
    if name.startswith("pull_request"):
        return _trust_in_pull_request(repository, actor, payload)
    if name == "workflow_run":
        head = _member(_member(payload, "workflow_run"), "head_repository").get("full_name")
        if not _same(head, repository):
            return _distrust("the workflow run was started from another repository")
    return Trust(trusted=True, reason=f"{name} is an event of the repository itself")


def _trust_in_pull_request(repository: str, actor: str, payload: Mapping[str, JSON]) -> Trust:
    pull_request = _member(payload, "pull_request")
    base = _member(_member(pull_request, "base"), "repo").get("full_name", repository)
    head = _member(_member(pull_request, "head"), "repo").get("full_name")
    if not _same(head, base) or not _same(base, repository):
        return _distrust("the pull request comes from a fork, or from where is not known")
    if actor == DEPENDABOT:
        return _distrust("the pull request comes from Dependabot")
    return Trust(
        trusted=True, reason="the pull request comes from a branch of the repository itself"
    )


def _distrust(reason: str) -> Trust:
    return Trust(trusted=False, reason=reason)


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


def _member(parent: Mapping[str, JSON], name: str) -> Mapping[str, JSON]:
    member = parent.get(name)
    return member if isinstance(member, dict) else {}


def _same(one: JSON, other: JSON) -> bool:
    return isinstance(one, str) and bool(one) and one.casefold() == str(other).casefold()
