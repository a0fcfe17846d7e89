from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bedrock_key_guard.github.client import GitHub
from bedrock_key_guard.github.event_texts import text_of_event
from bedrock_key_guard.keys.key import short
from bedrock_key_guard.model.evidence import VerdictState
from bedrock_key_guard.model.findings import Case
from bedrock_key_guard.model.origins import EventText, Location, Span
from bedrock_key_guard.pipeline.redact_event import (
    CHANGED,
    OFFER,
    offered,
    redacted,
    what_to_write,
    without,
)
from bedrock_key_guard.report.report import Report
from bedrock_key_guard.scan.containers.decoded import matches
from sandbox.github.github_server import GitHubServer
from tests import keysmith
from tests.payloads import PAGES, Payloads
from tests.unit.report import samples

REPOSITORY = "acme/app"
KEY, OTHER = keysmith.long_term(), keysmith.long_term("BedrockAPIKey-other")
((_MATCH,), FINGERPRINT) = (found := matches(KEY.encode()), found[0].key.fingerprint)
MARK = f"[leaked key {short(FINGERPRINT)}, removed by Bedrock Key Guard]"
ADDRESSES = {
    "issue_comment": "issues/comments/99",
    "pull_request_review": "pulls/8/reviews/99",
    "pull_request_review_comment": "pulls/comments/99",
    "commit_comment": "comments/99",
    "release": "releases/99",
    "discussion": "X_99",
    "discussion_comment": "X_99",
}
ISSUES = {"issues", "pull_request"}
SAID = f"I use {KEY} and\r\n {OTHER}."


@pytest.fixture(autouse=True)
def repository(github: GitHubServer) -> None:
    github.add_repository(REPOSITORY)


@pytest.fixture
def client(github: GitHubServer) -> Iterator[GitHub]:
    with GitHub(github.add_actions_token(REPOSITORY), api_url=github.api_url) as client:
        yield client


def case(state: VerdictState = "live", *, in_event: bool = True) -> Case:
    text = EventText("issues/7 (issue.body)", "issues/7")
    place = Location(text, Span(1, 1)) if in_event else samples.at("a.env")
    found = samples.case(verdict=samples.verdict(state), locations=(place,))
    incident = replace(found.incident, fingerprint=FINGERPRINT)
    return replace(found, incident=incident, outcome=samples.done())


def report(*cases: Case) -> Report:
    return samples.report(*cases)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("nothing", "nothing"),
        ("", ""),
        (KEY, MARK),
        (f"é {KEY}\n{KEY}, {OTHER}", f"é {MARK}\n{MARK}, {OTHER}"),
        (f"`{KEY.rstrip('=')}`", f"`{MARK}`"),
        (f"x {base64.b64encode(KEY.encode()).decode()} y", f"x {MARK}A9 y"),
        ("\ud800 " + KEY, f"\ud800 {MARK}"),
    ],
)
def test_the_characters_of_the_key_alone_are_replaced(text: str, left: str) -> None:
    assert without({"body": text}, {FINGERPRINT}) == {"body": left}
    assert without({"body": text}, set()) == {"body": text}


@pytest.mark.parametrize(
    ("said", "now", "expected"),
    [
        ({"title": "a", "body": KEY}, {"title": "a", "body": KEY}, {"body": MARK}),
        ({"title": KEY, "body": KEY}, {"title": KEY, "body": KEY}, {"title": MARK, "body": MARK}),
        ({"title": "a", "body": KEY}, {"title": "b", "body": KEY}, "changed"),
        ({"title": "a", "body": KEY}, {"title": "a", "body": f"{KEY} "}, "changed"),
        ({"title": "a", "body": KEY}, {"title": "a", "body": ""}, "changed"),
    ],
)
def test_a_text_is_changed_only_where_it_is_as_it_was(
    said: dict[str, str], now: dict[str, str], expected: Any
) -> None:
    assert what_to_write(said, now, {FINGERPRINT}) == expected


@pytest.mark.parametrize(("name", "address"), ADDRESSES.items())
def test_the_text_of_each_event_that_an_api_changes_is_redacted(
    name: str, address: str, github: GitHubServer, client: GitHub
) -> None:
    payload = Payloads().of(name, SAID)
    text = text_of_event(name, payload, REPOSITORY)
    assert text is not None
    kept = github.add_text(REPOSITORY, address, **text.said)
    told = redacted(report(case()), client, text, "private")
    assert kept == {**text.said, "body": SAID.replace(KEY, MARK)}
    assert (told.warnings, len(told.notes)) == ((), 1)
    assert "Delete revision from history" in told.notes[0]
    assert "(issues/7)" in told.notes[0]
    # Once more, and there is nothing left to do.
    assert redacted(report(case()), client, text, "private").warnings == (CHANGED,)
    assert kept == {**text.said, "body": SAID.replace(KEY, MARK)}


@pytest.mark.parametrize("name", sorted(ISSUES))
def test_an_issue_and_a_pull_request_are_redacted_in_title_and_text(
    name: str, github: GitHubServer, client: GitHub
) -> None:
    payload = Payloads().of(name, SAID)
    (about,) = (payload[each] for each in ("issue", "pull_request") if each in payload)
    about |= {"number": 1, "title": KEY}
    state = github.state
    issue = state.add_issue(state.repositories[REPOSITORY], "alice", KEY, SAID)
    told = redacted(report(case()), client, text_of_event(name, payload, REPOSITORY), "private")
    assert told.warnings == ()
    assert (issue.title, issue.body) == (MARK, SAID.replace(KEY, MARK))


def test_a_text_that_was_changed_meanwhile_is_left_alone(
    github: GitHubServer, client: GitHub
) -> None:
    payload = Payloads().of("issue_comment", SAID)
    kept = github.add_text(REPOSITORY, "issues/comments/99", body=f"{SAID} Edited.")
    text = text_of_event("issue_comment", payload, REPOSITORY)
    assert redacted(report(case()), client, text, "private").warnings == (CHANGED,)
    assert kept == {"body": f"{SAID} Edited."}
    assert github.requests("PATCH") == []


@pytest.mark.parametrize("state", ["dead", "rejected", "foreign", "unverified", "contained"])
def test_only_a_key_that_was_live_is_taken_out(
    state: VerdictState, github: GitHubServer, client: GitHub
) -> None:
    text = text_of_event("issue_comment", Payloads().of("issue_comment", SAID), REPOSITORY)
    for each in (report(case(state)), report(case(in_event=False)), report()):
        assert redacted(each, client, text, "private") == each
        assert offered(each) == each
    assert github.exchanges == []


def test_a_token_that_may_not_change_it_is_a_warning(github: GitHubServer) -> None:
    text = text_of_event("issue_comment", Payloads().of("issue_comment", SAID), REPOSITORY)
    kept = github.add_text(REPOSITORY, "issues/comments/99", body=SAID)
    token = github.add_actions_token(REPOSITORY, issues="read")
    with GitHub(token, api_url=github.api_url) as client:
        (warning,) = redacted(report(case()), client, text, "private").warnings
    assert "was not redacted" in warning
    assert "Resource not accessible by integration" in warning
    assert kept == {"body": SAID}


def test_a_discussion_that_the_token_may_not_change_is_a_warning(github: GitHubServer) -> None:
    text = text_of_event("discussion", Payloads().of("discussion", SAID), REPOSITORY)
    kept = github.add_text(REPOSITORY, "X_99", title="Ideas", body=SAID)
    token = github.add_actions_token(REPOSITORY, issues="read")
    with GitHub(token, api_url=github.api_url) as client:
        (warning,) = redacted(report(case()), client, text, "private").warnings
    assert "was not redacted" in warning
    assert kept["body"] == SAID


@pytest.mark.parametrize(
    "name", sorted(PAGES.keys() - ADDRESSES.keys() - {"issues", "pull_request"})
)
def test_what_no_api_changes_is_for_people_to_delete(name: str, client: GitHub) -> None:
    text = text_of_event(name, Payloads().of(name, SAID), REPOSITORY)
    assert text is None
    (warning,) = redacted(report(case()), client, text, "private").warnings
    assert "delete it by hand (issues/7)" in warning


def test_a_key_in_what_a_text_was_before_is_for_people_to_delete(client: GitHub) -> None:
    payload = Payloads().of("issue_comment", "gone")
    text = text_of_event("issue_comment", payload, REPOSITORY)
    (warning,) = redacted(report(case()), client, text, "private").warnings
    assert "delete it by hand" in warning


def test_strangers_are_not_led_to_a_key_that_may_work(github: GitHubServer, client: GitHub) -> None:
    text = text_of_event("issue_comment", Payloads().of("issue_comment", SAID), REPOSITORY)
    github.add_text(REPOSITORY, "issues/comments/99", body=SAID)
    working = replace(case(), outcome=None)
    (note,) = redacted(report(working), client, text, "public").notes
    assert "issues/7" not in note


def test_it_is_offered_where_nobody_has_asked_for_it() -> None:
    assert offered(report(case())).notes == (OFFER,)


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("issues", {}),
        ("issues", {"issue": None}),
        ("issues", {"issue": {"number": "7/../8"}}),
        ("issues", {"issue": {"number": True}}),
        ("pull_request_review", {"review": {"id": 1}}),
        ("discussion", {"discussion": {}}),
        ("push", {}),
    ],
)
def test_an_event_that_names_no_text_names_none_to_change(name: str, payload: Any) -> None:
    assert text_of_event(name, payload, REPOSITORY) is None
