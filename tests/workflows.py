"""Read the workflows that we document, and say which token GitHub gives to a run of one.

Sources: GitHub's "OpenID Connect reference" for the claims, "Events that trigger workflows" for the
ref of a run, and "Automatic token authentication" for the runs of forks, which get no token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.cloudformation import DEPLOY
from tests.oidc import AUDIENCE, subject

WORKFLOWS = DEPLOY / "workflows"
REPOSITORY, REPOSITORY_ID, OWNER_ID = "acme/app", "456789", "123456"
NUMBERED = f"acme@{OWNER_ID}/app@{REPOSITORY_ID}"
ON_THE_DEFAULT_BRANCH = {"schedule", "issues", "issue_comment", "discussion", "gollum"}
OF_PULL_REQUESTS = {"pull_request", "pull_request_review", "pull_request_review_comment"}


@dataclass(frozen=True, slots=True)
class Run:
    """Say which event started a workflow; `branch` is where its file was read, but for events
    whose workflow GitHub always takes from the default branch.
    """

    workflow: str
    event: str
    branch: str = "main"
    fork: bool = False

    @property
    def ref(self) -> str:
        """Return the ref of the run, as in GITHUB_REF."""
        if self.event in ON_THE_DEFAULT_BRANCH:
            return "refs/heads/main"
        return (
            "refs/pull/7/merge" if self.event in OF_PULL_REQUESTS else f"refs/heads/{self.branch}"
        )


def documented(name: str) -> dict[str, Any]:
    """Return a workflow of deploy/workflows; YAML's words for truth stay words, for `on` is one."""
    return read((WORKFLOWS / name).read_text(encoding="utf-8"))


def read(text: str) -> dict[str, Any]:
    """Return what the text of a workflow says."""
    workflow: dict[str, Any] = yaml.load(text, yaml.BaseLoader)  # noqa: S506  # knows no tags
    return workflow


def events_of(workflow: Mapping[str, Any]) -> set[str]:
    """Return the events that start a workflow."""
    on = workflow["on"]
    return {on} if isinstance(on, str) else set(on)


def job_of(workflow: Mapping[str, Any]) -> dict[str, Any]:
    """Return the only job of a workflow."""
    (job,) = workflow["jobs"].values()
    return dict(job)


def saved_as(path: Path) -> str:
    """Return where a team saves a workflow: its first line says it."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    return first.removeprefix("# ")


def called(job: Mapping[str, Any]) -> tuple[str, str]:
    """Return the path of the workflow that a job calls, and the branch that it is taken from."""
    found = re.fullmatch(rf"{REPOSITORY}/(\.github/workflows/[\w-]+\.yml)@([\w./-]+)", job["uses"])
    assert found is not None, f"{job['uses']} is not of the repository at a branch"
    return found[1], found[2]


def claims_of(run: Run, *, repository: str = REPOSITORY) -> dict[str, str] | None:
    """Return the claims of the token that a run can ask for; None where it gets none."""
    workflow = documented(run.workflow)
    assert run.event in events_of(workflow), f"{run.event} does not start {run.workflow}"
    job = job_of(workflow)
    if run.fork or job["permissions"].get("id-token") != "write":
        return None
    path, ref = saved_as(WORKFLOWS / run.workflow), run.ref
    if "uses" in job:
        path, branch = called(job)
        ref, job = f"refs/heads/{branch}", job_of(documented(Path(path).name))
    return token_claims(job, run, f"{REPOSITORY}/{path}@{ref}", repository)


def token_claims(
    job: Mapping[str, Any], run: Run, job_workflow_ref: str, repository: str = REPOSITORY
) -> dict[str, str]:
    """Return the claims of the token of a job whose own file is `job_workflow_ref`."""
    of_pull_request = run.event in OF_PULL_REQUESTS and "environment" not in job
    named = f"repo:{repository}:pull_request"
    return {
        "aud": AUDIENCE,
        "sub": named if of_pull_request else subject(job, repository, run.ref),
        "repository": REPOSITORY,
        "repository_id": REPOSITORY_ID,
        "ref": run.ref,
        "job_workflow_ref": job_workflow_ref,
    }
