from __future__ import annotations

from typing import Any

import pytest

from bedrock_key_guard.errors import DeniedError, GitHubError, UnansweredError, UsageError
from bedrock_key_guard.github.client import GitHub
from bedrock_key_guard.github.issue_api import own_login
from bedrock_key_guard.github.visibility import (
    repository_path,
    repository_visibility,
)
from sandbox.github.github_faults import Fault
from sandbox.github.github_server import ACTIONS_LOGIN, GitHubServer
from sandbox.github.http_messages import Answer
from sandbox.github.state import Visibility
from tests.unit.github.doubles import FakeTime

REPOSITORY = "acme/app"


def client_of(github: GitHubServer, token: str, time: FakeTime) -> GitHub:
    return GitHub(token, api_url=github.api_url, pace=time.pace())


@pytest.mark.parametrize("visibility", ["public", "private", "internal"])
def test_github_says_who_sees_a_repository(
    visibility: Visibility, github: GitHubServer, time: FakeTime
) -> None:
    github.add_repository(REPOSITORY, visibility=visibility)
    with client_of(github, github.add_actions_token(REPOSITORY), time) as client:
        assert repository_visibility(client, REPOSITORY) == visibility


@pytest.mark.parametrize(
    ("answer", "visibility"),
    [
        (Answer(200, {"private": True}), "private"),
        (Answer(200, {"private": False}), "public"),
        (Answer(200, {"visibility": "other"}), "unknown"),
        (Answer(200, []), "unknown"),
        (Answer(200, "<html></html>"), "unknown"),
        (Answer(301, {}), "unknown"),
        (Answer(401, {"message": "Bad credentials"}), "unknown"),
        (Answer(403, {"message": "Forbidden"}), "unknown"),
        (Answer(404, {"message": "Not Found"}), "unknown"),
        (Answer(502, "<html></html>"), "unknown"),
        (None, "unknown"),
    ],
)
def test_visibility_that_github_does_not_tell_is_unknown(
    answer: Answer | None, visibility: str, github: GitHubServer, time: FakeTime
) -> None:
    github.faults.add(Fault(answer, drop=answer is None, times=9))
    with client_of(github, "x", time) as client:
        assert repository_visibility(client, REPOSITORY) == visibility


def test_a_persons_token_says_whose_it_is(github: GitHubServer, time: FakeTime) -> None:
    with client_of(github, github.add_token("alice"), time) as client:
        assert own_login(client) == "alice"


def test_an_applications_token_says_so_by_graphql(github: GitHubServer, time: FakeTime) -> None:
    with client_of(github, github.add_actions_token(), time) as client:
        assert own_login(client) == ACTIONS_LOGIN
    assert [request.path for request in github.requests()] == ["/user", "/graphql"]
    assert time.slept == []


def test_ghes_has_its_own_places_for_rest_and_graphql(time: FakeTime) -> None:
    with (
        GitHubServer(prefix="/api/v3") as ghes,
        client_of(ghes, ghes.add_actions_token(), time) as client,
    ):
        assert own_login(client) == ACTIONS_LOGIN


def test_an_applications_login_ends_in_bot_whatever_graphql_says(
    github: GitHubServer, time: FakeTime
) -> None:
    viewer = {"data": {"viewer": {"login": "github-actions"}}}
    github.faults.add(Fault(Answer(200, viewer), path="/graphql"))
    with client_of(github, github.add_actions_token(), time) as client:
        assert own_login(client) == ACTIONS_LOGIN


def test_a_bad_token_is_denied(github: GitHubServer, time: FakeTime) -> None:
    with client_of(github, "x", time) as client, pytest.raises(DeniedError) as caught:
        own_login(client)
    assert caught.value.status == 401
    assert len(github.requests()) == 1


@pytest.mark.parametrize(
    "data", [{}, {"data": None}, {"errors": []}, [], {"data": "x"}, {"data": {"viewer": None}}]
)
def test_a_viewer_that_is_none_is_no_answer(
    data: Any, github: GitHubServer, time: FakeTime
) -> None:
    github.faults.add(Fault(Answer(200, data), path="/graphql"))
    with (
        client_of(github, github.add_actions_token(), time) as client,
        pytest.raises(UnansweredError),
    ):
        own_login(client)


def test_a_user_without_a_login_is_no_answer(github: GitHubServer, time: FakeTime) -> None:
    github.faults.add(Fault(Answer(200, {"login": ""})))
    with client_of(github, "x", time) as client, pytest.raises(GitHubError):
        own_login(client)


@pytest.mark.parametrize("name", [REPOSITORY, "a/b", "A-b_c/d.e_f-g", "a/.github", "0/1"])
def test_a_repository_is_an_owner_and_a_name(name: str) -> None:
    assert repository_path(name) == f"/repos/{name}"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "a/",
        "/a",
        "a/b/c",
        "a/..",
        "a/.",
        "../b",
        "a/b?c",
        "a/b#c",
        "a b/c",
        "a/b\n",
        "é/b",
    ],
)
def test_anything_else_is_a_mistake_of_the_user(name: str) -> None:
    with pytest.raises(UsageError, match="repository"):
        repository_path(name)
