from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.github.contract import OUTSIDE, violations
from sandbox.github.github_server import ACTIONS_LOGIN, GitHubServer

PRIVATE, PUBLIC = "/repos/acme/app", "/repos/acme/site"


class Caller:
    """Send requests the way anybody would."""

    def __init__(self, github: GitHubServer) -> None:
        self.github = github
        self.session = requests.Session()
        self.session.trust_env = False

    def __call__(self, token: str, method: str, path: str, data: Any = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = path if path.startswith("http") else self.github.api_url + path
        return self.session.request(method, url, headers=headers, json=data, allow_redirects=False)


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        server.add_repository("acme/app", pushers=("bob",), readers=("rita",))
        server.add_repository("acme/site", visibility="public")
        yield server


@pytest.fixture
def call(github: GitHubServer) -> Iterator[Caller]:
    caller = Caller(github)
    yield caller
    caller.session.close()
    assert violations(github.exchanges) == []


def fields(response: requests.Response) -> list[tuple[str, str]]:
    return [(error["field"], error["code"]) for error in response.json()["errors"]]


def test_a_person_and_an_application_are_told_apart(github: GitHubServer, call: Caller) -> None:
    bob, actions = github.add_token("bob"), github.add_actions_token("acme/app")
    query = {"query": "query { viewer { login } }"}
    assert call(bob, "GET", "/user").json()["login"] == "bob"
    assert call(bob, "POST", "/graphql", query).json() == {"data": {"viewer": {"login": "bob"}}}
    refused = call(actions, "GET", "/user")
    assert refused.status_code == 403
    assert refused.json()["message"] == "Resource not accessible by integration"
    viewer = call(actions, "POST", "/graphql", query).json()
    assert viewer == {"data": {"viewer": {"login": ACTIONS_LOGIN}}}
    assert "errors" in call(bob, "POST", "/graphql", {"query": "{ rateLimit { cost } }"}).json()


@pytest.mark.parametrize("path", ["/user", PRIVATE, PUBLIC, f"{PUBLIC}/issues"])
def test_a_bad_token_opens_nothing(path: str, call: Caller) -> None:
    assert call("bad", "GET", path).json()["message"] == "Bad credentials"
    assert call("", "GET", path).status_code == 401


@pytest.mark.parametrize(
    ("login", "path", "status"),
    [
        ("acme", PRIVATE, 200),
        ("bob", PRIVATE, 200),
        ("rita", PRIVATE, 200),
        ("mallory", PRIVATE, 404),
        ("mallory", PUBLIC, 200),
        ("acme", "/repos/acme/none", 404),
        ("acme", "/repos/ACME/App", 200),
    ],
)
def test_a_private_repository_is_there_for_its_people_only(
    login: str, path: str, status: int, github: GitHubServer, call: Caller
) -> None:
    assert call(github.add_token(login), "GET", path).status_code == status


def test_a_repository_tells_what_it_is(github: GitHubServer, call: Caller) -> None:
    github.add_repository("acme/old", visibility="internal", has_issues=False, archived=True)
    data = call(github.add_token("acme"), "GET", "/repos/acme/old").json()
    assert (data["visibility"], data["private"]) == ("internal", True)
    assert (data["has_issues"], data["archived"]) == (False, True)
    assert (data["full_name"], data["default_branch"]) == ("acme/old", "main")


@pytest.mark.parametrize(
    ("kind", "issues", "path", "status"),
    [
        ("actions", "write", PRIVATE, 201),
        ("actions", "read", PRIVATE, 403),
        ("actions", "write", PUBLIC, 403),
        ("bob", "write", PRIVATE, 201),
        ("bob", "read", PRIVATE, 403),
        ("rita", "write", PRIVATE, 201),
        ("mallory", "write", PRIVATE, 404),
        ("mallory", "write", PUBLIC, 201),
        ("mallory", "read", PUBLIC, 403),
    ],
)
def test_who_may_open_an_issue(
    kind: str, issues: Any, path: str, status: int, github: GitHubServer, call: Caller
) -> None:
    actions = kind == "actions"
    token = (
        github.add_actions_token("acme/app", issues=issues)
        if actions
        else github.add_token(kind, issues=issues)
    )
    made = call(token, "POST", f"{path}/issues", {"title": "t"})
    assert made.status_code == status
    if status == 201:
        assert made.json()["user"]["login"] == (ACTIONS_LOGIN if actions else kind)


def test_labels_and_assignees_are_kept_for_those_who_may_push(
    github: GitHubServer, call: Caller
) -> None:
    data = {"title": "t", "labels": ["New", "new"], "assignees": ["rita"]}
    made = call(github.add_token("bob"), "POST", f"{PRIVATE}/issues", data).json()
    assert [label["name"] for label in made["labels"]] == ["New"]
    assert made["assignee"]["login"] == "rita"


def test_labels_and_assignees_of_others_are_dropped(github: GitHubServer, call: Caller) -> None:
    data = {"title": "t", "labels": ["new"], "assignees": ["nobody"]}
    mallory = github.add_token("mallory")
    made = call(mallory, "POST", f"{PUBLIC}/issues", data).json()
    assert (made["labels"], made["assignees"]) == ([], [])
    changed = call(mallory, "PATCH", f"{PUBLIC}/issues/1", data)
    assert changed.status_code == 200
    assert (changed.json()["labels"], changed.json()["assignees"]) == ([], [])
    assert call(mallory, "GET", f"{PUBLIC}/labels").json() == []
    assert call(mallory, "POST", f"{PUBLIC}/labels", {"name": "x"}).status_code == 404
    labelled = call(mallory, "POST", f"{PUBLIC}/issues/1/labels", {"labels": ["x"]})
    assert labelled.status_code == 403


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"title": ""}, ("title", "missing_field")),
        ({"title": "t" * 257}, ("title", "custom")),
        ({"title": "t", "body": "b" * 65_537}, ("body", "custom")),
        ({"title": "t", "assignees": ["nobody"]}, ("assignees", "invalid")),
    ],
)
def test_what_github_does_not_take_is_named(
    data: Any, field: tuple[str, str], github: GitHubServer, call: Caller
) -> None:
    made = call(github.add_token("bob"), "POST", f"{PRIVATE}/issues", data)
    assert (made.status_code, fields(made)) == (422, [field])
    assert github.issues("acme/app") == []


def test_the_longest_body_is_taken(github: GitHubServer, call: Caller) -> None:
    data = {"title": "t" * 256, "body": "b" * 65_536}
    assert call(github.add_token("bob"), "POST", f"{PRIVATE}/issues", data).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", f"{PRIVATE}/issues", b"{", "MediaTypeDeserializeError"),
        ("POST", f"{PRIVATE}/issues", b"[]", "is not of type 'object'"),
        ("POST", f"{PRIVATE}/issues", b'{"body": "b"}', "'title' is a required property"),
        ("POST", f"{PRIVATE}/issues", b'{"title": "t", "label": "a"}', "knows no 'label'"),
        ("GET", f"{PRIVATE}/issues?state=shut", b"", "'shut' is not one of"),
        ("GET", f"{PRIVATE}/issues?autor=bob", b"", "knows no 'autor'"),
        ("DELETE", f"{PRIVATE}/issues/1", b"", "OperationNotFound"),
        ("GET", "/search/issues", b"", "PathNotFound"),
    ],
)
def test_what_github_does_not_describe_is_an_error_of_the_sandbox_that_changes_nothing(
    method: str, path: str, body: bytes, said: str, github: GitHubServer
) -> None:
    headers = {"Authorization": f"Bearer {github.add_token('bob')}"}
    headers["Content-Type"] = "application/json"
    url = f"{github.api_url}{path}"
    answer = requests.request(method, url, data=body, headers=headers, timeout=9)
    assert answer.status_code == 500
    assert OUTSIDE in answer.json()["message"]
    assert said in answer.json()["message"]
    assert github.issues("acme/app") == []


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("POST", "/issues", {"title": "t"}),
        ("PATCH", "/issues/1", {"title": "t"}),
        ("POST", "/issues/1/comments", {"body": "b"}),
        ("GET", "/issues/1", None),
    ],
)
def test_disabled_issues_are_gone_and_the_list_is_empty(
    method: str, path: str, data: Any, github: GitHubServer, call: Caller
) -> None:
    bob = github.add_token("bob")
    call(bob, "POST", f"{PRIVATE}/issues", {"title": "t"})
    github.state.repositories["acme/app"].has_issues = False
    assert call(bob, method, PRIVATE + path, data).status_code == 410
    assert call(bob, "GET", f"{PRIVATE}/issues").json() == []


def test_an_archived_repository_is_read_only(github: GitHubServer, call: Caller) -> None:
    bob = github.add_token("bob")
    github.state.repositories["acme/app"].archived = True
    refused = call(bob, "POST", f"{PRIVATE}/issues", {"title": "t"})
    assert refused.status_code == 403
    assert "archived" in refused.json()["message"]
    assert call(bob, "GET", f"{PRIVATE}/issues").status_code == 200


def test_closing_and_reopening_has_its_reasons(github: GitHubServer, call: Caller) -> None:
    bob, issue = github.add_token("bob"), f"{PRIVATE}/issues/1"
    call(bob, "POST", f"{PRIVATE}/issues", {"title": "t", "body": "b"})

    def change(data: Any) -> tuple[str, str | None, bool]:
        changed = call(bob, "PATCH", issue, data).json()
        return changed["state"], changed["state_reason"], bool(changed["closed_at"])

    assert change({"state_reason": "not_planned"}) == ("open", None, False)
    assert change({"state": "closed"}) == ("closed", "completed", True)
    assert change({"state": "closed", "state_reason": "not_planned"})[1] == "completed"
    assert change({"state": "open"}) == ("open", "reopened", False)
    assert change({"state": "closed", "state_reason": "not_planned"})[1] == "not_planned"
    assert call(bob, "GET", issue).json()["body"] == "b"


def test_only_those_who_may_push_change_the_issues_of_others(
    github: GitHubServer, call: Caller
) -> None:
    acme, mallory = github.add_token("acme"), github.add_token("mallory")
    issues = f"{PUBLIC}/issues"
    call(acme, "POST", issues, {"title": "t"})
    call(mallory, "POST", issues, {"title": "t"})
    assert call(mallory, "PATCH", f"{issues}/1", {"title": "u"}).status_code == 403
    assert call(mallory, "PATCH", f"{issues}/2", {"title": "u"}).status_code == 200
    assert call(acme, "PATCH", f"{issues}/2", {"title": "v"}).status_code == 200
    assert call(mallory, "POST", f"{issues}/1/comments", {"body": "b"}).status_code == 201


def test_comments_are_kept_in_order(github: GitHubServer, call: Caller) -> None:
    bob, path = github.add_token("bob"), f"{PRIVATE}/issues/1/comments"
    call(bob, "POST", f"{PRIVATE}/issues", {"title": "t"})
    for body in ("one", "two"):
        call(bob, "POST", path, {"body": body})
    assert call(bob, "POST", path, {"body": ""}).status_code == 422
    assert [said["body"] for said in call(bob, "GET", path).json()] == ["one", "two"]
    (issue,) = github.issues("acme/app")
    assert [said["body"] for said in issue["comments"]] == ["one", "two"]


def test_labels_are_made_found_and_added(github: GitHubServer, call: Caller) -> None:
    bob, labels = github.add_token("bob"), f"{PRIVATE}/labels"
    assert call(bob, "GET", f"{labels}/on%20fire").status_code == 404
    made = {"name": "on fire", "color": "b60205", "description": "d"}
    assert call(bob, "POST", labels, made).status_code == 201
    assert fields(call(bob, "POST", labels, {"name": "On Fire"})) == [("name", "already_exists")]
    assert fields(call(bob, "POST", labels, {"name": "x" * 51})) == [("name", "invalid")]
    assert call(bob, "GET", f"{labels}/On%20Fire").json()["color"] == "b60205"
    call(bob, "POST", f"{PRIVATE}/issues", {"title": "t", "labels": ["a"]})
    added = call(bob, "POST", f"{PRIVATE}/issues/1/labels", {"labels": ["on fire", "a"]}).json()
    assert [label["name"] for label in added] == ["a", "on fire"]
    assert len(call(bob, "GET", labels).json()) == 2


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [4, 3, 1]),
        ("?state=all", [4, 3, 2, 1]),
        ("?state=closed", [2]),
        ("?labels=red", [3, 1]),
        ("?labels=RED,blue", [3]),
        ("?creator=rita", [4]),
        ("?creator=nobody", []),
        ("?direction=asc", [1, 3, 4]),
        ("?sort=updated&state=all", [1, 2, 4, 3]),
        ("?per_page=2", [4, 3]),
        ("?per_page=2&page=2", [1]),
        ("?per_page=2&page=3", []),
    ],
)
def test_issues_are_listed_as_asked(
    query: str, numbers: list[int], github: GitHubServer, call: Caller
) -> None:
    bob, issues = github.add_token("bob"), f"{PRIVATE}/issues"
    for labels in (["red"], [], ["red", "blue"]):
        call(bob, "POST", issues, {"title": "t", "labels": labels})
    call(github.add_token("rita"), "POST", issues, {"title": "t"})
    call(bob, "PATCH", f"{issues}/2", {"state": "closed"})
    call(bob, "PATCH", f"{issues}/1", {"body": "newer"})
    listed = call(bob, "GET", issues + query).json()
    assert [issue["number"] for issue in listed] == numbers


def test_links_lead_through_all_pages(github: GitHubServer, call: Caller) -> None:
    bob, issues = github.add_token("bob"), f"{PRIVATE}/issues"
    for _ in range(5):
        call(bob, "POST", issues, {"title": "t", "labels": ["red"]})
    seen, url = [], f"{issues}?labels=red&per_page=2"
    while url:
        answer = call(bob, "GET", url)
        seen.append(([issue["number"] for issue in answer.json()], set(answer.links)))
        url = answer.links.get("next", {}).get("url", "")
    assert seen == [
        ([5, 4], {"next", "last"}),
        ([3, 2], {"prev", "first", "next", "last"}),
        ([1], {"prev", "first"}),
    ]


def test_every_answer_counts_against_the_limit(github: GitHubServer, call: Caller) -> None:
    bob = github.add_token("bob")
    left = [int(call(bob, "GET", "/user").headers["x-ratelimit-remaining"]) for _ in range(2)]
    assert left == [4999, 4998]


def test_requests_are_recorded_without_their_token(github: GitHubServer, call: Caller) -> None:
    bob = github.add_token("bob")
    call(bob, "POST", f"{PRIVATE}/issues", {"title": "t"})
    (request,) = github.requests("POST", "/issues")
    assert (request.path, request.body) == (f"{PRIVATE}/issues", '{"title": "t"}')
    assert bob not in repr(github.exchanges)


def test_limits_and_errors_come_when_ordered(github: GitHubServer, call: Caller) -> None:
    bob = github.add_token("bob")
    github.faults.primary_rate_limit(1_000)
    primary = call(bob, "GET", "/user")
    assert (primary.status_code, primary.headers["x-ratelimit-reset"]) == (403, "1000")
    assert primary.headers["x-ratelimit-remaining"] == "0"
    github.faults.secondary_rate_limit("7", status=429)
    secondary = call(bob, "GET", "/user")
    assert (secondary.status_code, secondary.headers["retry-after"]) == (429, "7")
    github.faults.server_error(times=2, method="GET")
    assert [call(bob, "GET", "/user").status_code for _ in range(3)] == [502, 502, 200]
    assert [exchange.injected for exchange in github.exchanges] == [True] * 4 + [False]


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_connection_is_cut_after_the_work_or_before(
    carried_out: bool, github: GitHubServer, call: Caller
) -> None:
    github.faults.drop(method="POST", carried_out=carried_out)
    with pytest.raises(requests.ConnectionError):
        call(github.add_token("bob"), "POST", f"{PRIVATE}/issues", {"title": "t"})
    assert len(github.issues("acme/app")) == carried_out


def test_an_answer_can_be_late(github: GitHubServer, call: Caller) -> None:
    waits: list[float] = []
    github.faults.sleep = waits.append
    github.faults.delay(20)
    assert call(github.add_token("bob"), "GET", "/user").json()["login"] == "bob"
    assert waits == [20]


def test_ghes_answers_below_its_prefix_only() -> None:
    with GitHubServer(prefix="/api/v3") as ghes:
        headers = {"Authorization": f"Bearer {ghes.add_token('bob')}"}
        query = {"query": "{ viewer { login } }"}

        def status(method: str, path: str, data: Any = None) -> int:
            url = ghes.server_url + path
            return requests.request(method, url, headers=headers, json=data, timeout=9).status_code

        assert status("GET", "/api/v3/user") == 200
        assert status("POST", "/api/graphql", query) == 200
        assert status("GET", "/user") == 500
