from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from bedrock_key_guard.errors import DeniedError, RateLimitError, RefusedError
from bedrock_key_guard.github.client import GitHub
from bedrock_key_guard.github.issue_changes import ExistingIssue, WantedIssue
from bedrock_key_guard.github.issues import MANAGEMENT_LABEL, Issues
from bedrock_key_guard.github.marker import read_marker, write_body
from sandbox.github.contract import violations
from sandbox.github.github_server import ACTIONS_LOGIN, GitHubServer
from sandbox.github.state import Issue
from tests.unit.github.doubles import ONE, THREE, TWO, FakeTime, wanted

REPOSITORY = "acme/app"
ISSUES = f"/repos/{REPOSITORY}/issues"

Open = Callable[..., Issues]


@pytest.fixture
def opened(github: GitHubServer, time: FakeTime) -> Iterator[Open]:
    clients: list[GitHub] = []

    def issues(token: str | None = None, client: type[GitHub] = GitHub, **options: Any) -> Issues:
        token = token or github.add_actions_token(REPOSITORY)
        clients.append(client(token, api_url=github.api_url, pace=time.pace()))
        return Issues(clients[-1], REPOSITORY, **options)

    github.add_repository(REPOSITORY)
    yield issues
    for client in clients:
        client.close()


def titles(github: GitHubServer, state: str = "open") -> list[str]:
    return [issue["title"] for issue in github.issues(REPOSITORY) if issue["state"] == state]


def comments(github: GitHubServer, number: int) -> list[str]:
    return [said["body"] for said in github.issues(REPOSITORY)[number - 1]["comments"]]


def seed(
    github: GitHubServer,
    fingerprint: str = ONE,
    *,
    author: str = ACTIONS_LOGIN,
    label: str | None = MANAGEMENT_LABEL,
    text: str = "It is in `a.py`.",
) -> Issue:
    """Put an issue there as if it had been there for long."""
    repository = github.state.repositories[REPOSITORY]
    body = write_body({"fingerprint": fingerprint}, text)
    issue = github.state.add_issue(repository, author, "Leaked key", body)
    if label:
        issue.labels = [github.state.add_label(repository, label).name]
    return issue


def test_an_issue_is_created_once_with_its_label(github: GitHubServer, opened: Open) -> None:
    (first,) = opened(labels=["security"]).settle([wanted()])
    (second,) = opened(labels=["security"]).settle([wanted()])
    assert (first.state, first.number, first.reason) == ("created", 1, "")
    assert (second.state, second.number, second.url) == ("unchanged", 1, first.url)
    (issue,) = github.issues(REPOSITORY)
    assert first.url == issue["html_url"]
    assert [label["name"] for label in issue["labels"]] == [MANAGEMENT_LABEL, "security"]
    assert issue["labels"][0]["color"] == "b60205"
    assert issue["user"]["login"] == ACTIONS_LOGIN


def test_nothing_is_asked_when_nothing_is_wanted(github: GitHubServer, opened: Open) -> None:
    assert opened().settle([]) == ()
    assert github.requests() == []


def test_a_run_that_changes_nothing_writes_nothing(github: GitHubServer, opened: Open) -> None:
    seed(github)
    outcomes = opened().settle([wanted(), wanted(TWO, create=False)])
    assert [outcome.state for outcome in outcomes] == ["unchanged", "none"]
    assert {request.method for request in github.requests(path="/repos")} == {"GET"}


def test_an_issue_is_updated_in_place(github: GitHubServer, opened: Open) -> None:
    seed(github)
    (outcome,) = opened().settle([wanted(body="It is in `b.py`.")])
    assert (outcome.state, outcome.number) == ("updated", 1)
    (issue,) = github.issues(REPOSITORY)
    assert issue["body"].endswith("\n\nIt is in `b.py`.")
    assert issue["comments"] == []


def test_an_issue_follows_the_state_of_its_key(github: GitHubServer, opened: Open) -> None:
    states = []
    for live in (True, False, False, True, True):
        (outcome,) = opened().settle([wanted(open=live, create=live, live=live)])
        states.append(outcome.state)
        (issue,) = github.issues(REPOSITORY)
        states.append(issue["state_reason"] or issue["state"])
    assert states == [
        *("created", "open"),
        *("closed", "completed"),
        *("unchanged", "completed"),
        *("reopened", "reopened"),
        *("unchanged", "reopened"),
    ]
    assert [said.split(":")[0] for said in comments(github, 1)] == [
        "Closing this",
        "Reopening this",
    ]


def test_an_issue_that_is_wanted_closed_is_created_and_closed(
    github: GitHubServer, opened: Open
) -> None:
    (outcome,) = opened().settle([wanted(open=False, live=False)])
    assert (outcome.state, outcome.number) == ("closed", 1)
    assert titles(github, "closed") == ["Leaked key"]
    (again,) = opened().settle([wanted(open=False, live=False)])
    assert again.state == "unchanged"


def test_people_have_the_last_word(github: GitHubServer, opened: Open) -> None:
    states = []
    issue = seed(github)
    for _ in range(2):
        issue.state, issue.state_reason = "closed", "not_planned"
        states += [outcome.state for outcome in opened().settle([wanted()])]
    assert states == ["reopened", "unchanged"]
    assert issue.state == "closed"


def test_the_marker_of_a_stranger_is_ignored(github: GitHubServer, opened: Open) -> None:
    stranger = seed(github, author="mallory", label=MANAGEMENT_LABEL)
    (outcome,) = opened().settle([wanted(body="New")])
    assert (outcome.state, outcome.number) == ("created", 2)
    assert stranger.body == write_body({"fingerprint": ONE}, "It is in `a.py`.")
    assert (stranger.state, stranger.comments) == ("open", [])


def test_a_pull_request_with_a_marker_is_no_issue(github: GitHubServer, opened: Open) -> None:
    seed(github).pull_request = True
    (outcome,) = opened().settle([wanted()])
    assert (outcome.state, outcome.number) == ("created", 2)


def test_outcomes_come_in_the_order_of_what_was_wanted(github: GitHubServer, opened: Open) -> None:
    seed(github, TWO)
    outcomes = opened().settle([wanted(THREE), wanted(TWO), wanted(ONE), wanted(TWO)])
    assert [(one.fingerprint, one.state) for one in outcomes] == [
        (THREE, "created"),
        (TWO, "unchanged"),
        (ONE, "created"),
    ]


def test_a_persons_token_finds_its_own_issues_again(github: GitHubServer, opened: Open) -> None:
    github.state.repositories[REPOSITORY].pushers.add("alice")
    token = github.add_token("alice")
    states = [opened(token).settle([wanted()])[0].state for _ in range(2)]
    assert states == ["created", "unchanged"]


def test_an_author_whose_labels_are_dropped_opens_no_second_issue(
    github: GitHubServer, opened: Open
) -> None:
    github.state.repositories[REPOSITORY].visibility = "public"
    token = github.add_token("alice")
    outcomes = [opened(token).settle([wanted()])[0] for _ in range(2)]
    assert [(outcome.state, outcome.number) for outcome in outcomes] == [
        ("created", 1),
        ("unchanged", 1),
    ]
    assert github.issues(REPOSITORY)[0]["labels"] == []


def test_an_issue_whose_label_was_taken_off_is_found(github: GitHubServer, opened: Open) -> None:
    seed(github, label=None)
    (outcome,) = opened().settle([wanted()])
    assert (outcome.state, outcome.number) == ("unchanged", 1)


@pytest.mark.parametrize("renamed", [False, True])
def test_a_label_that_people_delete_or_rename_costs_no_second_issue(
    renamed: bool, github: GitHubServer, opened: Open
) -> None:
    issue = seed(github)
    repository = github.state.repositories[REPOSITORY]
    label = repository.labels.pop(MANAGEMENT_LABEL)
    issue.labels = []
    if renamed:
        label.name = "security: leak"
        repository.labels[label.name] = label
        issue.labels = [label.name]
    (outcome,) = opened().settle([wanted(body="New")])
    assert (outcome.state, outcome.number) == ("updated", 1)


@pytest.mark.parametrize("label", [None, MANAGEMENT_LABEL])
def test_a_marker_that_another_workflow_copied_into_its_issue_is_ignored(
    label: str | None, github: GitHubServer, opened: Open
) -> None:
    repository = github.state.repositories[REPOSITORY]
    forged = write_body({"fingerprint": ONE, "closed": "1"}, "")
    text = f"They say:\n{forged}"
    copied = github.state.add_issue(repository, ACTIONS_LOGIN, "Feedback", text)
    copied.labels = [github.state.add_label(repository, label).name] if label else []
    (outcome,) = opened().settle([wanted()])
    assert (outcome.state, outcome.number) == ("created", 2)
    assert (copied.title, copied.body, copied.comments) == ("Feedback", text, [])


def test_a_repository_full_of_the_authors_pull_requests_is_not_read_whole(
    github: GitHubServer, opened: Open
) -> None:
    repository = github.state.repositories[REPOSITORY]
    for _ in range(1_200):
        github.state.add_issue(repository, ACTIONS_LOGIN, "Bump", "x").pull_request = True
    (outcome,) = opened().settle([wanted()])
    assert outcome.state == "created"
    asked = [request for request in github.requests("GET", "/issues") if "creator" in request.query]
    assert len(asked) == 10


def test_a_list_by_author_that_github_does_not_give_costs_no_issue(
    github: GitHubServer, opened: Open
) -> None:
    class Picky(GitHub):
        """Have a GitHub that does not know the author as one to list by."""

        def pages(self, path: str, parameters: Mapping[str, str]) -> Iterator[Any]:
            if "creator" in parameters:
                raise RefusedError("GET was refused: 422", status=422, reason="Validation Failed")
            return super().pages(path, parameters)

    (outcome,) = opened(client=Picky).settle([wanted()])
    assert (outcome.state, outcome.reason) == ("created", "")


def test_an_issue_beyond_the_first_page_is_found(github: GitHubServer, opened: Open) -> None:
    seed(github, ONE)
    for number in range(150):
        seed(github, f"{number:064}")
    (outcome,) = opened().settle([wanted()])
    assert (outcome.state, outcome.number) == ("unchanged", 1)


def test_a_label_that_is_there_stays_as_it_is(github: GitHubServer, opened: Open) -> None:
    label = github.state.add_label(github.state.repositories[REPOSITORY], "on fire/now")
    label.color = "00ff00"
    opened(management_label="on fire/now").settle([wanted()])
    assert github.requests("POST", "/labels") == []
    assert github.issues(REPOSITORY)[0]["labels"][0]["color"] == "00ff00"


@pytest.mark.parametrize("status", [403, 404, 422, 500])
def test_a_label_that_cannot_be_made_costs_no_issue(
    status: int, github: GitHubServer, opened: Open
) -> None:
    github.faults.refuse(status, "No.", method="POST", path="/labels$")
    (outcome,) = opened().settle([wanted()])
    assert (outcome.state, outcome.reason) == ("created", "")


@pytest.mark.parametrize("labels", [(), ("security",)])
def test_an_assignee_that_github_refuses_costs_no_issue(
    labels: tuple[str, ...], github: GitHubServer, opened: Open
) -> None:
    (outcome,) = opened(labels=labels, assignees=["nobody"]).settle([wanted()])
    assert outcome.state == "created"
    assert "assignees invalid" in outcome.reason
    assert isinstance(outcome.error, RefusedError)
    (issue,) = github.issues(REPOSITORY)
    assert issue["assignees"] == []
    assert [label["name"] for label in issue["labels"]] == [MANAGEMENT_LABEL, *labels]


def test_an_assignee_of_the_repository_is_assigned(github: GitHubServer, opened: Open) -> None:
    github.state.repositories[REPOSITORY].pushers.add("alice")
    (outcome,) = opened(assignees=["alice"]).settle([wanted()])
    assert (outcome.state, outcome.reason) == ("created", "")
    assert github.issues(REPOSITORY)[0]["assignee"]["login"] == "alice"


def test_labels_that_github_refuses_cost_no_issue(github: GitHubServer, opened: Open) -> None:
    github.faults.refuse(422, "Validation Failed", method="POST", path="/issues$", times=2)
    (outcome,) = opened(labels=["x"], assignees=["nobody"]).settle([wanted()])
    assert (outcome.state, outcome.number) == ("created", 1)
    assert len(github.requests("POST", "/issues")) == 3


def test_an_issue_that_github_does_not_take_at_all_is_a_failure(
    github: GitHubServer, opened: Open
) -> None:
    github.faults.refuse(422, "Validation Failed", method="POST", path="/issues$", times=9)
    one, two = opened().settle([wanted(), wanted(TWO)])
    assert (one.state, two.state) == ("failed", "failed")
    assert (one.number, one.url) == (None, None)
    assert "Validation Failed" in one.reason
    assert github.issues(REPOSITORY) == []


def test_a_text_that_is_too_long_is_cut_and_then_left_alone(
    github: GitHubServer, opened: Open
) -> None:
    long = wanted(body="x" * 100_000, title="y" * 1_000)
    states = [opened().settle([long])[0].state for _ in range(2)]
    assert states == ["created", "unchanged"]


def test_issues_that_are_disabled_are_an_outcome(github: GitHubServer, opened: Open) -> None:
    github.state.repositories[REPOSITORY].has_issues = False
    one, two = opened().settle([wanted(), wanted(TWO, create=False)])
    assert (one.state, two.state) == ("failed", "none")
    assert isinstance(one.error, RefusedError)
    assert one.error.status == 410
    assert "disabled" in one.reason


@pytest.mark.parametrize(
    ("prepare", "status"),
    [
        (lambda github: github.add_actions_token(REPOSITORY, issues="read"), 403),
        (lambda github: github.add_actions_token(REPOSITORY, issues="none"), 403),
        (lambda github: github.add_actions_token("acme/other"), 404),
        (lambda github: github.add_token("mallory"), 404),
        (lambda _github: "bad", 401),
    ],
)
def test_a_token_that_may_not_is_an_outcome(
    prepare: Callable[[GitHubServer], str], status: int, github: GitHubServer, opened: Open
) -> None:
    one, two = opened(prepare(github)).settle([wanted(), wanted(TWO)])
    assert (one.state, two.state) == ("failed", "failed")
    assert isinstance(one.error, DeniedError)
    assert (one.error.status, one.error.exit_code) == (status, 3)
    assert str(status) in one.reason
    assert github.issues(REPOSITORY) == []


def test_a_denial_is_not_taken_for_bad_assignees(github: GitHubServer, opened: Open) -> None:
    token = github.add_actions_token(REPOSITORY, issues="read")
    (outcome,) = opened(token, labels=["x"], assignees=["nobody"]).settle([wanted()])
    assert outcome.state == "failed"
    assert len(github.requests("POST", "/issues")) == 1


def test_an_archived_repository_is_an_outcome(github: GitHubServer, opened: Open) -> None:
    seed(github)
    github.state.repositories[REPOSITORY].archived = True
    (outcome,) = opened().settle([wanted(body="New")])
    assert (outcome.state, outcome.number) == ("failed", 1)
    assert "archived" in outcome.reason


def test_a_rate_limit_stops_everything_after_it(github: GitHubServer, opened: Open) -> None:
    github.faults.secondary_rate_limit("3600", method="POST", times=9)
    token = github.add_token("acme")
    outcomes = opened(token).settle([wanted(), wanted(TWO), wanted(THREE)])
    assert {outcome.state for outcome in outcomes} == {"failed"}
    assert {type(outcome.error) for outcome in outcomes} == {RateLimitError}
    assert len(github.requests("POST")) == 1


def test_a_server_that_has_gone_stops_everything_after_it(
    github: GitHubServer, opened: Open
) -> None:
    for fingerprint in (ONE, TWO, THREE):
        seed(github, fingerprint)
    github.faults.server_error(method="PATCH", times=99)
    outcomes = opened().settle([wanted(one, body="New") for one in (ONE, TWO, THREE)])
    assert {outcome.state for outcome in outcomes} == {"failed"}
    assert len(github.requests("PATCH")) == 4


def test_a_refusal_of_one_issue_does_not_stop_the_others(
    github: GitHubServer, opened: Open
) -> None:
    seed(github, ONE)
    seed(github, TWO)
    github.faults.refuse(403, "Locked.", method="PATCH", path="/1$")
    one, two = opened().settle([wanted(ONE, body="New"), wanted(TWO, body="New")])
    assert (one.state, two.state) == ("failed", "updated")


@pytest.mark.parametrize("status", [403, 502])
def test_a_comment_that_fails_does_not_undo_what_was_done(
    status: int, github: GitHubServer, opened: Open
) -> None:
    seed(github, ONE)
    seed(github, TWO)
    github.faults.refuse(status, "No.", method="POST", path="/comments$")
    one, two = opened().settle([dead(ONE), dead(TWO)])
    assert (one.state, two.state) == ("closed", "closed")
    assert "comment" in one.reason
    assert len(comments(github, 2)) == 1


@pytest.mark.parametrize("answer", [502, None])
@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize("times", [1, 2])
def test_a_creation_whose_answer_is_lost_makes_one_issue(
    answer: int | None, carried_out: bool, times: int, github: GitHubServer, opened: Open
) -> None:
    if answer:
        github.faults.server_error(
            answer, method="POST", path="/issues$", carried_out=carried_out, times=times
        )
    else:
        github.faults.drop(method="POST", path="/issues$", carried_out=carried_out, times=times)
    (outcome,) = opened().settle([wanted()])
    assert (outcome.state, outcome.number) == ("created", 1)
    assert titles(github) == ["Leaked key"]


def test_a_creation_that_is_never_answered_is_a_failure(
    github: GitHubServer, opened: Open, time: FakeTime
) -> None:
    github.faults.drop(method="POST", path="/issues$", carried_out=False, times=99)
    (outcome,) = opened().settle([wanted()])
    assert outcome.state == "failed"
    assert len(github.requests("POST", "/issues")) == 3
    assert [seconds for seconds in time.slept if seconds > 1] == [2, 4, 8]


def test_a_list_that_lags_behind_makes_no_second_issue(github: GitHubServer, opened: Open) -> None:
    class Lagging(GitHub):
        """List no issue, as if none had arrived in the list yet."""

        def pages(self, path: str, parameters: Mapping[str, str]) -> Iterator[Any]:
            return iter(())

    (outcome,) = opened(client=Lagging).settle([wanted()])
    assert (outcome.state, outcome.number) == ("created", 1)
    assert titles(github) == ["Leaked key"]


def test_creations_that_are_lost_while_the_list_lags_leave_one_issue_in_the_end(
    github: GitHubServer, opened: Open
) -> None:
    class Lagging(GitHub):
        """List no issue, as if none had arrived in the list yet."""

        def pages(self, path: str, parameters: Mapping[str, str]) -> Iterator[Any]:
            return iter(())

    github.faults.drop(method="POST", path="/issues$", times=2)
    opened(client=Lagging).settle([wanted()])
    assert len(titles(github)) == 3
    (outcome,) = opened().settle([wanted()])
    assert (outcome.state, outcome.number) == ("unchanged", 1)
    assert [issue["state_reason"] for issue in github.issues(REPOSITORY)] == [
        None,
        "not_planned",
        "not_planned",
    ]


@pytest.mark.parametrize(
    ("status", "message"),
    [(301, "Moved Permanently"), (404, "Not Found"), (410, "This issue was deleted")],
)
def test_an_issue_that_a_person_takes_away_is_opened_anew_by_the_next_run(
    status: int, message: str, github: GitHubServer, opened: Open
) -> None:
    seed(github)
    github.faults.refuse(status, message, method="PATCH")
    (outcome,) = opened().settle([wanted(body="New")])
    assert (outcome.state, outcome.number) == ("failed", 1)
    # Transferred, deleted or made a discussion: no list of the repository has it any more.
    github.state.repositories[REPOSITORY].issues[1].body = "gone"
    (again,) = opened().settle([wanted(body="New")])
    assert (again.state, again.number) == ("created", 2)


def test_the_comment_on_a_locked_issue_is_all_that_is_missing(
    github: GitHubServer, opened: Open
) -> None:
    seed(github)
    message = "Unable to create comment because issue is locked."
    github.faults.refuse(403, message, method="POST", path="/comments$", times=9)
    (outcome,) = opened().settle([dead()])
    assert outcome.state == "closed"
    assert message in outcome.reason
    assert [one.state for one in opened().settle([dead()])] == ["unchanged"]


def test_an_edited_title_stays_and_opens_no_second_issue(
    github: GitHubServer, opened: Open
) -> None:
    issue = seed(github)
    issue.title = "The chat bot's key"
    (outcome,) = opened().settle([wanted(body="New")])
    assert (outcome.state, outcome.number, issue.title) == ("updated", 1, "The chat bot's key")
    assert len(github.issues(REPOSITORY)) == 1


def test_issues_of_the_token_before_are_kept_and_those_of_others_named(
    github: GitHubServer, opened: Open
) -> None:
    seed(github, author="old-guard[bot]")
    seed(github, TWO, author="mallory")
    keeper = opened(authors=["old-guard[bot]"])
    first, second = keeper.settle([wanted(body="New"), wanted(TWO, create=False)])
    assert (first.state, first.number, first.reason) == ("updated", 1, "")
    assert second.state == "none"
    assert "#2 of mallory" in second.reason
    assert github.issues(REPOSITORY)[1]["body"].endswith("It is in `a.py`.")


def test_what_is_there_is_brought_up_to_date_and_nothing_is_opened(
    github: GitHubServer, opened: Open
) -> None:
    for fingerprint, author in ((ONE, ACTIONS_LOGIN), (TWO, ACTIONS_LOGIN), (THREE, "mallory")):
        seed(github, fingerprint, author=author)

    def dead(issue: ExistingIssue) -> WantedIssue | None:
        one = read_marker(issue.body)["fingerprint"]
        want = wanted(one, open=False, create=False, live=False)
        return replace(want, banner="> It is dead.") if one != TWO else None

    (outcome,) = opened().refresh(dead)
    assert (outcome.state, outcome.number) == ("closed", 1)
    (body, *others) = (issue["body"] for issue in github.issues(REPOSITORY))
    assert body.endswith("\n\n> It is dead.\n\nIt is in `a.py`.")
    assert not any("dead" in each for each in others)
    assert opened().refresh(dead) == ()


def test_a_repository_that_was_renamed_is_said_to_be(github: GitHubServer, opened: Open) -> None:
    github.faults.refuse(301, "Moved Permanently", path="^/repos/", times=9)
    (outcome,) = opened().settle([wanted()])
    assert outcome.state == "failed"
    assert outcome.error is not None
    assert "use the new name" in outcome.error.remedy
    assert github.issues(REPOSITORY) == []


def test_another_token_opens_an_issue_of_its_own_and_leaves_the_other_alone(
    github: GitHubServer, opened: Open
) -> None:
    mine = seed(github)
    github.state.repositories[REPOSITORY].pushers.add("alice")
    alice = github.add_token("alice")
    states = [opened(alice).settle([dead(create=True)])[0] for _ in range(2)]
    assert [(outcome.state, outcome.number) for outcome in states] == [
        ("closed", 2),
        ("unchanged", 2),
    ]
    assert (mine.state, mine.comments) == ("open", [])


def test_a_hundred_keys_at_once_have_a_hundred_issues(github: GitHubServer, opened: Open) -> None:
    many = [wanted(f"{number:064}") for number in range(100)]
    assert {outcome.state for outcome in opened().settle(many)} == {"created"}
    assert {outcome.state for outcome in opened().settle(many)} == {"unchanged"}
    assert len(github.requests("POST", "/issues")) == 100
    assert len(github.requests("GET", "/labels/")) == 1


def test_three_hundred_issues_are_read_page_by_page(github: GitHubServer, opened: Open) -> None:
    for number in range(300):
        seed(github, f"{number:064}")
    (outcome,) = opened().settle([wanted(f"{0:064}", body="New")])
    assert (outcome.state, outcome.number) == ("updated", 1)
    assert len(github.requests("GET", "/issues")) == 3


def test_issues_are_kept_on_an_enterprise_server(time: FakeTime) -> None:
    with GitHubServer(prefix="/api/v3") as github:
        github.add_repository(REPOSITORY)
        token = github.add_actions_token(REPOSITORY)
        for state in ("created", "unchanged"):
            with GitHub(token, api_url=f"{github.api_url}/", pace=time.pace()) as client:
                (outcome,) = Issues(client, REPOSITORY).settle([wanted()])
            assert outcome.state == state
        assert violations(github.exchanges) == []


def test_a_second_look_that_fails_is_said(github: GitHubServer, opened: Open) -> None:
    class Deaf(GitHub):
        """Lose GitHub after an issue was created."""

        def post(self, path: str, data: Any, **more: Any) -> Any:
            answer = super().post(path, data, **more)
            if path == ISSUES:
                github.faults.drop(method="GET", times=99)
            return answer

    (outcome,) = opened(client=Deaf).settle([wanted()])
    assert (outcome.state, outcome.number) == ("created", 1)
    assert "another run" in outcome.reason
    assert outcome.error is not None


@pytest.mark.parametrize("text", ["It is in `a.py`.", "It is somewhere else."])
def test_of_two_runs_at_the_same_time_one_issue_stays(
    text: str, github: GitHubServer, opened: Open
) -> None:
    class Late(GitHub):
        """Create an issue when another run has just done so."""

        def post(self, path: str, data: Any, **more: Any) -> Any:
            if path == ISSUES:
                seed(github, text=text)
            return super().post(path, data, **more)

    (outcome,) = opened(client=Late).settle([wanted()])
    first, second = github.issues(REPOSITORY)
    assert (first["state"], second["state"]) == ("open", "closed")
    assert second["state_reason"] == "not_planned"
    assert "#1" in comments(github, 2)[0]
    assert (outcome.number, outcome.url) == (1, first["html_url"])
    assert first["body"].endswith("It is in `a.py`.")
    assert [one.state for one in opened().settle([wanted()])] == ["unchanged"]


def test_of_two_runs_at_the_same_time_the_first_keeps_its_issue(
    github: GitHubServer, opened: Open
) -> None:
    class Early(GitHub):
        """Create an issue right before another run does so."""

        def post(self, path: str, data: Any, **more: Any) -> Any:
            answer = super().post(path, data, **more)
            if path == ISSUES:
                seed(github)
            return answer

    (outcome,) = opened(client=Early).settle([wanted()])
    assert (outcome.state, outcome.number) == ("created", 1)
    assert [issue["state"] for issue in github.issues(REPOSITORY)] == ["open", "closed"]


class KilledError(BaseException):
    """End a run as a kill does: nothing of ours catches it."""


def mortal(lives: Sequence[int], *, before: bool) -> type[GitHub]:
    """Make a client that is killed before or after its n-th request was carried out."""

    class Mortal(GitHub):
        sent = 0

        def _send(self, asked: Any) -> Any:
            type(self).sent += 1
            if before and self.sent in lives:
                raise KilledError
            answer = super()._send(asked)
            if self.sent in lives:
                raise KilledError
            return answer

    return Mortal


Want = Callable[[str], WantedIssue]
dead = partial(wanted, open=False, create=False, live=False)
RUNS: dict[str, list[Want]] = {
    "created": [wanted],
    "created closed": [partial(dead, create=True)],
    "created, then closed": [wanted, dead],
    "created, closed, reopened": [wanted, dead, wanted],
}


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("story", RUNS)
def test_a_run_that_was_killed_anywhere_and_is_repeated_ends_the_same(
    story: str, before: bool, github: GitHubServer, opened: Open
) -> None:
    def last_run_of(story: str, client: type[GitHub], fingerprint: str) -> None:
        *earlier, last = RUNS[story]
        for want in earlier:
            opened().settle([want(fingerprint)])
        try:
            opened(client=client).settle([last(fingerprint)])
        except KilledError:
            opened().settle([last(fingerprint)])

    def ends(fingerprint: str) -> list[tuple[str, str]]:
        return [
            (issue["state"], issue["body"].replace(fingerprint, ""))
            for issue in github.issues(REPOSITORY)
            if fingerprint in issue["body"]
        ]

    whole = mortal([], before=before)
    last_run_of(story, whole, ONE)
    assert whole.sent > 3  # type: ignore[attr-defined]
    for request in range(1, whole.sent + 1):  # type: ignore[attr-defined]
        fingerprint = f"{request:064x}"
        last_run_of(story, mortal([request], before=before), fingerprint)
        assert ends(fingerprint) == ends(ONE), f"killed at request {request}"
    assert len(ends(ONE)) == 1
