from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bedrock_key_guard.github.client import GitHub
from bedrock_key_guard.github.issues import MANAGEMENT_LABEL
from bedrock_key_guard.github.marker import memory_in
from bedrock_key_guard.github.memory import read_memory
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.findings import Case
from bedrock_key_guard.pipeline.announce import Announcement, announce
from bedrock_key_guard.report.github.case_markdown import ScannedCode
from sandbox.github.github_server import GitHubServer
from tests.unit.github.doubles import FakeTime
from tests.unit.report import samples
from tests.unit.report.arbitrary import PIECE

REPOSITORY = "acme/app"
HOW = Announcement(REPOSITORY)


@pytest.fixture
def client(github: GitHubServer, time: FakeTime) -> Iterator[GitHub]:
    github.add_repository(REPOSITORY)
    token = github.add_actions_token(REPOSITORY)
    with GitHub(token, api_url=github.api_url, pace=time.pace()) as client:
        yield client


def key_case(number: int, state: str, outcome: Outcome | None = None, path: str = "a.env") -> Case:
    key = samples.long_term(fingerprint=samples.fingerprint(number))
    verdict = samples.verdict(state, key=key)  # type: ignore[arg-type]
    return samples.case(key, verdict, outcome, locations=(samples.at(path),))


def bodies(github: GitHubServer) -> list[str]:
    return [issue["body"] for issue in github.issues(REPOSITORY)]


def states(github: GitHubServer) -> list[str]:
    return [issue["state"] for issue in github.issues(REPOSITORY)]


def tick(github: GitHubServer) -> None:
    """Tick every box, as people do who have done what is on the list."""
    for issue in github.state.repositories[REPOSITORY].issues.values():
        issue.body = (issue.body or "").replace("- [ ]", "- [x]")


ALL = [
    key_case(number, state)
    for number, state in enumerate(
        ("live", "contained", "unverified", "rejected", "dead", "foreign"), 1
    )
]


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (HOW, ["1", "3", "2"]),
        (Announcement(REPOSITORY, "always"), ["1", "3", "2", "5", "6", "4"]),
        (Announcement(REPOSITORY, "never"), []),
    ],
)
def test_who_is_told_of_what_and_of_the_worst_first(
    how: Announcement, told: list[str], github: GitHubServer, client: GitHub
) -> None:
    report = announce(samples.report(*ALL), client, how)
    urls = [case.issue_url for case in report.cases]
    assert [url.rpartition("/")[2] for url in urls if url] == told
    assert len(github.issues(REPOSITORY)) == len(told)
    assert urls[len(told) :] == [None] * (6 - len(told))
    assert report.notes == ()


MANY = [key_case(n * 16**52, "unverified" if n < 8 else "live") for n in range(1, 9)]


def test_the_worst_keys_get_issues_of_their_own_and_the_others_share_one(
    github: GitHubServer, client: GitHub
) -> None:
    how = Announcement(REPOSITORY, max_issues=3)
    report = announce(samples.report(*MANY), client, how)
    own, other, shared = bodies(github)
    assert "long-term API key, live.**" in own
    assert "long-term API key, unverified.**" in other
    named = [f"`{case.incident.fingerprint[:12]}`" in shared for case in MANY]
    assert (named.count(True), named[-1]) == (6, False)
    assert report.incomplete == ("6 keys got no issue of their own: the run met max-issues.",)
    urls = [case.issue_url for case in report.cases]
    assert [url.rpartition("/")[2] for url in urls if url] == ["2", *"333333", "1"]
    assert announce(samples.report(*MANY), client, how) == report
    assert bodies(github) == [own, other, shared]


def test_a_run_that_may_open_no_issue_says_so(github: GitHubServer, client: GitHub) -> None:
    report = announce(samples.report(*MANY[-2:]), client, Announcement(REPOSITORY, max_issues=0))
    assert github.issues(REPOSITORY) == []
    assert report.incomplete == ("2 keys got no issue of their own: the run met max-issues.",)
    assert report.warnings == ()


def test_a_second_run_opens_none(github: GitHubServer, client: GitHub) -> None:
    first = announce(samples.report(*ALL), client, HOW)
    second = announce(samples.report(*ALL), client, HOW)
    assert second == first
    assert len(github.issues(REPOSITORY)) == 3


def test_an_issue_is_closed_when_its_key_is_dead_and_its_list_is_done(
    github: GitHubServer, client: GitHub
) -> None:
    announce(samples.report(key_case(1, "live")), client, HOW)
    assert states(github) == ["open"]
    announce(samples.report(key_case(1, "dead")), client, HOW)
    assert states(github) == ["open"]
    tick(github)
    report = announce(samples.report(key_case(1, "dead")), client, HOW)
    assert states(github) == ["closed"]
    assert report.cases[0].issue_url == github.issues(REPOSITORY)[0]["html_url"]


def told(github: GitHubServer, client: GitHub, *cases: Case) -> list[str]:
    """Announce cases one after the other, and return what the one issue says after each."""
    texts = []
    for case in cases:
        announce(samples.report(case), client, HOW)
        (text,) = bodies(github)
        texts.append(text.partition("\n")[2])
    return texts


def test_a_closed_issue_says_that_the_key_is_dead(github: GitHubServer, client: GitHub) -> None:
    for before in ("live", "unverified", "contained"):
        github.state.repositories[REPOSITORY].issues.clear()
        told(github, client, key_case(1, before), key_case(1, "dead"))
        tick(github)
        (after,) = told(github, client, key_case(1, "dead"))
        assert states(github) == ["closed"]
        assert "long-term API key, dead.**" in after


def test_what_the_guard_did_is_told_for_as_long_as_the_key_stays_dead(
    github: GitHubServer, client: GitHub
) -> None:
    first, *later = told(
        github,
        client,
        key_case(1, "live", samples.done()),
        key_case(1, "unverified"),
        key_case(1, "dead", samples.done(seconds_to_dead=None)),
        key_case(1, "unverified"),
    )
    assert "| Dead | 3.2 s after the first probe" in first
    assert later == [first] * 3
    tick(github)
    (ticked,) = told(github, client, key_case(1, "dead"))
    assert ticked == first.replace("- [ ]", "- [x]")
    assert states(github) == ["closed"]
    assert "| Verdict | live:" in told(github, client, key_case(1, "live"))[0]
    assert states(github) == ["open"]


def test_a_place_that_the_public_was_told_is_taken_back_when_the_key_may_work(
    github: GitHubServer, client: GitHub
) -> None:
    github.state.repositories[REPOSITORY].visibility = "public"
    first, second, third = told(
        github,
        client,
        key_case(1, "live", samples.done(), "deep/in/there.env"),
        key_case(1, "unverified", path="deep/in/there.env"),
        key_case(1, "dead", path="deep/in/there.env"),
    )
    assert ["there.env" in text for text in (first, second, third)] == [True, False, True]


ELSEWHERE = Announcement(
    REPOSITORY, source=ScannedCode("https://github.com", "acme/other", "4" * 40)
)


def test_a_run_adds_to_the_places_that_other_runs_and_repositories_have_seen(
    github: GitHubServer, client: GitHub
) -> None:
    own = Announcement(REPOSITORY, source=ScannedCode("https://github.com", REPOSITORY, "3" * 40))
    for path, how in (("old.env", own), ("new.env", own), ("other.env", ELSEWHERE)):
        announce(samples.report(key_case(1, "live", path=path)), client, how)
    (body,) = bodies(github)
    assert f"[`old.env:12:18`](https://github.com/{REPOSITORY}/blob/{'3' * 40}/old.env#L12)" in body
    assert f"/{REPOSITORY}/blob/{'3' * 40}/new.env#L12" in body
    assert f"https://github.com/acme/other/blob/{'4' * 40}/other.env#L12" in body
    assert f"| `{REPOSITORY}`: [`old.env:12:18`]" in body  # as the last repository sees it
    again = announce(samples.report(key_case(1, "live", path="other.env")), client, ELSEWHERE)
    assert bodies(github) == [body]
    assert again.cases[0].issue_url


def test_a_text_that_is_kept_hears_of_new_places(github: GitHubServer, client: GitHub) -> None:
    first, second = told(
        github,
        client,
        key_case(1, "live", samples.done(), "old.env"),
        key_case(1, "dead", path="new.env"),
    )
    assert "| Dead | 3.2 s after the first probe" in second
    assert second.startswith(first.partition("<!--")[0].rstrip())
    assert all(f"`{path}:12:18`" in second for path in ("old.env", "new.env"))


@pytest.mark.parametrize("state", ["live", "dead"])
def test_what_an_issue_remembers_leads_to_no_place_in_public(
    state: str, github: GitHubServer, client: GitHub
) -> None:
    """Whoever may edit an issue may write there what they like."""
    announce(samples.report(key_case(1, "live", path="deep/old.env")), client, HOW)
    assert "deep/old.env" in bodies(github)[0]
    github.state.repositories[REPOSITORY].visibility = "public"
    announce(samples.report(key_case(1, state, path="deep/new.env")), client, HOW)
    (body,) = bodies(github)
    assert "old.env" not in body
    assert ("new.env" in body) is (state == "dead")
    assert memory_in(body)
    assert read_memory(memory_in(body)) == read_memory(memory_in(body)).outline


def test_a_run_that_may_not_ask_about_a_key_leaves_its_issue_alone(
    github: GitHubServer, client: GitHub
) -> None:
    before, after = told(github, client, key_case(1, "live"), key_case(1, "foreign"))
    assert (before, states(github)) == (after, ["open"])


def test_what_is_missing_of_an_issue_is_told(github: GitHubServer, client: GitHub) -> None:
    how = Announcement(REPOSITORY, assignees=("nobody",))
    report = announce(samples.report(key_case(1, "live"), key_case(2, "live")), client, how)
    assert len(bodies(github)) == 2
    (note,) = report.notes
    assert note == (
        "Not all went well with an issue: GitHub refused assignees or labels: "
        "Validation Failed, assignees invalid."
    )


def test_a_clean_report_leaves_the_issues_alone(github: GitHubServer, client: GitHub) -> None:
    announce(samples.report(key_case(1, "live")), client, HOW)
    announce(samples.report(), client, HOW)
    assert states(github) == ["open"]


@pytest.mark.parametrize(
    ("visibility", "outcome", "located"),
    [
        ("private", None, True),
        ("internal", None, True),
        ("public", None, False),
        ("public", samples.done(), True),
    ],
)
def test_a_public_issue_does_not_lead_to_a_live_key(
    visibility: Any,
    outcome: Outcome | None,
    located: bool,
    github: GitHubServer,
    client: GitHub,
) -> None:
    github.state.repositories[REPOSITORY].visibility = visibility
    announce(samples.report(key_case(1, "live", outcome, "deep/in/there.env")), client, HOW)
    (body,) = bodies(github)
    assert ("there.env" in body) is located


def test_a_repository_whose_visibility_nobody_tells_is_taken_for_public(
    github: GitHubServer, client: GitHub
) -> None:
    github.faults.server_error(method="GET", path=f"/repos/{REPOSITORY}", times=4)
    announce(samples.report(key_case(1, "live", path="deep/in/there.env")), client, HOW)
    (body,) = bodies(github)
    assert "there.env" not in body


def test_an_issue_says_which_run_and_which_commit(github: GitHubServer, client: GitHub) -> None:
    run = f"https://github.com/{REPOSITORY}/actions/runs/4711"
    how = Announcement(
        REPOSITORY, source=ScannedCode("https://github.com", REPOSITORY, "3" * 40), run_url=run
    )
    announce(samples.report(key_case(1, "live", samples.done())), client, how)
    (body,) = bodies(github)
    assert run in body
    assert f"https://github.com/{REPOSITORY}/blob/{'3' * 40}/a.env" in body


def test_labels_and_assignees_are_passed_on(github: GitHubServer, client: GitHub) -> None:
    github.state.repositories[REPOSITORY].pushers.add("octocat")
    how = Announcement(REPOSITORY, labels=("needs help",), assignees=("octocat",))
    announce(samples.report(key_case(1, "live")), client, how)
    (issue,) = github.issues(REPOSITORY)
    assert {label["name"] for label in issue["labels"]} == {MANAGEMENT_LABEL, "needs help"}
    assert [one["login"] for one in issue["assignees"]] == ["octocat"]


UNLIKE = [key_case(n * 16**52, case.verdict.state) for n, case in enumerate(ALL, 1) if case.verdict]
"""Keys of all verdicts whose fingerprints differ in what people are shown of them."""


def test_what_github_would_not_do_is_told_once_and_stops_nothing(
    github: GitHubServer, client: GitHub
) -> None:
    github.state.repositories[REPOSITORY].has_issues = False
    report = announce(samples.report(*UNLIKE), client, HOW)
    assert [case.issue_url for case in report.cases] == [None] * 6
    assert report.notes == ()
    (lost,) = report.warnings
    live, contained, unverified = (case.incident.fingerprint[:12] for case in UNLIKE[:3])
    named = f"{live}, {unverified}, {contained}"
    assert lost.startswith(f"An issue could not be written for the key of fingerprint {named}: ")
    assert " Issues are disabled for this repo. Check " in lost
    assert lost.endswith(".")


def test_of_many_keys_without_an_issue_some_are_named_and_all_are_counted(
    github: GitHubServer, client: GitHub
) -> None:
    github.state.repositories[REPOSITORY].has_issues = False
    cases = [key_case(number * 16**52, "live") for number in range(1, 14)]
    (lost,) = announce(samples.report(*cases), client, HOW).warnings
    assert f"{cases[9].incident.fingerprint[:12]} and 3 more: " in lost
    assert cases[10].incident.fingerprint[:12] not in lost


def test_when_github_asks_to_be_left_alone_each_key_without_an_issue_is_named(
    github: GitHubServer, client: GitHub
) -> None:
    github.faults.secondary_rate_limit("86400", method="POST", times=20)
    report = announce(samples.report(*UNLIKE), client, HOW)
    assert bodies(github) == []
    (lost,) = report.warnings
    assert "wait for 86400 seconds" in lost
    # Of a key that is dead there may be an issue to close; a foreign one is left alone.
    assert [case.incident.fingerprint[:12] in lost for case in UNLIKE] == [True] * 5 + [False]


def test_the_notes_of_the_run_stay(github: GitHubServer, client: GitHub) -> None:
    report = announce(samples.report(key_case(1, "live"), notes=("a note",)), client, HOW)
    assert report.notes == ("a note",)


def test_no_issue_holds_a_key(github: GitHubServer, client: GitHub) -> None:
    always = Announcement(REPOSITORY, "always", max_issues=20)
    announce(samples.report(*samples.rich().cases), client, always)
    assert len(bodies(github)) == len(samples.rich().cases)
    assert all(PIECE not in body for body in bodies(github))


# ── a GitHub that enforces its limits ───────────────────────────────────────────────────────────

HUNDRED = [key_case(n + 1, "live" if n % 4 else "unverified", path=f"{n}.env") for n in range(100)]


def test_a_hundred_issues_are_opened_within_githubs_limits_the_worst_first(
    github: GitHubServer, client: GitHub, time: FakeTime
) -> None:
    throttle = github.enforce_limits(time.clock)
    started = time.now
    report = announce(samples.report(*HUNDRED), client, replace(HOW, max_issues=100))
    assert (report.warnings, report.incomplete, throttle.refused) == ((), (), 0)
    found = github.issues(REPOSITORY)
    assert len(found) == len({case.issue_url for case in report.cases}) == 100
    live = ["Bedrock accepts this key" in issue["body"] for issue in found]
    assert live == [True] * 75 + [False] * 25
    assert client.waited == pytest.approx(time.now - started) == pytest.approx(309, abs=5)


def test_a_hundred_keys_share_an_issue_beyond_the_bound_and_none_is_lost(
    github: GitHubServer, client: GitHub, time: FakeTime
) -> None:
    throttle = github.enforce_limits(time.clock)
    report = announce(samples.report(*HUNDRED), client, HOW)
    assert (report.warnings, throttle.refused) == ((), 0)
    *own, shared = bodies(github)
    assert len(own) == 9
    told = "".join(bodies(github))
    assert all(case.incident.fingerprint[:12] in told for case in HUNDRED)
    assert all("Bedrock accepts this key" in body for body in own)
    assert shared.count("`\n") + shared.count("` |") >= 91


def test_where_the_hours_requests_are_used_up_the_next_run_goes_on(
    github: GitHubServer, client: GitHub, time: FakeTime
) -> None:
    throttle = github.enforce_limits(time.clock, requests=30)
    how = replace(HOW, max_issues=100)
    report = announce(samples.report(*HUNDRED), client, how)
    (lost,) = report.warnings
    assert "An issue could not be written" in lost
    assert "more" in lost
    first = github.issues(REPOSITORY)
    assert 20 < len(first) < 30
    assert all("Bedrock accepts this key" in issue["body"] for issue in first)
    # Whoever goes on while GitHub asks to be left alone can be banned.
    assert throttle.refused <= 2
    time.now += 3600
    throttle.requests = 1000
    report = announce(samples.report(*HUNDRED), client, how)
    assert report.warnings == ()
    assert len(github.issues(REPOSITORY)) == 100
