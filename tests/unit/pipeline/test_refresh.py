from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest

from bedrock_key_guard.github.client import GitHub
from bedrock_key_guard.github.marker import memory_in
from bedrock_key_guard.github.memory import read_memory, write_memory
from bedrock_key_guard.model.evidence import Clock
from bedrock_key_guard.model.remembered import KeyState, Memory, Milestone, Standing
from bedrock_key_guard.pipeline.announce import Announcement, announce
from bedrock_key_guard.pipeline.refresh import News, news, refresh
from bedrock_key_guard.report.github.case_markdown import ScannedCode
from sandbox.github.github_server import GitHubServer
from tests.unit.github.doubles import FakeTime
from tests.unit.report import samples

REPOSITORY, OTHER = "acme/app", "acme/other"
NOW = datetime(2026, 12, 1, tzinfo=timezone.utc)
HOW = Announcement(REPOSITORY, source=ScannedCode("https://github.com", REPOSITORY, "3" * 40))
LONG_AGO = Milestone(NOW - timedelta(days=1), "confirmed")
LATER = Milestone(NOW + timedelta(days=99), "confirmed")
JUST_NOW = Milestone(NOW - timedelta(minutes=2), "confirmed")


@pytest.mark.parametrize(
    ("state", "standing", "story", "dead", "says"),
    [
        ("working", "Inactive", (), True, "Inactive"),
        ("denied", "gone", (), True, "lists the credential of this key no more"),
        ("doubtful", "Expired", (), True, "Expired"),
        ("dead", "Inactive", (LONG_AGO,), True, ""),
        ("dead", "gone", (LONG_AGO,), True, ""),
        ("dead", "Active", (LONG_AGO,), False, "Switched on again"),
        # IAM's answer may be older than the response of another run.
        ("dead", "Active", (JUST_NOW,), None, ""),
        # What is dated after now is no response.
        ("dead", "Active", (LATER,), False, "Switched on again"),
        # Whether it works takes the key.
        ("working", "Active", (), None, ""),
        ("doubtful", "Active", (), None, ""),
        ("denied", "Active", (), None, ""),
        ("", "Active", (), None, ""),
        ("working", None, (), None, ""),
        ("dead", None, (LONG_AGO,), None, ""),
    ],
)
def test_what_iam_says_of_a_credential_is_news_where_it_differs(
    state: KeyState,
    standing: Standing | None,
    story: tuple[Milestone, ...],
    dead: bool | None,
    says: str,
) -> None:
    found = news(Memory(milestones=story, state=state), standing, Clock(NOW))
    if dead is None:
        assert found is None
    else:
        assert found is not None
        assert (found.dead, bool(found.banner)) == (dead, bool(says))
        assert says in found.banner


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("ago", "ahead", "told"),
    [
        (6 * MINUTE, timedelta(), True),
        (4 * MINUTE, timedelta(), False),
        (-HOUR, timedelta(), False),
        # Without any server our own clock may be wrong by hours.
        (23 * HOUR, None, False),
        (25 * HOUR, None, True),
    ],
)
def test_a_short_term_key_is_dead_once_it_has_expired_by_a_clock_that_is_right(
    ago: timedelta, ahead: timedelta | None, told: bool
) -> None:
    found = news(Memory(state="working"), None, Clock(NOW, NOW - ago, ahead))
    assert (found is not None) is told
    if told:
        assert news(Memory(state="dead"), None, Clock(NOW, NOW - ago, ahead)) == News(dead=True)


@pytest.fixture
def client(github: GitHubServer, time: FakeTime) -> Iterator[GitHub]:
    github.add_repository(REPOSITORY)
    token = github.add_actions_token(REPOSITORY)
    with GitHub(token, api_url=github.api_url, pace=time.pace()) as client:
        yield client


class Iam:
    """Say what a credential is, and remember what was asked."""

    def __init__(self, standing: Standing | None) -> None:
        self.standing = standing
        self.asked: list[tuple[str, str]] = []

    def __call__(self, account_id: str, credential_id: str) -> Standing | None:
        self.asked.append((account_id, credential_id))
        return self.standing


def leak(client: GitHub, path: str = "a.env") -> None:
    live = samples.verdict("live", iam=samples.iam_found(), principal=samples.ARN)
    case = samples.case(verdict=live, locations=(samples.at(path),))
    announce(samples.report(case), client, HOW)


def looked_after(client: GitHub, iam: Iam, now: datetime = NOW) -> tuple[str, ...]:
    """Run without having met the key, and return what could not be done."""
    clock = partial(Clock, now, ahead=timedelta())
    report = refresh(samples.report(), client, HOW, iam, lambda at=None: clock(at))
    return (*report.notes, *report.warnings)


def test_an_open_issue_is_told_that_its_key_is_dead_and_closed_once_the_list_is_done(
    github: GitHubServer, client: GitHub
) -> None:
    leak(client)
    iam = Iam("Inactive")
    assert looked_after(client, iam) == ()
    assert iam.asked == [(samples.ACCOUNT, samples.CREDENTIAL.credential_id)]
    (issue,) = github.issues(REPOSITORY)
    assert issue["state"] == "open"
    assert "IAM calls the credential of this key Inactive" in issue["body"]
    assert "Bedrock accepts this key" not in issue["body"]
    assert "`a.env:12:18`" in issue["body"]
    assert "| 2026-12-01 00:00 UTC | confirmed dead |" in issue["body"]
    before = github.issues(REPOSITORY)
    assert looked_after(client, iam, NOW + timedelta(days=1)) == ()
    assert github.issues(REPOSITORY) == before
    (kept,) = github.state.repositories[REPOSITORY].issues.values()
    kept.body = (kept.body or "").replace("- [ ]", "- [x]")
    looked_after(client, iam, NOW + timedelta(days=2))
    assert github.issues(REPOSITORY)[0]["state"] == "closed"


@pytest.mark.parametrize("closed_by", ["guard", "people"])
def test_a_closed_issue_whose_credential_is_active_again_is_opened(
    closed_by: str, github: GitHubServer, client: GitHub
) -> None:
    leak(client)
    looked_after(client, Iam("Inactive"))
    (kept,) = github.state.repositories[REPOSITORY].issues.values()
    if closed_by == "guard":
        kept.body = (kept.body or "").replace("- [ ]", "- [x]")
        looked_after(client, Iam("Inactive"))
    else:
        kept.state, kept.state_reason = "closed", "not_planned"
    assert github.issues(REPOSITORY)[0]["state"] == "closed"
    looked_after(client, Iam("Active"), NOW + timedelta(days=3))
    (issue,) = github.issues(REPOSITORY)
    assert issue["state"] == "open"
    assert "Switched on again" in issue["body"]
    assert "| 2026-12-04 00:00 UTC | switched on again |" in issue["body"]


def test_where_iam_does_not_say_nothing_changes_and_that_is_told(
    github: GitHubServer, client: GitHub
) -> None:
    leak(client)
    before = github.issues(REPOSITORY)
    assert looked_after(client, Iam(None)) == (
        "IAM did not say what became of the key of 1 issue.",
    )
    assert github.issues(REPOSITORY) == before


def test_in_public_nobody_is_asked_whatever_an_issue_says(
    github: GitHubServer, client: GitHub
) -> None:
    leak(client)
    github.state.repositories[REPOSITORY].visibility = "public"
    iam, before = Iam("Inactive"), github.issues(REPOSITORY)
    assert looked_after(client, iam) == ()
    assert (iam.asked, github.issues(REPOSITORY)) == ([], before)


def test_a_forged_block_chooses_words_of_its_own_issue_and_no_more(
    github: GitHubServer, client: GitHub
) -> None:
    leak(client)
    (kept,) = github.state.repositories[REPOSITORY].issues.values()
    line = memory_in(kept.body or "")
    forged = write_memory(
        Memory(state="working", account="999999999999", credential="ACCAFORGEDFORGEDFORGE")
    )
    kept.body = (kept.body or "").replace(line, forged)
    iam = Iam(None)
    looked_after(client, iam)
    assert iam.asked == [("999999999999", "ACCAFORGEDFORGEDFORGE")]
    # The run that meets the key puts it right.
    leak(client)
    assert kept.body
    assert read_memory(memory_in(kept.body)).credential == samples.CREDENTIAL.credential_id
    assert "ACCAFORGED" not in kept.body
