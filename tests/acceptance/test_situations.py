"""Put the Action into the situations in which guards before it were wrong, by its own step."""

from __future__ import annotations

import ast
import json
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from sandbox.github.github_server import GitHubServer
from tests.jobs import ACCOUNT, BASH, HURRIED, REPOSITORY, Host, push, verdicts
from tests.leaks import leak, status
from tests.payloads import Payloads
from tests.unit.scan.repositories import Repo, new_repo

VIEWS, MEMORY, WORST = "partial_views", "issue_memory", "worst_first"
SITUATIONS = {
    "a run that was dropped": (
        "situations",
        "test_what_a_dropped_run_would_have_read_is_read_by_the_daily_one",
    ),
    "an empty token": ("events", "test_an_empty_token_is_a_warning_that_says_what_was_lost"),
    "two uses in a job": (
        "situations",
        "test_two_uses_in_a_job_keep_their_files_apart_and_share_the_issue",
    ),
    "a base that was pushed over": (
        VIEWS,
        "test_a_pull_request_whose_base_was_pushed_over_is_read",
    ),
    "a wrong clock": ("situations", "test_the_servers_say_what_time_it_is"),
    "another author": (MEMORY, "test_a_change_of_token_finds_the_issues_of_the_one_before"),
    "two repositories, one for issues": (
        VIEWS,
        "test_repositories_that_share_an_issue_do_not_take_it_from_each_other",
    ),
    "a push after the history": (VIEWS, "test_a_push_forgets_no_place_of_the_history"),
    "an expired short-term key": (
        MEMORY,
        "test_the_issue_of_an_expired_short_term_key_is_closed_without_the_key",
    ),
    "25 unverified before one live": (
        WORST,
        "test_the_live_key_has_its_issue_when_github_asks_to_be_left_alone",
    ),
    "230 forged before one live": (WORST, "test_forged_keys_take_no_probe_from_a_live_one"),
    "a foreign checkout": (
        "git_events",
        "test_an_event_reads_what_it_is_about_and_answers_whom_it_may",
    ),
    "a comment on a fork": (
        "situations",
        "test_a_comment_on_a_fork_is_answered_and_the_fork_is_not",
    ),
    "twin runs": (VIEWS, "test_two_events_of_one_commit_leave_the_issue_open"),
    "twin runs at once": (
        "idempotence",
        "test_two_runs_at_once_disable_once_and_leave_one_issue_open",
    ),
    "an old Git": ("situations", "test_an_old_git_reads_as_much_as_a_new_one"),
}
"""Which test shows that each is mended."""


@pytest.mark.parametrize(("module", "test"), SITUATIONS.values(), ids=list(SITUATIONS))
def test_each_situation_has_the_test_that_is_named(module: str, test: str) -> None:
    tree = ast.parse(Path(__file__).with_name(f"test_{module}.py").read_text("utf-8"))
    assert test in [each.name for each in tree.body if isinstance(each, ast.FunctionDef)]


@pytest.fixture
def repo(host: Host) -> Repo:
    repo = new_repo(host.workspace, "--initial-branch=main")
    repo.commit("first", readme__md="x")
    return repo


def pushed(before: str, after: str) -> dict[str, Any]:
    event = {**push(), "before": before, "after": after}
    return {**event, "repository": {**event["repository"], "default_branch": "main"}}


def test_what_a_dropped_run_would_have_read_is_read_by_the_daily_one(
    host: Host, repo: Repo, sandbox: Sandbox, leaked: LongTermKey
) -> None:
    """A newer run in a concurrency group cancels one that waits, and nobody reads its commits."""
    repo.commit("leak", x__env=f"T={leaked.key}\n")
    (repo.path / "x.env").unlink()
    before = repo.commit("removed")
    after = repo.commit("more", y="y")
    later = host.job("later", python=HURRIED, event=pushed(before, after))
    assert (later.run().returncode, later.outputs["result"]) == (0, "clean")
    assert status(sandbox, leaked) == "Active"
    daily = host.job("daily", python=HURRIED, event_name="schedule")
    assert (daily.run().returncode, verdicts(daily.report)) == (1, ["live"])
    assert status(sandbox, leaked) == "Inactive"


def test_two_uses_in_a_job_keep_their_files_apart_and_share_the_issue(
    host: Host, github: GitHubServer, leaked: LongTermKey
) -> None:
    leak(host.workspace, leaked.key)
    job = host.job(python=HURRIED)
    files = []
    for step in ("__acme_guard", "__acme_guard_2"):
        job.environment["GITHUB_ACTION"] = step
        assert job.run(scan="tree", sarif_file="true").returncode == 1
        files += [job.outputs[f"{each}-file"] for each in ("report", "sarif")]
        assert json.loads(job.outputs["issue-urls"]) == [github.issues(REPOSITORY)[0]["html_url"]]
    assert [Path(file).is_file() for file in files] == [True] * 4
    assert len({Path(file).name for file in files}) == 4
    assert job.outputs["ledger-file"] == ""
    assert len(github.issues(REPOSITORY)) == 1


def test_a_comment_on_a_fork_is_answered_and_the_fork_is_not(
    host: Host, repo: Repo, sandbox: Sandbox, github: GitHubServer, leaked: LongTermKey
) -> None:
    """A workflow may check the head of a fork out for a comment, and no event says so."""
    ours, theirs = repo.git("rev-parse", "HEAD"), sandbox.make_long_term_key(ACCOUNT, "theirs")
    repo.git("remote", "add", "origin", f"{github.server_url}/{REPOSITORY}")
    repo.git("update-ref", "refs/remotes/origin/main", ours)
    repo.commit("of the fork", x__env=f"T={theirs.key}\n")
    event = Payloads(association="NONE", server=github.server_url).of("issue_comment", leaked.key)
    event["issue"]["pull_request"] = {"html_url": f"{github.server_url}/{REPOSITORY}/pull/7"}
    job = host.job(
        settings={"GITHUB_SHA": ours}, event=event, event_name="issue_comment", python=HURRIED
    )
    assert job.run(scan="tree").returncode == 1
    assert verdicts(job.report) == ["live", "live"]
    assert (status(sandbox, leaked), status(sandbox, theirs)) == ("Inactive", "Active")
    assert (len(sandbox.writes()), job.outputs["responded"]) == (1, "1")
    assert len(github.issues(REPOSITORY)) == 2


@pytest.mark.parametrize(
    ("ahead", "hours_ago", "verdict", "note"),
    [
        (1, 11.7, "dead", "60 minutes behind the servers'"),
        (-2, 13, "live", "120 minutes ahead of the servers'"),
    ],
)
def test_the_servers_say_what_time_it_is(
    ahead: int, hours_ago: float, verdict: str, note: str, host: Host, sandbox: Sandbox
) -> None:
    """`ahead` is by how many hours AWS's clock is before the runner's."""
    issued = datetime.now(timezone.utc) - timedelta(hours=hours_ago)
    key = sandbox.make_short_term_key(ACCOUNT, role="ml", issued_at=issued).key
    leak(host.workspace, key)
    sandbox.set_clock(ahead=timedelta(hours=ahead))
    job = host.job(python=HURRIED)
    assert job.run(allowed_account_ids=ACCOUNT).returncode == 1
    assert verdicts(job.report) == [verdict]
    assert note in job.summary


OLD_GIT = """#!{bash}
echo "$@" >> {asked}
for word in "$@"; do
  case "$word" in
    --version) echo 'git version 2.20.1'; exit ;;
    --end-of-options | --deduplicate | --filter=object:* | --batch-command | --path-format=* | -z=*)
      echo "fatal: unrecognized argument: $word" >&2; exit 128 ;;
  esac
done
exec {git} "$@"
"""


@pytest.mark.parametrize("scan", ["auto", "history"])
def test_an_old_git_reads_as_much_as_a_new_one(
    scan: str, host: Host, repo: Repo, leaked: LongTermKey, tmp_path: Path
) -> None:
    """Debian 10's 2.20 knows none of the options that came later."""
    before = repo.git("rev-parse", "HEAD")
    after = repo.commit("leak", x__env=f"T={leaked.key}\n")
    old = tmp_path / "old"
    old.mkdir()
    script = OLD_GIT.format(bash=BASH[0], git=shutil.which("git"), asked=old / "asked")
    (old / "git").write_text(script, encoding="utf-8")
    (old / "git").chmod(0o755)
    job = host.job(python=HURRIED, event=pushed(before, after))
    job.environment["PATH"] = f"{old}:{job.environment['PATH']}"
    done = job.run(scan=scan, report_issue="never")
    assert (done.returncode, done.stderr, verdicts(job.report)) == (1, b"", ["live"])
    assert job.report["complete"] is True
    assert "cat-file" in (old / "asked").read_text("utf-8")
