"""Hold the README's workflow to the trust that deploy/guard.yaml gives the guard's role."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from sandbox.front.sandbox import Sandbox
from tests.cloudformation import DEPLOY, resources
from tests.jobs import ACCOUNT, REPOSITORY, ROOT
from tests.oidc import AUDIENCE, assume, subject, token

OWNER, NAME = REPOSITORY.split("/")
PARAMETERS = {
    "GitHubOwner": OWNER,
    "GitHubOwnerId": "123456",
    "GitHubRepository": NAME,
    "GitHubRepositoryId": "456789",
}
NUMBERED = f"{OWNER}@123456/{NAME}@456789"
CONFIGURE, GUARD = "aws-actions/configure-aws-credentials", "OWNER/bedrock-key-guard"


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"(?ms)^```yaml\n(# \.github/workflows.*?)^```$", text)
    read: dict[str, Any] = yaml.load(block, yaml.BaseLoader)  # noqa: S506  # keeps `on` a word
    return read


@pytest.fixture
def job(workflow: dict[str, Any]) -> dict[str, Any]:
    (job,) = workflow["jobs"].values()
    return dict(job)


def settings(job: dict[str, Any], action: str) -> dict[str, Any]:
    (found,) = (each for each in job["steps"] if each["uses"].startswith(f"{action}@"))
    given: dict[str, Any] = found["with"]
    return given


@pytest.fixture
def deployed(sandbox: Sandbox) -> str:
    """Give the ARN of the guard's role, in an account to which the template was deployed."""
    made = resources(DEPLOY / "guard.yaml", **PARAMETERS)
    provider, role = (made[name]["Properties"] for name in ("GitHubProvider", "Role"))
    sandbox.client("iam", ACCOUNT).create_open_id_connect_provider(
        Url=provider["Url"], ClientIDList=provider["ClientIdList"], ThumbprintList=["0" * 40]
    )
    trust = role["AssumeRolePolicyDocument"]
    return sandbox.make_role(ACCOUNT, role["RoleName"], trust=trust)


def let_in(
    sandbox: Sandbox, job: dict[str, Any], repository: str, ref: str = "refs/heads/main"
) -> str:
    """Do what configure-aws-credentials does in this job, and return the role that it gets."""
    assert job["permissions"]["id-token"] == "write"
    step = settings(job, CONFIGURE)
    claims = {
        "sub": subject(job, repository, ref),
        "aud": step.get("audience", AUDIENCE),
        "repository": REPOSITORY,
        "ref": ref,
    }
    answer = assume(sandbox, token(claims), step["role-to-assume"])
    arn: str = answer["AssumedRoleUser"]["Arn"]
    return arn


@pytest.mark.parametrize("repository", [REPOSITORY, NUMBERED])
@pytest.mark.parametrize(
    "ref", ["refs/heads/main", "refs/heads/topic", "refs/tags/v1", "refs/pull/7/merge"]
)
def test_the_samples_job_is_trusted_by_the_role_that_is_deployed(
    repository: str, ref: str, job: dict[str, Any], deployed: str, sandbox: Sandbox
) -> None:
    assert settings(job, CONFIGURE)["role-to-assume"] == deployed
    assert let_in(sandbox, job, repository, ref).endswith(":assumed-role/BedrockKeyGuard/guard")


@pytest.mark.parametrize("environment", [None, "production"])
def test_the_same_job_in_another_environment_is_not(
    environment: str | None, job: dict[str, Any], deployed: str, sandbox: Sandbox
) -> None:
    with pytest.raises(ClientError, match="Not authorized"):
        let_in(sandbox, {**job, "environment": environment}, REPOSITORY)


def test_nor_is_the_same_job_of_another_repository(
    job: dict[str, Any], deployed: str, sandbox: Sandbox
) -> None:
    with pytest.raises(ClientError, match="Not authorized"):
        let_in(sandbox, job, f"mallory/{NAME}")


def test_no_run_cancels_another_that_is_waiting(workflow: dict[str, Any]) -> None:
    """A concurrency group keeps one pending run: the commits of those before are never read.

    Source: https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
    """
    assert [part for part in (workflow, *workflow["jobs"].values()) if "concurrency" in part] == []


def test_the_credentials_come_before_the_guard_from_an_action_that_runs_today(
    job: dict[str, Any],
) -> None:
    """Runners have no Node 20 any more; version 6 needs Node 24."""
    used = [step["uses"] for step in job["steps"]]
    (before,) = (n for n, name in enumerate(used) if name == f"{CONFIGURE}@v6")
    (after,) = (n for n, name in enumerate(used) if name.startswith(f"{GUARD}@"))
    assert before < after
