"""Show each run a part of what there is: none takes its part for the whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from sandbox.github.github_server import GitHubServer
from tests.jobs import ACCOUNT, HURRIED, REPOSITORY, Host, pull_request, push
from tests.leaks import status
from tests.unit.scan.repositories import Repo, new_repo

OTHER, SECURITY = "acme/other", "acme/security"


def pushed(before: str, after: str, ref: str = "refs/heads/main") -> dict[str, Any]:
    event = {**push(), "ref": ref, "before": before, "after": after}
    return {**event, "repository": {**event["repository"], "default_branch": "main"}}


def proposed(base: str, head: str, ref: str = "main") -> dict[str, Any]:
    event = pull_request(REPOSITORY)
    event["pull_request"]["base"] |= {"sha": base, "ref": ref}
    event["pull_request"]["head"]["sha"] = head
    return event


@pytest.fixture
def repo(host: Host) -> Repo:
    repo = new_repo(host.workspace, "--initial-branch=main")
    repo.commit("first", readme__md="x")
    return repo


@pytest.fixture
def short_term(sandbox: Sandbox) -> str:
    """Give a key that stays live, for nobody asks the guard to stop its signer."""
    return sandbox.make_short_term_key(ACCOUNT, role="ml").key


# ── where a key stands ──────────────────────────────────────────────────────────────────────────


def test_a_push_forgets_no_place_of_the_history(
    host: Host, repo: Repo, short_term: str, github: GitHubServer
) -> None:
    repo.commit("leaked", old__env=f"T={short_term}\n")
    (repo.path / "old.env").unlink()
    before = repo.commit("removed")
    host.job("nightly", python=HURRIED, event_name="schedule").run()
    after = repo.commit("leaked again", new__env=f"T={short_term}\n")
    host.job("push", python=HURRIED, event=pushed(before, after)).run()
    (issue,) = github.issues(REPOSITORY)
    assert all(f"`{path}:1:3`" in issue["body"] for path in ("old.env", "new.env"))


def test_repositories_that_share_an_issue_do_not_take_it_from_each_other(
    host: Host, short_term: str, github: GitHubServer, tmp_path: Path
) -> None:
    for name in (OTHER, SECURITY):
        github.add_repository(name)
    github.state.repositories[SECURITY].pushers.add("octocat")
    inputs = {"github_token": github.add_token("octocat"), "issue_repository": SECURITY}
    (host.workspace / "app.env").write_text(f"T={short_term}\n", encoding="utf-8")
    there = tmp_path / "there"
    there.mkdir()
    (there / "other.env").write_text(f"T={short_term}\n", encoding="utf-8")
    elsewhere = Host(there, tmp_path / "elsewhere", github, host.secrets)
    event = {**push(), "repository": {**push()["repository"], "full_name": OTHER}}
    for name in ("first", "again"):
        host.job(name, python=HURRIED).run(**inputs)
        settings = {"GITHUB_REPOSITORY": OTHER}
        elsewhere.job(name, settings, event=event, python=HURRIED).run(**inputs)
        (issue,) = github.issues(SECURITY)
        assert "`app.env:1:3`" in issue["body"]
        assert "`other.env:1:3`" in issue["body"]


# ── whether the work is done ────────────────────────────────────────────────────────────────────


def test_two_events_of_one_commit_leave_the_issue_open(
    host: Host, repo: Repo, leaked: LongTermKey, github: GitHubServer
) -> None:
    base = repo.git("rev-parse", "HEAD")
    head = repo.commit("leak", x__env=f"T={leaked.key}\n")
    host.job("push", python=HURRIED, event=pushed(base, head, "refs/heads/change")).run()
    (first,) = github.issues(REPOSITORY)
    job = host.job("pull", event=proposed(base, head), event_name="pull_request", python=HURRIED)
    job.run()
    (issue,) = github.issues(REPOSITORY)
    assert (issue["state"], issue["comments"]) == ("open", [])
    assert issue["body"] == first["body"]
    assert issue["body"].count("- [ ]") > 1


def test_an_issue_whose_list_is_done_is_closed_by_the_next_run(
    host: Host, leaked: LongTermKey, github: GitHubServer
) -> None:
    (host.workspace / "x.env").write_text(f"T={leaked.key}\n", encoding="utf-8")
    host.job("first", python=HURRIED).run()
    (issue,) = github.state.repositories[REPOSITORY].issues.values()
    assert issue.body
    issue.body = issue.body.replace("- [ ]", "- [x]")
    host.job("second", python=HURRIED).run()
    assert [each["state"] for each in github.issues(REPOSITORY)] == ["closed"]


# ── what an event names ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def stacked(tmp_path: Path, leaked: LongTermKey) -> tuple[Repo, str, str]:
    """Give a change on a branch that was amended since; return what the change began at, too."""
    origin = new_repo(tmp_path / "origin", "--initial-branch=main")
    origin.commit("first", a="a")
    origin.git("checkout", "--quiet", "-b", "parent")
    gone = origin.commit("parent", p="p")
    origin.git("commit", "--quiet", "--amend", "--message", "parent, restacked")
    origin.git("checkout", "--quiet", "-b", "change")
    origin.commit("leak", leak__env=f"T={leaked.key}\n")
    (origin.path / "leak.env").unlink()
    head = origin.commit("removed")
    origin.git("checkout", "--quiet", "main")
    origin.git("reflog", "expire", "--expire=now", "--all")
    origin.git("gc", "--quiet", "--prune=now")
    return origin, gone, head


def test_a_pull_request_whose_base_was_pushed_over_is_read(
    host: Host, stacked: tuple[Repo, str, str], sandbox: Sandbox, leaked: LongTermKey
) -> None:
    """GitHub keeps the base that the pull request was opened on."""
    origin, gone, head = stacked
    here = new_repo(host.workspace)
    here.git("fetch", "--quiet", str(origin.path), "+refs/heads/*:refs/remotes/origin/*")
    here.git("checkout", "--quiet", "--detach", head)
    event = proposed(gone, head, "parent")
    job = host.job(event=event, event_name="pull_request", python=HURRIED)
    done = job.run()
    assert status(sandbox, leaked) == "Inactive", done.stdout.decode()
    assert job.report["complete"] is True
    assert "(2 commits)" in job.report["scanned"]["range"]
    assert "The commit before those of the event is not here" in job.summary
