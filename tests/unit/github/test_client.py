from __future__ import annotations

import socket
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from bedrock_key_guard import __version__
from bedrock_key_guard.errors import (
    CredentialsError,
    DeniedError,
    GitHubError,
    RateLimitError,
    RefusedError,
    UnansweredError,
    UsageError,
)
from bedrock_key_guard.github.client import GitHub
from sandbox.github.github_faults import Fault
from sandbox.github.github_server import GitHubServer
from sandbox.github.http_messages import Answer
from tests.unit.github.doubles import FakeTime

REPOSITORY = "acme/app"
ISSUES = f"/repos/{REPOSITORY}/issues"
TOKEN = "ghs_madeUpForThisTest0123456789"
BODY = {"title": "t", "body": "b"}


@pytest.fixture
def token(github: GitHubServer) -> str:
    github.add_repository(REPOSITORY, pushers=("guard",))
    return github.add_token("guard")


@pytest.fixture
def client(github: GitHubServer, token: str, time: FakeTime) -> Iterator[GitHub]:
    with GitHub(token, api_url=f"{github.api_url}/", pace=time.pace()) as opened:
        yield opened


def test_requests_say_who_asks_and_for_which_version(github: GitHubServer, client: GitHub) -> None:
    assert client.get("/user")["login"] == "guard"
    headers = github.requests()[0].headers
    assert headers["accept"] == "application/vnd.github+json"
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["user-agent"] == f"bedrock-key-guard/{__version__}"


class Recorder(HTTPAdapter):
    """Send nothing on; remember how it was to be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.options: dict[str, Any] = {}

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> Any:
        self.options = options
        response = requests.Response()
        response.status_code, response._content, response.request = 200, b"{}", request
        return response


def test_every_request_has_timeouts(client: GitHub) -> None:
    recorder = Recorder()
    client._session.mount("http://", recorder)
    client.get("/user")
    assert recorder.options["timeout"] == (10, 30)


def test_all_pages_are_read(github: GitHubServer, client: GitHub) -> None:
    repository = github.state.repositories[REPOSITORY]
    for number in range(201):
        github.state.add_issue(repository, "guard", f"issue {number}", None)
    issues = list(client.pages(ISSUES, {"state": "all"}))
    assert [issue["number"] for issue in issues] == list(range(201, 0, -1))
    assert len(github.requests()) == 3


@pytest.mark.parametrize(
    "link", ["http://127.0.0.2:9/next", "https://127.0.0.1/next", "//evil.example/next", "/next"]
)
def test_a_next_page_elsewhere_is_not_asked(
    link: str, github: GitHubServer, client: GitHub
) -> None:
    github.faults.add(Fault(Answer(200, [], {"link": f'<{link}>; rel="next"'})))
    with pytest.raises(UnansweredError, match="another host"):
        list(client.pages(ISSUES, {}))
    assert len(github.requests()) == 1


def test_redirects_are_not_followed(github: GitHubServer, client: GitHub) -> None:
    location = f"{github.api_url}/user"
    github.faults.add(Fault(Answer(301, {"message": "Moved"}, {"location": location})))
    with pytest.raises(RefusedError) as caught:
        client.get(f"/repos/{REPOSITORY}")
    assert caught.value.status == 301
    assert "use the new name or address" in caught.value.remedy
    assert len(github.requests()) == 1


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("fault", ["server_error", "drop"])
def test_what_can_be_repeated_is(
    method: str, fault: str, github: GitHubServer, client: GitHub, time: FakeTime
) -> None:
    github.state.add_issue(github.state.repositories[REPOSITORY], "guard", "t", None)
    getattr(github.faults, fault)(times=3)
    path = f"{ISSUES}/1"
    issue = client.get(path) if method == "GET" else client.patch(path, {"title": "t"})
    assert issue["title"] == "t"
    assert [seconds for seconds in time.slept if seconds in {1, 2, 4}] == [1, 2, 4]
    assert len(github.requests(method)) == 4


@pytest.mark.parametrize("fault", ["server_error", "drop"])
def test_a_repeated_failure_is_given_up(
    fault: str, github: GitHubServer, client: GitHub, time: FakeTime
) -> None:
    getattr(github.faults, fault)(times=9)
    with pytest.raises(UnansweredError) as caught:
        client.get("/user")
    assert len(github.requests()) == 4
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("fault", ["server_error", "drop"])
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_creation_without_an_answer_is_not_repeated(
    fault: str, carried_out: bool, github: GitHubServer, client: GitHub
) -> None:
    getattr(github.faults, fault)(method="POST", carried_out=carried_out)
    with pytest.raises(UnansweredError):
        client.post(ISSUES, BODY)
    assert len(github.requests("POST")) == 1
    assert len(github.issues(REPOSITORY)) == carried_out


def test_writes_are_a_second_apart_and_reads_are_not(client: GitHub, time: FakeTime) -> None:
    client.post(ISSUES, BODY)
    client.get(f"{ISSUES}/1")
    client.get(f"{ISSUES}/1")
    assert time.slept == []
    client.post(ISSUES, BODY)
    client.patch(f"{ISSUES}/1", BODY)
    client.post(f"{ISSUES}/1/labels", {"labels": ["a"]}, notifies=False)
    assert (time.slept, client.waited) == ([1, 1, 1], 3)


def test_the_primary_limit_is_waited_for(
    github: GitHubServer, client: GitHub, time: FakeTime
) -> None:
    github.faults.primary_rate_limit(time.now + 50)
    client.get("/user")
    assert time.slept == [51]


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(("retry_after", "seconds"), [("7", 7), (None, 60)])
def test_the_secondary_limit_is_waited_for_and_a_creation_is_sent_again(
    status: int,
    retry_after: str | None,
    seconds: float,
    github: GitHubServer,
    client: GitHub,
    time: FakeTime,
) -> None:
    github.faults.secondary_rate_limit(retry_after, status=status)
    assert client.post(ISSUES, BODY)["number"] == 1
    assert time.slept == [seconds]
    assert len(github.issues(REPOSITORY)) == 1


def test_a_limit_that_lasts_longer_than_we_may_wait_ends_it(
    github: GitHubServer, client: GitHub, time: FakeTime
) -> None:
    github.faults.secondary_rate_limit(times=9)
    with pytest.raises(RateLimitError, match="120 seconds") as caught:
        client.get("/user")
    assert time.slept == [60]
    assert caught.value.exit_code == 4
    assert len(github.requests()) == 2


def test_all_waiting_of_a_client_adds_up(
    github: GitHubServer, client: GitHub, time: FakeTime
) -> None:
    github.faults.secondary_rate_limit("50", times=2)
    client.get("/user")
    time.now += 3_600
    github.faults.secondary_rate_limit("50")
    with pytest.raises(RateLimitError):
        client.get("/user")
    assert time.slept == [50, 50]


@pytest.mark.parametrize(
    ("status", "error", "exit_code"),
    [
        (400, RefusedError, 4),
        (401, DeniedError, 3),
        (403, DeniedError, 3),
        (404, DeniedError, 3),
        (410, RefusedError, 4),
        (422, RefusedError, 4),
        (500, UnansweredError, 4),
        (503, UnansweredError, 4),
    ],
)
def test_each_refusal_has_its_error(
    status: int,
    error: type[GitHubError],
    exit_code: int,
    github: GitHubServer,
    client: GitHub,
) -> None:
    github.faults.refuse(status, "No, because.", times=9)
    with pytest.raises(GitHubError) as caught:
        client.get("/user")
    assert type(caught.value) is error
    assert caught.value.exit_code == exit_code
    assert str(status) in str(caught.value)
    assert caught.value.remedy
    assert isinstance(caught.value, CredentialsError) is (exit_code == 3)


def test_a_refusal_says_in_githubs_words_which_field_it_is_about(
    github: GitHubServer, client: GitHub
) -> None:
    with pytest.raises(RefusedError) as caught:
        client.post(ISSUES, {**BODY, "assignees": ["nobody"]})
    assert caught.value.reason == "Validation Failed, assignees invalid"


@pytest.mark.parametrize("body", ["<html>Log in to the Wi-Fi</html>", ""])
def test_a_page_that_is_not_githubs_is_no_answer(
    body: str, github: GitHubServer, client: GitHub
) -> None:
    github.faults.add(Fault(Answer(200, body)))
    with pytest.raises(UnansweredError, match="not JSON"):
        client.get("/user")


def test_a_list_that_is_none_is_no_answer(github: GitHubServer, client: GitHub) -> None:
    github.faults.add(Fault(Answer(200, {"message": "hello"})))
    with pytest.raises(UnansweredError, match="list"):
        list(client.pages(ISSUES, {}))


def test_a_closed_port_is_no_answer_and_the_token_stays_out_of_the_error(time: FakeTime) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    api_url = f"http://127.0.0.1:{port}"
    with (
        GitHub(TOKEN, api_url=api_url, pace=time.pace()) as client,
        pytest.raises(UnansweredError) as caught,
    ):
        client.get("/user")
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert TOKEN not in "".join(report.format())
    assert caught.value.__context__ is None
    assert time.slept == [1, 2, 4]


@pytest.mark.parametrize(
    "api_url",
    ["", "nonsense", "ftp://127.0.0.1", "http://", "http://[::1", "http://h:port", "//127.0.0.1"],
)
def test_an_address_that_is_none_is_a_mistake_of_the_user(api_url: str) -> None:
    with pytest.raises(UsageError, match="address"):
        GitHub(TOKEN, api_url=api_url)


def test_a_ca_bundle_that_is_no_file_is_no_answer(
    time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    with (
        GitHub(TOKEN, api_url="https://127.0.0.1:9", pace=time.pace()) as client,
        pytest.raises(UnansweredError, match="OSError"),
    ):
        client.get("/user")
