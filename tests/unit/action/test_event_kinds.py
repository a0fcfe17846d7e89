from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.action.event import BOTH, BY_ANYONE, IN_GIT, TEXTS, Event
from bedrock_key_guard.action.scope import (
    DELETED,
    HISTORY,
    NO_TAG,
    TEXT,
    Choice,
    scope_of,
    unread,
)
from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.scan.scanning import Scanning
from bedrock_key_guard.scan.sources.event_text import EventFile

PAGE = Path(__file__).parents[3] / "docs" / "events.md"
TAG = Scanning(source="range", revisions=("refs/tags/v1",))
TAGGED = {"release": {"tag_name": "v1"}}
# What is read of Git, where the event says no more than this.
READS = [
    *((name, {}, HISTORY) for name in sorted(IN_GIT - {"delete"})),
    ("delete", {"ref": "topic", "ref_type": "branch"}, DELETED),
    ("pull_request", {}, HISTORY),
    ("pull_request_target", {}, HISTORY),
    ("workflow_dispatch", {"inputs": {"text": "a"}}, HISTORY),
    ("repository_dispatch", {"client_payload": {"text": "a"}}, HISTORY),
    ("release", TAGGED, TAG),
    *((name, {}, TEXT) for name in sorted(TEXTS)),
    ("pull_request_review", {"pull_request": {"base": {"sha": "a" * 40}}}, TEXT),
    ("a_new_one", {}, TEXT),
    ("PUSH", {}, TEXT),
]


def event(name: str, payload: Any = None, unreadable: str = "") -> Event:
    known = (name, "acme/app", "octocat", "", "1", "", "", payload or {}, None)
    return Event(*known, unreadable, Path("event.json"))


@pytest.mark.parametrize(("name", "payload", "expected"), READS)
def test_of_git_an_event_costs_what_it_is_about(
    name: str, payload: Any, expected: Scanning
) -> None:
    assert scope_of(Choice(), name, payload, lambda _revision: True) == expected


@pytest.mark.parametrize("name", [*sorted(IN_GIT | BOTH | TEXTS), "a_new_one"])
def test_an_events_own_text_is_read_unless_git_has_it(name: str) -> None:
    by_anyone = name in BY_ANYONE
    own = EventFile(Path("event.json"), "actions/runs/1", by_anyone)
    assert event(name).text == (None if name in IN_GIT else own)
    assert event(name, unreadable="it is not JSON").text is None


@pytest.mark.parametrize(
    ("name", "payload", "words"),
    [
        ("a_new_one", {}, ["the event 'a_new_one'"]),
        ("PUSH", {}, ["the event 'PUSH'"]),
        ("registry_package", {}, ["the package"]),
        ("image_version", {}, ["the image"]),
        ("release", {"release": {"assets": [{"name": "a.zip"}]}}, ["releases/a.zip"]),
        ("release", {"release": {"assets": []}}, []),
        ("release", {"release": {"assets": "x"}}, []),
        ("release", {}, []),
        ("issues", {}, []),
        ("push", {}, []),
        ("", {}, []),
    ],
)
def test_what_nobody_reads_is_listed_and_leaves_a_run_incomplete(
    name: str, payload: Any, words: list[str]
) -> None:
    listed = unread(name, payload)
    assert [each.what for each in listed] == words
    assert all(each.counts for each in listed)


@pytest.mark.parametrize("tag", ["v1", "", None, "a..b", 7])
def test_a_release_without_a_tag_that_is_here_is_incomplete(tag: Any) -> None:
    payload = {"release": {"tag_name": tag}}
    read = scope_of(Choice(), "release", payload, lambda _revision: tag != "v1")
    assert read == Scanning(source="nothing", missing=(NO_TAG,))


def test_a_text_is_read_where_there_is_no_repository() -> None:
    assert scope_of(Choice(), "issues", {}, None) == TEXT
    assert isinstance(NO_TAG, NotScanned)


@pytest.mark.parametrize("wanted", [Choice("history"), Choice("tree"), Choice("auto", "v1")])
def test_a_workflow_may_want_more_than_the_text(wanted: Choice) -> None:
    found = scope_of(wanted, "issue_comment", {}, lambda _revision: True)
    assert found.source in (wanted.scan, "range")


def test_every_event_that_github_knows_is_in_one_table_and_tried_here() -> None:
    vendored = files("check_jsonschema") / "builtin_schemas" / "vendor" / "github-workflows.json"
    schema = json.loads(vendored.read_text("utf-8"))
    # A called workflow has the event of its caller.
    known = {*schema["definitions"]["event"]["enum"], "schedule"} - {"workflow_call"}
    tables = [*IN_GIT, *BOTH, *TEXTS]
    assert len(tables) == len(set(tables))
    assert known <= set(tables)
    assert set(tables) | {"a_new_one", "PUSH"} == {row[0] for row in READS}
    assert BY_ANYONE <= TEXTS


def test_the_page_about_events_has_them_all_in_the_right_table() -> None:
    page = PAGE.read_text("utf-8")
    git, rest = page.split("These say something beside it")
    both, texts = rest.split("Of these the event itself")
    assert [named(git), named(both), named(texts)] == [{*IN_GIT}, {*BOTH}, {*TEXTS}]


def named(part: str) -> set[str]:
    """Return what the first column of a table names."""
    column = "".join(re.findall(r"^\| (`.*?) \|", part, re.MULTILINE))
    return set(re.findall(r"`([a-z_]+)`", column))
