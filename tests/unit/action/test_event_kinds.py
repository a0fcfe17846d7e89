from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.action.event import BESIDE, GIVEN, READ, WRITTEN, Event, require_read
from bedrock_key_guard.errors import UsageError

PAGE = Path(__file__).parents[3] / "docs" / "events.md"
READS = [
    ("push", {"ref": "refs/heads/main"}),
    ("push", {"ref": "refs/tags/v1"}),
    ("pull_request", {"pull_request": {"title": "a", "body": "b"}}),
    ("pull_request_target", {"pull_request": {"title": "a", "body": "b"}}),
    ("merge_group", {}),
    ("schedule", {"schedule": "0 0 * * *"}),
    ("workflow_dispatch", {}),
    ("workflow_dispatch", {"inputs": None}),
    ("workflow_dispatch", {"inputs": {}}),
    ("workflow_dispatch", {"inputs": {"text": "", "more": None}}),
    ("repository_dispatch", {"action": "scan"}),
    ("repository_dispatch", {"client_payload": {}}),
    ("branch_protection_rule", {}),
    ("check_suite", {}),
    ("create", {}),
    ("delete", {}),
    ("fork", {}),
    ("page_build", {}),
    ("public", {}),
    ("watch", {}),
    ("workflow_run", {}),
]
REFUSED = [
    ("issues", {"issue": {"title": "a"}}, "an issue's title and description"),
    ("issues", {}, "an issue's title and description"),
    ("issue_comment", {"issue": {"pull_request": {}}}, "a comment on an issue or a pull request"),
    ("discussion", {}, "a discussion's title and text"),
    ("discussion_comment", {}, "a comment on a discussion"),
    ("pull_request_review", {"pull_request": {}}, "a review's text"),
    ("pull_request_review_comment", {"pull_request": {}}, "a comment of a review"),
    ("commit_comment", {}, "a comment on a commit"),
    ("gollum", {}, "pages of the wiki"),
    ("release", {}, "a release's name and notes"),
    ("check_run", {}, "the output of a check"),
    ("deployment", {}, "a deployment's description"),
    ("deployment_status", {}, "a deployment's description"),
    ("image_version", {}, "an image"),
    ("label", {}, "a label's name"),
    ("milestone", {}, "a milestone's title"),
    ("project", {}, "a project's name"),
    ("project_card", {}, "a card's note"),
    ("project_column", {}, "a column's name"),
    ("registry_package", {}, "a package"),
    ("status", {}, "a status's description"),
    ("workflow_dispatch", {"inputs": {"text": "a"}}, "has `inputs`"),
    ("workflow_dispatch", {"inputs": "a"}, "has `inputs`"),
    ("workflow_dispatch", {"inputs": ["a"]}, "has `inputs`"),
    ("repository_dispatch", {"client_payload": {"a": {"b": "c"}}}, "has `client_payload`"),
    ("a_new_one", {}, "does not know the event 'a_new_one'"),
    ("PUSH", {}, "does not know the event 'PUSH'"),
]


def event(name: str, payload: Any) -> Event:
    return Event(name, "acme/app", "octocat", "", "1", "", "", payload, None)


@pytest.mark.parametrize(("name", "payload"), READS)
def test_an_event_about_the_repository_is_read(name: str, payload: Any) -> None:
    require_read(event(name, payload))


@pytest.mark.parametrize(("name", "payload", "words"), REFUSED)
def test_an_event_about_something_else_is_an_error_that_says_so(
    name: str, payload: Any, words: str
) -> None:
    with pytest.raises(UsageError, match="it cannot be said whether a key is there") as refused:
        require_read(event(name, payload))
    assert words in str(refused.value)
    assert "workflow" in refused.value.remedy


def test_every_event_that_github_knows_is_in_one_table_and_tried_here() -> None:
    vendored = files("check_jsonschema") / "builtin_schemas" / "vendor" / "github-workflows.json"
    schema = json.loads(vendored.read_text("utf-8"))
    # A called workflow has the event of its caller.
    known = {*schema["definitions"]["event"]["enum"], "schedule"} - {"workflow_call"}
    tables = [*READ, *WRITTEN, *GIVEN]
    assert len(tables) == len(set(tables))
    assert known <= set(tables)
    assert set(tables) | {"a_new_one", "PUSH"} == {row[0] for row in (*READS, *REFUSED)}
    assert BESIDE.keys() <= READ


def test_the_page_about_events_has_them_all_in_the_right_table() -> None:
    read, unread = PAGE.read_text("utf-8").split("before it reads anything")
    assert named(read) == READ | GIVEN.keys()
    assert named(unread) == WRITTEN.keys() | GIVEN.keys()


def named(part: str) -> set[str]:
    """Return what the first column of a table names, but for members of an event."""
    column = "".join(re.findall(r"^\| (`.*?) \|", part, re.MULTILINE))
    return set(re.findall(r"`([a-z_]+)`", column)) - set(GIVEN.values())
