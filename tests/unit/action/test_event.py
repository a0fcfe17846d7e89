from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.action.event import Event

REPOSITORY = "acme/app"
FORK = "mallory/app"


def pull_request(head: str | None, base: str = REPOSITORY) -> dict[str, Any]:
    repo = None if head is None else {"full_name": head, "fork": head != base}
    return {"pull_request": {"head": {"repo": repo}, "base": {"repo": {"full_name": base}}}}


def workflow_run(head: str | None) -> dict[str, Any]:
    return {"workflow_run": {"head_repository": None if head is None else {"full_name": head}}}


def environment(path: Path, name: str, actor: str = "alice") -> dict[str, str]:
    return {
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_ACTOR": actor,
    }


def event_of(path: Path, name: str, payload: Any, actor: str = "alice") -> Event:
    file = path / "event.json"
    file.write_text(json.dumps(payload))
    event = Event.from_environment(environment(file, name, actor))
    assert event is not None
    return event


@pytest.mark.parametrize(
    ("name", "payload", "actor", "trusted", "reason"),
    [
        ("push", {}, "alice", True, ""),
        ("push", {}, "dependabot[bot]", True, ""),
        ("schedule", {}, "alice", True, ""),
        ("workflow_dispatch", {}, "alice", True, ""),
        ("merge_group", {}, "alice", True, ""),
        ("issues", {}, "mallory", True, ""),
        ("issue_comment", {"issue": {"pull_request": {}}}, "mallory", True, ""),
        ("pull_request", pull_request(REPOSITORY), "alice", True, ""),
        ("pull_request", pull_request("Acme/App"), "alice", True, ""),
        ("pull_request", pull_request(FORK), "alice", False, "fork"),
        ("pull_request", pull_request(None), "alice", False, "fork"),
        ("pull_request", pull_request(FORK, FORK), "alice", False, "fork"),
        ("pull_request", pull_request(REPOSITORY), "dependabot[bot]", False, "Dependabot"),
        ("pull_request", {}, "alice", False, "fork"),
        ("pull_request", {"pull_request": None}, "alice", False, "fork"),
        ("pull_request", {"pull_request": {"head": "x"}}, "alice", False, "fork"),
        ("pull_request_review", pull_request(FORK), "alice", False, "fork"),
        ("pull_request_review_comment", pull_request(FORK), "alice", False, "fork"),
        ("pull_request_target", pull_request(REPOSITORY), "alice", False, "anyone"),
        ("pull_request_target", pull_request(FORK), "alice", False, "anyone"),
        ("workflow_run", workflow_run(REPOSITORY), "alice", True, ""),
        ("workflow_run", workflow_run(FORK), "alice", False, "another repository"),
        ("workflow_run", workflow_run(None), "alice", False, "another repository"),
        ("workflow_run", {}, "alice", False, "another repository"),
    ],
)
def test_only_the_repositorys_own_events_are_trusted(
    name: str, payload: Any, actor: str, trusted: bool, reason: str, tmp_path: Path
) -> None:
    event = event_of(tmp_path, name, payload, actor)
    assert (event.untrusted is None) is trusted
    assert reason in (event.untrusted or "")


@pytest.mark.parametrize("name", ["push", "pull_request"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "does not hold an event"),
        (b"null", "does not hold an event"),
    ],
)
def test_a_broken_event_is_not_trusted(
    name: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    file = tmp_path / "event.json"
    file.write_bytes(content)
    event = Event.from_environment(environment(file, name))
    assert event is not None
    assert event.untrusted
    assert reason in event.untrusted
    assert event.payload == {}


@pytest.mark.parametrize(
    ("path", "reason"), [(Path("nowhere"), "No such file"), (Path(), "directory")]
)
def test_an_event_that_cannot_be_read_is_not_trusted(
    path: Path, reason: str, tmp_path: Path
) -> None:
    event = Event.from_environment(environment(tmp_path / path, "push"))
    assert event is not None
    assert event.untrusted
    assert reason in event.untrusted


def test_a_run_without_an_event_file_is_not_trusted() -> None:
    event = Event.from_environment({"GITHUB_EVENT_NAME": "push"})
    assert event is not None
    assert event.untrusted
    assert "GITHUB_EVENT_PATH" in event.untrusted


@pytest.mark.parametrize("environment", [{}, {"GITHUB_EVENT_NAME": ""}])
def test_outside_of_actions_there_is_no_event(environment: dict[str, str]) -> None:
    assert Event.from_environment(environment) is None


@pytest.mark.parametrize(
    ("payload", "visibility"),
    [
        ({"repository": {"visibility": "public", "private": False}}, "public"),
        ({"repository": {"visibility": "private", "private": True}}, "private"),
        ({"repository": {"visibility": "internal", "private": True}}, "internal"),
        ({"repository": {"private": True}}, "private"),
        ({"repository": {"private": False}}, "public"),
        ({"repository": {"private": "no"}}, "unknown"),
        ({"repository": {"visibility": "secret"}}, "unknown"),
        ({"repository": {"visibility": ["public"]}}, "unknown"),
        ({"repository": {}}, "unknown"),
        ({"repository": None}, "unknown"),
        ({"repository": []}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_the_event_may_say_who_sees_the_repository(
    payload: Any, visibility: str, tmp_path: Path
) -> None:
    assert event_of(tmp_path, "push", payload).visibility == visibility


def test_the_rest_comes_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text('{"ref": "refs/heads/main"}')
    event = Event.from_environment(
        {
            **environment(file, "push"),
            "GITHUB_SERVER_URL": "https://ghes.example/",
            "GITHUB_API_URL": "https://ghes.example/api/v3/",
            "GITHUB_SHA": "0" * 40,
            "GITHUB_RUN_ID": "7",
        }
    )
    assert event is not None
    assert (event.server_url, event.api_url) == (
        "https://ghes.example",
        "https://ghes.example/api/v3",
    )
    assert (event.name, event.repository, event.actor) == ("push", REPOSITORY, "alice")
    assert (event.sha, event.run_id) == ("0" * 40, "7")
    assert event.payload == {"ref": "refs/heads/main"}


def test_public_github_is_where_the_environment_names_no_other(tmp_path: Path) -> None:
    event = event_of(tmp_path, "push", {})
    assert (event.server_url, event.api_url) == ("https://github.com", "https://api.github.com")
