"""Start the Action by each event about commits: what it reads, whom it answers, what it links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from bedrock_key_guard.action.scope import DELETED, LOST
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from sandbox.github.github_server import GitHubServer
from tests.jobs import HURRIED, REPOSITORY, Host, Job, verdicts
from tests.leaks import status
from tests.needles import leaks_in
from tests.payloads import Payloads, repository
from tests.scenes import after_masks
from tests.unit.scan.repositories import Repo, new_repo

FORK, OTHER = "mallory/app", "acme/other"
ZERO, GONE = "0" * 40, "d" * 40
RANGE, TREE = ["range", "working-tree"], ["event", "working-tree"]


@dataclass(frozen=True)
class Row:
    """Say which event starts a run on which checkout, what it reads and what becomes of the key.

    In `payload` and `settings`, FIRST and HEAD stand for commits. `linked` is the repository that
    the places are linked to, "" for none.
    """

    event: str
    payload: Mapping[str, Any]
    reads: list[str]
    answered: bool = True
    issues: int = 1
    words: str = ""
    origin: str = REPOSITORY
    sha: str = "HEAD"
    scan: str = "auto"
    linked: str = REPOSITORY
    settings: Mapping[str, str] = field(default_factory=dict)


def pushed(before: str = "FIRST", after: str = "HEAD", ref: str = "main") -> dict[str, Any]:
    return {"ref": f"refs/heads/{ref}", "before": before, "after": after, "deleted": after == ZERO}


def proposed(base: str = "FIRST", head: str = REPOSITORY) -> dict[str, Any]:
    return {"pull_request": Payloads(head=head).pull("Please.", base, "HEAD")}


def ended(head: str) -> dict[str, Any]:
    return {"action": "completed", "workflow_run": {"head_repository": repository(name=head)}}


GROUP = {"merge_group": {"base_sha": "FIRST", "head_sha": "HEAD", "base_ref": "refs/heads/main"}}
RELEASE = {"action": "published", "release": {"tag_name": "v1", "name": "One", "assets": []}}
INPUTS = {"inputs": None, "ref": "refs/heads/main", "workflow": ".github/workflows/guard.yml"}
COMMENT = Payloads().of("issue_comment", "Please look.")

TRUSTED = {
    "push": Row("push", pushed(), RANGE),
    "push of a new branch": Row("push", pushed(ZERO, ref="topic"), RANGE),
    "forced push": Row("push", pushed(GONE, ref="topic"), RANGE, words=LOST["range"]),
    "forced push of main": Row("push", pushed(GONE), ["history"], words=LOST["history"]),
    "pull request": Row("pull_request", proposed(), ["event", *RANGE]),
    "pull request on a forced base": Row(
        "pull_request", proposed(GONE), ["event", *RANGE], words=LOST["range"]
    ),
    "merge queue": Row("merge_group", GROUP, RANGE),
    "schedule": Row("schedule", {"schedule": "0 0 * * *"}, ["history"]),
    "by hand": Row("workflow_dispatch", INPUTS, ["event", "history"]),
    "by a program": Row("repository_dispatch", {"client_payload": {}}, ["event", "history"]),
    "release": Row("release", RELEASE, ["event", "range"]),
    "another workflow": Row("workflow_run", ended(REPOSITORY), ["history"]),
    "new branch": Row("create", {"ref": "topic", "ref_type": "branch"}, ["history"]),
    "a branch of ours": Row("schedule", {}, ["history"], sha="FIRST"),
}
DELETIONS = {
    "push of a deletion": Row("push", pushed(after=ZERO), [], answered=False, issues=0),
    "deletion": Row("delete", {"ref": "topic", "ref_type": "branch"}, [], answered=False, issues=0),
}
LOOKED_AT = {
    "fork": Row("pull_request", proposed(head=FORK), ["event", *RANGE], answered=False, issues=0),
    "pull_request_target": Row(
        "pull_request_target", proposed(), ["event", *RANGE], answered=False, issues=0
    ),
    "another workflow of a fork": Row(
        "workflow_run", ended(FORK), ["history"], answered=False, issues=0
    ),
    "a comment with a fork's head": Row(
        "issue_comment",
        COMMENT,
        ["event", "working-tree"],
        answered=False,
        sha="FIRST",
        scan="tree",
    ),
    "another repository": Row(
        "schedule", {}, ["history"], answered=False, sha="FIRST", origin=OTHER, linked=OTHER
    ),
    "a repository from elsewhere": Row(
        "schedule", {}, ["history"], answered=False, sha="FIRST", origin="../app", linked=""
    ),
}
# Whose head no branch of `origin` has.
ON_NO_BRANCH = {"a comment with a fork's head"}


@pytest.fixture
def repo(host: Host, leaked: LongTermKey) -> Repo:
    """Give a checkout whose last commit leaks a key, with the branch `main` before it."""
    repo = new_repo(host.workspace, "--initial-branch=main")
    first = repo.commit("first", readme__md="x")
    repo.commit("leak", leak__env=f"T={leaked.key}\n")
    repo.git("tag", "v1")
    repo.git("update-ref", "refs/remotes/origin/main", first)
    return repo


def job_of(row: Row, name: str, host: Host, repo: Repo) -> Job:
    commits = {"FIRST": repo.git("rev-parse", "HEAD~1"), "HEAD": repo.git("rev-parse", "HEAD")}
    address = f"{host.github.server_url}/{row.origin}" if "/" not in row.origin[:3] else row.origin
    repo.git("remote", "add", "origin", address)
    if row.sha != "HEAD" and name not in ON_NO_BRANCH:
        repo.git("update-ref", "refs/remotes/origin/topic", "HEAD")
    event = _with(commits, {"repository": repository(server=host.github.server_url), **row.payload})
    settings = {"GITHUB_SHA": commits[row.sha]}
    return host.job(settings=settings, event=event, event_name=row.event, python=HURRIED)


def _with(commits: Mapping[str, str], value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with(commits, each) for name, each in value.items()}
    return commits.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("name", "row"), (TRUSTED | LOOKED_AT).items(), ids=(TRUSTED | LOOKED_AT).keys()
)
def test_an_event_reads_what_it_is_about_and_answers_whom_it_may(
    *,
    name: str,
    row: Row,
    host: Host,
    repo: Repo,
    sandbox: Sandbox,
    github: GitHubServer,
    leaked: LongTermKey,
) -> None:
    job = job_of(row, name, host, repo)
    done = job.run(scan=row.scan)
    assert (done.returncode, done.stderr) == (1, b""), done.stdout
    assert (verdicts(job.report), job.outputs["live"]) == (["live"], "1")
    assert job.report["scanned"]["sources"] == row.reads
    assert job.report["complete"]
    assert status(sandbox, leaked) == ("Inactive" if row.answered else "Active")
    assert len(sandbox.writes()) == job.report["incidents"][0]["outcome"]["state"].count("done")
    assert job.outputs["responded"] == ("1" if row.answered else "0")
    issues = github.issues(REPOSITORY)
    assert len(issues) == row.issues
    assert (
        f"Event <code>{row.event}" in job.summary
        or f"Event `{row.event}" in job.summary
        or (f"Event {row.event}" in job.summary)
    )
    assert row.words in job.summary
    links = f"{github.server_url}/{row.linked}/blob/{repo.git('rev-parse', 'HEAD')}/leak.env#L1"
    assert (links in job.summary) is bool(row.linked)
    assert "/blob/" not in job.summary.replace(links, "")
    for written in (after_masks(done.stdout), job.summary.encode(), *map(_body, issues)):
        assert leaks_in(leaked.key, written) == []


def _body(issue: Mapping[str, Any]) -> bytes:
    return str(issue["body"]).encode()


@pytest.mark.parametrize(("name", "row"), DELETIONS.items(), ids=DELETIONS.keys())
def test_a_deletion_reads_nothing_and_asks_nobody(
    name: str, row: Row, host: Host, repo: Repo, sandbox: Sandbox
) -> None:
    job = job_of(row, name, host, repo)
    done = job.run(scan=row.scan)
    assert (done.returncode, job.outputs["result"]) == (0, "clean")
    assert DELETED.note in done.stdout.decode()
    assert job.report["scanned"]["sources"] == row.reads
    assert sandbox.calls() == ()
    assert host.github.exchanges == []
