"""Hold the documented workflows to the trust that deploy/guard.yaml gives the guard's role."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timezone
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_key_guard.aws.session import USER_AGENT
from bedrock_key_guard.respond.purpose import Purpose, name_change, purpose_of
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import AccessKey, session_key
from tests.cloudformation import DEPLOY, resources
from tests.jobs import ACCOUNT, HURRIED, ROOT, Host
from tests.leakers import make_quarantine
from tests.oidc import HOST, assume, token
from tests.simulate import Request, judge
from tests.workflows import (
    NUMBERED,
    OWNER_ID,
    REPOSITORY,
    REPOSITORY_ID,
    WORKFLOWS,
    Run,
    called,
    claims_of,
    documented,
    events_of,
    job_of,
    read,
    saved_as,
    token_claims,
)

OWNER, NAME = REPOSITORY.split("/")
PARAMETERS = {
    "GitHubOwner": OWNER,
    "GitHubOwnerId": OWNER_ID,
    "GitHubRepository": NAME,
    "GitHubRepositoryId": REPOSITORY_ID,
}
BY_WORKFLOW: dict[str, str] = {}
BY_ENVIRONMENT = {"GitHubEnvironment": "bedrock-key-guard"}
CONFIGURE, GUARD = "aws-actions/configure-aws-credentials", "OWNER/bedrock-key-guard"
# The one of a sweep has three jobs and tests of its own.
DOCUMENTED = sorted(set(WORKFLOWS.glob("*.yml")) - {WORKFLOWS / "organisation.yml"})
CALLERS = [path for path in DOCUMENTED if "uses" in job_of(documented(path.name))]
RUNNING = [path for path in DOCUMENTED if path not in CALLERS]
GUARDS = f"{REPOSITORY}/.github/workflows/guard.yml@refs/heads/main"
EACH = pytest.mark.parametrize("path", DOCUMENTED, ids=lambda path: path.name)


@cache
def role(**variant: str) -> dict[str, Any]:
    properties: dict[str, Any] = resources(DEPLOY / "guard.yaml", **PARAMETERS, **variant)["Role"][
        "Properties"
    ]
    return properties


def asks(claims: dict[str, str], **variant: str) -> Request:
    """Hold a token to the conditions of the role's only statement, as IAM would.

    The simulator judges no federated principals, so somebody holds the statement and asks with the
    same context; that it names the provider is tested beside it, and with STS below.
    """
    (statement,) = role(**variant)["AssumeRolePolicyDocument"]["Statement"]
    held = {name: value for name, value in statement.items() if name != "Principal"}
    known = ("aud", "sub", "repository_id", "job_workflow_ref")
    return Request(
        statement["Action"],
        f"arn:aws:iam::{ACCOUNT}:role/BedrockKeyGuard",
        identity=({"Version": "2012-10-17", "Statement": {**held, "Resource": "*"}},),
        context={f"{HOST}:{name}": claims[name] for name in known},
        has_claims=True,
    )


# ── who may act as the guard ────────────────────────────────────────────────────────────────────

RESPONDING = ("respond.yml", "schedule.yml", "text-events.yml")
RUNS = [
    (Run(path.name, event, branch), variant, is_trusted)
    for path in DOCUMENTED
    for event in sorted(events_of(documented(path.name)) - {"workflow_call"})
    for branch in ("main", "topic")
    for variant, is_trusted in (
        (BY_WORKFLOW, path.name in RESPONDING),
        (BY_ENVIRONMENT, path.name == "public.yml"),
    )
]


def test_a_role_trusts_the_runs_of_the_documented_workflows_that_it_is_for() -> None:
    """Each event of each workflow on two branches, with both forms of the token's subject."""
    rows = [
        (run, variant, repository, claims, is_trusted)
        for run, variant, is_trusted in RUNS
        for repository in (REPOSITORY, NUMBERED)
        if (claims := claims_of(run, repository=repository)) is not None
    ]
    judged = judge([asks(claims, **variant) for _, variant, _, claims, _ in rows])
    wrong = [
        (run, variant, repository)
        for (run, variant, repository, _, is_trusted), said in zip(rows, judged, strict=True)
        if (said == "Allowed") is not is_trusted
    ]
    assert len(rows) > 80
    assert wrong == []


@pytest.mark.parametrize(
    "run",
    [
        Run("text-events.yml", "pull_request", fork=True),
        Run("text-events.yml", "pull_request_review", fork=True),
        Run("minimal.yml", "push"),
    ],
    ids=lambda run: f"{run.workflow}, {run.event}",
)
def test_a_fork_and_a_job_that_does_not_ask_have_no_token(run: Run) -> None:
    assert claims_of(run) is None


PUSH, TOPIC = Run("respond.yml", "push"), Run("respond.yml", "push", "topic")
TRUSTED = claims_of(PUSH) or {}
ATTACKS = {
    "a branch's own copy of the guard": (
        BY_WORKFLOW,
        token_claims({}, TOPIC, GUARDS.replace("main", "topic")),
    ),
    "a pull request's own copy of the guard": (
        BY_WORKFLOW,
        token_claims({}, TOPIC, GUARDS.replace("heads/main", "pull/7/merge")),
    ),
    "another workflow of the default branch": (
        BY_WORKFLOW,
        token_claims({}, PUSH, GUARDS.replace("guard.yml", "deploy.yml")),
    ),
    "another repository that calls the guard": (
        BY_WORKFLOW,
        {**TRUSTED, "sub": "repo:mallory/app:ref:refs/heads/main", "repository_id": "1"},
    ),
    "a new owner of the name": (BY_WORKFLOW, {**TRUSTED, "repository_id": "1"}),
    "a name that begins like ours": (
        BY_WORKFLOW,
        {**TRUSTED, "sub": "repo:acme/app-of-mallory:ref:refs/heads/main"},
    ),
    "a token for somebody else": (BY_WORKFLOW, {**TRUSTED, "aud": "vault"}),
    "another environment": (
        BY_ENVIRONMENT,
        token_claims({"environment": "production"}, PUSH, GUARDS),
    ),
    "no environment": (BY_ENVIRONMENT, TRUSTED),
}


def test_nobody_else_is_trusted() -> None:
    judged = judge([asks(claims, **variant) for variant, claims in ATTACKS.values()])
    assert dict(zip(ATTACKS, judged, strict=True)) == dict.fromkeys(ATTACKS, "ImplicitlyDenied")


def test_the_called_guard_is_trusted_by_its_environment_once_it_has_one() -> None:
    claims = token_claims({"environment": "bedrock-key-guard"}, PUSH, GUARDS)
    assert judge([asks(claims, **BY_ENVIRONMENT)]) == ["Allowed"]


@pytest.mark.parametrize("variant", [BY_WORKFLOW, BY_ENVIRONMENT], ids=["workflow", "environment"])
def test_the_role_trusts_githubs_provider_alone(variant: dict[str, str]) -> None:
    (statement,) = role(**variant)["AssumeRolePolicyDocument"]["Statement"]
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{HOST}"
    assert statement["Principal"] == {"Federated": provider}
    ours = "arn:aws:iam::111122223333:oidc-provider/ours"
    (statement,) = role(**variant, GitHubProviderArn=ours)["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Federated": ours}


# ── what STS says ───────────────────────────────────────────────────────────────────────────────


def deploy(sandbox: Sandbox, **variant: str) -> str:
    """Make what the template makes, and return the ARN of the guard's role."""
    made = resources(DEPLOY / "guard.yaml", **PARAMETERS, **variant)["GitHubProvider"]["Properties"]
    sandbox.client("iam", ACCOUNT).create_open_id_connect_provider(
        Url=made["Url"], ClientIDList=made["ClientIdList"], ThumbprintList=["0" * 40]
    )
    guards = role(**variant)
    trust = guards["AssumeRolePolicyDocument"]
    return sandbox.make_role(ACCOUNT, guards["RoleName"], trust=trust)


@pytest.mark.parametrize(
    ("run", "variant"),
    [(TOPIC, BY_WORKFLOW), (Run("public.yml", "schedule"), BY_ENVIRONMENT)],
    ids=lambda value: value.workflow if isinstance(value, Run) else None,
)
def test_sts_lets_the_job_in_as_the_role_that_it_names(
    run: Run, variant: dict[str, str], sandbox: Sandbox
) -> None:
    deployed = deploy(sandbox, **variant)
    job = job_of(documented("guard.yml" if variant == BY_WORKFLOW else run.workflow))
    assert settings(job, CONFIGURE)["role-to-assume"] == deployed
    answer = assume(sandbox, token(claims_of(run) or {}), deployed)
    assert answer["AssumedRoleUser"]["Arn"].endswith(":assumed-role/BedrockKeyGuard/guard")


def test_sts_refuses_what_is_not_trusted(sandbox: Sandbox) -> None:
    deployed = deploy(sandbox)
    for variant, claims in ATTACKS.values():
        if variant == BY_WORKFLOW:
            with pytest.raises(ClientError, match=r"Not authorized|Incorrect token audience"):
                assume(sandbox, token(claims), deployed)


# ── what the daily run does more ────────────────────────────────────────────────────────────────


def as_the_guard(sandbox: Sandbox, role: str, run: Run) -> AccessKey:
    return session_key(assume(sandbox, token(claims_of(run) or {}), role))


def in_the_name_of(purpose: Purpose, request: Any, **_: object) -> None:
    """Let a call say what it is for, as the guard's own do."""
    del request.headers["User-Agent"]
    request.headers["User-Agent"] = f"{USER_AGENT} {purpose}"


@pytest.mark.parametrize(("event", "is_lifted"), [("push", False), ("schedule", True)])
def test_what_the_guard_quarantined_is_lifted_by_the_daily_run_of_the_sample(
    event: str, is_lifted: bool, sandbox: Sandbox, host: Host
) -> None:
    """The expression of `lift` is what an event makes of it; all else is as the sample has it."""
    held, policy = {"RoleName": "ml-pipeline"}, make_quarantine(sandbox)
    sandbox.make_role(ACCOUNT, "ml-pipeline")
    key = as_the_guard(sandbox, deploy(sandbox), Run("respond.yml", event))
    iam, past = sandbox.client_with(key, "iam"), datetime(2026, 11, 1, tzinfo=timezone.utc)
    purpose = purpose_of("quarantine", "0" * 64, past, name_change(past))
    iam.meta.events.register_last("request-created", partial(in_the_name_of, purpose))
    iam.attach_role_policy(**held, PolicyArn=policy)
    (host.workspace / "README.md").write_text("Nothing leaks here.\n", encoding="utf-8")
    inputs = settings(job_of(documented("guard.yml")), GUARD)
    inputs |= {"lift": str(event in inputs["lift"]).lower()}
    secrets = {
        **host.secrets,
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        "AWS_SESSION_TOKEN": str(key.session_token),
    }
    job = replace(host, secrets=secrets).job(event_name=event, python=HURRIED)
    done = job.run(**{name.replace("-", "_"): value for name, value in inputs.items()})
    assert (done.returncode, done.stderr) == (0, b""), done.stdout
    attached = iam.list_attached_role_policies(**held)["AttachedPolicies"]
    assert (policy not in [each["PolicyArn"] for each in attached]) is is_lifted, job.summary
    assert ("role ml-pipeline, done" in done.stdout.decode()) is is_lifted


# ── the workflows themselves ────────────────────────────────────────────────────────────────────


def settings(job: dict[str, Any], action: str) -> dict[str, Any]:
    (found,) = (each for each in job["steps"] if each["uses"].startswith(f"{action}@"))
    given: dict[str, Any] = found.get("with", {})
    return given


def test_the_quick_start_shows_two_of_the_documented_workflows_word_for_word() -> None:
    text = (ROOT / "docs" / "start" / "action.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?ms)^```yaml\n(# \.github/workflows/.*?)^```$", text)
    files = [WORKFLOWS / name for name in ("respond.yml", "guard.yml")]
    assert blocks == [path.read_text(encoding="utf-8") for path in files]


@EACH
def test_no_run_cancels_another_that_is_waiting(path: Path) -> None:
    """A concurrency group keeps one pending run: the commits of those before are never read.

    Source: https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
    """
    workflow = documented(path.name)
    assert [part for part in (workflow, job_of(workflow)) if "concurrency" in part] == []


@EACH
def test_a_job_has_the_permissions_that_it_needs_and_no_other(path: Path) -> None:
    workflow = documented(path.name)
    assert workflow["permissions"] == {}
    given = job_of(workflow)["permissions"]
    assert given["contents"] == "read"
    assert set(given) <= {"contents", "id-token", "issues"}


@pytest.mark.parametrize("path", CALLERS, ids=lambda path: path.name)
def test_a_caller_takes_the_guard_from_the_default_branch_and_gives_it_nothing(path: Path) -> None:
    """Taken by `./`, it would be that of the branch, which whoever pushes can change."""
    job = job_of(documented(path.name))
    where, branch = called(job)
    assert (where, branch) == (saved_as(WORKFLOWS / "guard.yml"), "main")
    assert job["permissions"] == job_of(documented("guard.yml"))["permissions"]
    assert not {"with", "secrets"} & job.keys()


def test_the_guard_takes_no_inputs_so_that_no_branch_can_choose_a_response() -> None:
    """A branch cannot choose either that the daily run is what calls the guard.

    The event is the caller's: https://docs.github.com/en/actions/reference/workflows-and-actions/reusing-workflow-configurations#github-context
    """
    assert documented("guard.yml")["on"] == "workflow_call"
    given = dict(settings(job_of(documented("guard.yml")), GUARD))
    assert (given["respond"], given["short-term"]) == ("disable", "quarantine")
    assert given.pop("lift") == "${{ github.event_name == 'schedule' }}"
    assert "${{" not in str(given)


def test_what_the_guard_quarantines_is_lifted_by_a_run_that_comes_every_day() -> None:
    daily = {path.name for path in CALLERS if "schedule" in events_of(documented(path.name))}
    assert daily == {"respond.yml", "schedule.yml"}


@pytest.mark.parametrize("path", RUNNING, ids=lambda path: path.name)
def test_every_action_is_named_by_its_commit_and_its_version(path: Path) -> None:
    lines = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert lines
    assert [line for line in lines if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == []


@pytest.mark.parametrize("path", RUNNING, ids=lambda path: path.name)
def test_credentials_come_before_the_guard_and_cannot_stop_it(path: Path) -> None:
    """Without credentials, as in a run of Dependabot, the guard still scans, and warns."""
    steps = job_of(documented(path.name))["steps"]
    assert steps[-1]["uses"].startswith(f"{GUARD}@")
    for step in steps:
        if step["uses"].startswith(f"{CONFIGURE}@"):
            assert step["continue-on-error"] == "true"


def test_githubs_schema_of_workflows_takes_them_all() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    schema = ("--builtin-schema", "vendor.github-workflows")
    subprocess.run([checker, "--quiet", *schema, *DOCUMENTED], check=True)


@pytest.mark.parametrize("path", RUNNING, ids=lambda path: path.name)
def test_the_guard_is_given_inputs_that_it_knows(path: Path) -> None:
    inputs = read((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    assert settings(job_of(documented(path.name)), GUARD).keys() <= inputs.keys()


def test_every_push_is_read_and_every_object_once_a_day() -> None:
    """The daily run is the net under runs that were lost, so it reads all that there is."""
    on = documented("respond.yml")["on"]
    assert on["push"] == ""
    assert re.fullmatch(r"\d+ \d+ \* \* \*", on["schedule"][0]["cron"])
    assert "scan" not in settings(job_of(documented("guard.yml")), GUARD)
