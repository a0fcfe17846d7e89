"""Give the Action a shallow checkout: it fetches the rest where the token may, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from bedrock_key_guard.action.checkout import DEEPENED, NOT_DEEPENED
from sandbox.front.sandbox import Sandbox
from sandbox.github.github_server import GitHubServer
from tests import keysmith
from tests.jobs import REPOSITORY, Host, Job, push
from tests.unit.scan.repositories import Repo, new_repo

KEY = keysmith.long_term()


@pytest.fixture
def served(tmp_path: Path, github: GitHubServer) -> Repo:
    """Give GitHub a repository of three commits, of which the second leaked and removed nothing."""
    served = new_repo(tmp_path / "served", "--initial-branch=main")
    served.commit("first", readme__md="x")
    served.commit("leak", leak__env=f"T={KEY}\n")
    (served.path / "leak.env").unlink()
    served.commit("removed")
    github.state.repositories[REPOSITORY].git = served.path / ".git"
    return served


def shallow(host: Host, served: Repo, *, depth: int = 1) -> Job:
    """Check the last commit out as `actions/checkout` does, and prepare the job of its push."""
    address = f"file://{served.path}"
    host.workspace.rmdir()
    new_repo(host.workspace.parent).git(
        "clone", "-q", f"--depth={depth}", address, str(host.workspace)
    )
    before, after = (served.git("rev-parse", each) for each in ("main~2", "main"))
    event = push() | {"before": before, "after": after}
    event["repository"] = {**event["repository"], "default_branch": "main"}
    return host.job(event=event)


def test_a_shallow_checkout_is_deepened_by_one_fetch_and_stays_as_it_is(
    host: Host, served: Repo, github: GitHubServer
) -> None:
    job = shallow(host, served)
    marker = host.workspace / ".git" / "shallow"
    before = marker.read_bytes()
    done = job.run(verify="false", report_issue="never")
    assert (done.returncode, done.stderr) == (1, b"")
    (incident,) = job.report["incidents"]
    (place,) = incident["locations"]
    assert (place["path"], place["commit"]) == ("leak.env", served.git("rev-parse", "main~1"))
    assert job.report["complete"]
    assert DEEPENED in job.summary
    assert marker.read_bytes() == before
    assert github.requests("POST") == github.requests("PATCH") == []
    assert {each.split("?")[0].rsplit("/", 1)[1] for each in github.fetches} == {
        "refs",
        "git-upload-pack",
    }
    # The token is in no file that the run leaves.
    left = (path for path in job.folder.rglob("*") if path.is_file())
    assert [path for path in left if job.token.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("token", ["", "sandbox_unknown"])
def test_a_token_that_may_not_fetch_leaves_the_run_incomplete(
    token: str, host: Host, served: Repo, sandbox: Sandbox
) -> None:
    job = shallow(host, served)
    done = job.run(verify="false", report_issue="never", github_token=token)
    assert (done.returncode, job.outputs["result"]) == (4, "incomplete"), done.stdout
    assert (NOT_DEEPENED in job.summary) is bool(token)
    assert "it is a shallow clone" in job.summary


def test_a_whole_checkout_fetches_nothing(host: Host, served: Repo, github: GitHubServer) -> None:
    job = shallow(host, served, depth=3)
    (host.workspace / ".git" / "shallow").unlink(missing_ok=True)
    done = job.run(verify="false", report_issue="never")
    assert done.returncode == 1
    assert github.fetches == []
