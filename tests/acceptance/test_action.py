"""Run the Action as published: through act, a real workflow runner, and through its own steps."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from sandbox.github.github_server import GitHubServer
from tests.acting import ACT, Act, ready_python
from tests.jobs import ACCOUNT, REPOSITORY, ROOT, Host, Job, pull_request, push, verdicts
from tests.leaks import status
from tests.needles import leaks_in
from tests.traps import PROGRAMS, pose_as

WHEELHOUSE = ROOT / "build" / "wheelhouse"
PUBLISHED = ("action.yml", "requirements", "src")
LEAK = "config/settings.yaml"


@pytest.fixture(scope="module")
def offline(loopback_environment: None) -> dict[str, str]:
    """Let pip install from what set-up has fetched, and from nowhere else."""
    assert WHEELHOUSE.is_dir(), "build/wheelhouse is missing: `make test` fills it first"
    return {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": str(WHEELHOUSE),
        "PIP_NO_INDEX": "1",
    }


@pytest.fixture(scope="module")
def published(loopback_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the Action's repository as it is here, and as GitHub would serve it."""
    folder = tmp_path_factory.mktemp("published")
    for name in PUBLISHED:
        if (ROOT / name).is_dir():
            unshipped = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / name, folder / name, ignore=unshipped)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def ready(
    offline: dict[str, str], published: Path, tmp_path_factory: pytest.TempPathFactory
) -> Job:
    """Give a job in which the Action's first step has made its environment, for real."""
    folder = tmp_path_factory.mktemp("ready")
    environment = {
        **os.environ,
        **offline,
        "GITHUB_ACTION_PATH": str(published),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "RUNNER_TEMP": str(folder),
    }
    job = Job(folder, folder, environment, "", ())
    done = job.install()
    assert done.returncode == 0, done.stderr.decode()
    return job


@pytest.fixture
def workspace(tree: Path, leaked: LongTermKey) -> Path:
    (tree / "config").mkdir()
    (tree / LEAK).write_text(f"env:\n  - TOKEN={leaked.key}\n", encoding="utf-8")
    return tree


@pytest.fixture
def act(
    workspace: Path, ready: Job, github: GitHubServer, published: Path, leaked: LongTermKey
) -> Act:
    assert ACT.is_file(), f"{ACT} is missing: `make` installs it"
    kept = {
        n: v for n, v in ready.environment.items() if n.startswith("PIP_") or "PROXY" in n.upper()
    }
    settings = {**kept, "AWS_EC2_METADATA_DISABLED": "true"}
    return Act(workspace, github, published, settings, ready.temp / "venv")


@pytest.fixture
def act_on_itself(act: Act, published: Path) -> Act:
    """Let the repository that leaks the key be the Action's own, for `uses: ./`."""
    shutil.copytree(published, act.workspace, dirs_exist_ok=True)
    return act


def test_with_credentials_the_key_is_disabled_and_an_issue_opened(
    act_on_itself: Act, sandbox: Sandbox, github: GitHubServer, leaked: LongTermKey
) -> None:
    done = act_on_itself.run(secrets=sandbox.environment(ACCOUNT), event=push(), install=True)
    assert done.returncode == 1, done.stderr
    assert "Failure - Main Guard" in done.stdout
    assert status(sandbox, leaked) == "Inactive"
    assert [call.action for call in sandbox.writes()] == ["iam:UpdateServiceSpecificCredential"]
    (issue,) = github.issues(REPOSITORY)
    assert LEAK in issue["body"]
    # A later step has the outputs, the report and the summary.
    assert "result=findings live=1 responded=1 unverified=0" in done.stdout
    assert f'issues=["{issue["html_url"]}"]' in done.stdout
    assert re.search(r"report of [1-9][0-9]* bytes", done.stdout)
    assert "## Bedrock Key Guard" in done.stdout
    assert leaks_in(leaked.key, done.stdout.encode() + done.stderr.encode()) == []
    assert leaks_in(leaked.key, issue["body"].encode()) == []


def test_with_fail_on_none_the_step_passes(
    act_on_itself: Act, sandbox: Sandbox, leaked: LongTermKey
) -> None:
    secrets = sandbox.environment(ACCOUNT)
    done = act_on_itself.run(secrets=secrets, event=push(), fail_on="none")
    assert done.returncode == 0, done.stdout
    assert status(sandbox, leaked) == "Inactive"


def test_without_aws_credentials_it_still_scans_and_says_unverified(
    act_on_itself: Act, sandbox: Sandbox, github: GitHubServer, leaked: LongTermKey
) -> None:
    github.add_repository(REPOSITORY, visibility="public")
    done = act_on_itself.run(secrets={}, event=push("public"))
    assert done.returncode == 1, done.stderr
    assert "result=findings live=0 responded=0 unverified=1" in done.stdout
    assert "there are no AWS credentials" in done.stdout
    assert sandbox.calls() == ()
    assert sandbox.bedrock.log.calls() == ()
    (issue,) = github.issues(REPOSITORY)
    # Everybody may read all of this, and the key may work.
    assert LEAK not in issue["body"]
    assert LEAK not in done.stdout
    assert status(sandbox, leaked) == "Active"


def test_a_pull_request_from_a_fork_changes_nothing(
    act_on_itself: Act, sandbox: Sandbox, github: GitHubServer, leaked: LongTermKey
) -> None:
    done = act_on_itself.run(
        secrets=sandbox.environment(ACCOUNT),
        event=pull_request("stranger/app"),
        event_name="pull_request",
    )
    assert done.returncode == 1, done.stderr
    assert "comes from a fork" in done.stdout
    assert sandbox.writes() == ()
    assert status(sandbox, leaked) == "Active"
    assert github.issues(REPOSITORY) == []


def test_another_repository_uses_it_by_name(
    act: Act, sandbox: Sandbox, github: GitHubServer, leaked: LongTermKey
) -> None:
    done = act.run("consumer.yml", secrets=sandbox.environment(ACCOUNT), event=push())
    assert done.returncode == 1, done.stderr
    assert "result=findings live=1 responded=1 unverified=0" in done.stdout
    assert status(sandbox, leaked) == "Inactive"
    assert len(github.issues(REPOSITORY)) == 1


@pytest.fixture
def direct(workspace: Path, ready: Job, sandbox: Sandbox, github: GitHubServer) -> Iterator[Host]:
    """Give a runner for the Action's own steps, of which the first has made its environment."""
    yield Host(workspace, workspace.parent / "host", github, sandbox.environment(ACCOUNT))
    assert sorted(path.name for path in ready.temp.iterdir()) == ["venv"]


def test_the_steps_themselves_do_the_same_under_bash(
    direct: Host, ready: Job, sandbox: Sandbox, github: GitHubServer, leaked: LongTermKey
) -> None:
    job = direct.job(python=[str(ready.temp / "venv" / "bin" / "python")])
    done = job.run()
    assert (done.returncode, done.stderr) == (1, b"")
    assert status(sandbox, leaked) == "Inactive"
    (issue,) = github.issues(REPOSITORY)
    assert job.outputs == {
        "result": "findings",
        "findings": "1",
        "live": "1",
        "responded": "1",
        "unverified": "0",
        "report-file": str(job.temp / "report.json"),
        "issue-urls": json.dumps([issue["html_url"]]),
    }
    assert verdicts(job.report) == ["live"]
    assert "dead now" in job.summary


def test_the_action_installs_into_its_own_environment_alone(ready: Job, published: Path) -> None:
    installed(ready, published)


def installed(job: Job, published: Path) -> None:
    """Check that the job's environment has the guard as published, and boto3 as its own."""
    python = job.temp / "venv" / "bin" / "python"
    asked = "import bedrock_key_guard, boto3; print(bedrock_key_guard.__file__, boto3.__file__)"
    done = subprocess.run([python, "-Ic", asked], capture_output=True, text=True, check=True)
    ours, theirs = done.stdout.split()
    assert Path(ours) == published / "src" / "bedrock_key_guard" / "__init__.py"
    assert job.temp in Path(theirs).parents


def test_what_a_job_has_set_for_its_own_python_is_not_for_the_guards(
    ready: Job, published: Path, tmp_path: Path
) -> None:
    constraint, tree = tmp_path / "constraint.txt", tmp_path / "tree"
    constraint.write_text("boto3==1.0\n", encoding="utf-8")
    tree.mkdir()
    for name in ("pip.py", "sitecustomize.py"):
        (tree / name).write_text(f"open({str(tree / 'mark')!r}, 'w')\n", encoding="utf-8")
    settings = {
        "PIP_CONSTRAINT": str(constraint),
        "PIP_DRY_RUN": "1",
        "PIP_PREFIX": str(tmp_path / "prefix"),
        "PIP_PYTHON": str(tree / "python"),
        "PIP_ROOT": str(tmp_path / "root"),
        "PIP_TARGET": str(tmp_path / "target"),
        "PIP_USER": "1",
        "PYTHONHOME": str(tree),
        "PYTHONPATH": str(tree),
        "PYTHONPLATLIBDIR": "nowhere",
        "PYTHONWARNINGS": "error",
        "RUNNER_TEMP": str(tmp_path),
    }
    job = Job(tree, tmp_path, ready.environment | settings, "", ())
    done = job.install()
    assert done.returncode == 0, done.stderr
    installed(job, published)
    assert not (tree / "mark").exists()


def test_packages_that_pip_puts_elsewhere_are_missed_at_once(ready: Job, tmp_path: Path) -> None:
    configuration = tmp_path / "pip.conf"
    configuration.write_text(f"[install]\ntarget = {tmp_path / 'target'}\n", encoding="utf-8")
    settings = {"PIP_CONFIG_FILE": str(configuration), "RUNNER_TEMP": str(tmp_path)}
    stopped(Job(tmp_path, tmp_path, ready.environment | settings, "", ()), "Take prefix, root and")


def test_without_an_index_to_reach_the_first_step_says_so(ready: Job, tmp_path: Path) -> None:
    settings = {"PIP_FIND_LINKS": str(tmp_path), "RUNNER_TEMP": str(tmp_path)}
    stopped(Job(tmp_path, tmp_path, ready.environment | settings, "", ()), "a package index")


def test_a_python_without_venv_says_what_to_do(ready: Job, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    python = tools / "python3"
    half = f'{sys.executable} -Im venv --without-pip "$4"; exit 1'
    python.write_text(f'#!/bin/bash\n[ "$3" != venv ] || {{ {half}; }}\n', encoding="utf-8")
    python.chmod(0o755)
    settings = {**in_temp(tmp_path), "PATH": f"{tools}:{os.environ['PATH']}"}
    stopped(
        Job(workspace_in(tmp_path), tmp_path, ready.environment | settings, "", ()), "cannot make"
    )


# ── what an earlier step has left ───────────────────────────────────────────────────────────────


def workspace_in(folder: Path) -> Path:
    """Return an empty workspace: what lies beside it is not the job's."""
    workspace = folder / "workspace"
    workspace.mkdir()
    return workspace


def in_temp(folder: Path) -> dict[str, str]:
    """Return the setting by which a job's RUNNER_TEMP is an empty folder below this one."""
    (folder / "runner").mkdir()
    return {"RUNNER_TEMP": str(folder / "runner")}


@pytest.fixture
def quick(ready: Job, tmp_path: Path) -> Job:
    """Give a job whose Python hands out the environment that was made before."""
    tools = ready_python(tmp_path / "tools", ready.temp / "venv")
    settings = {**in_temp(tmp_path), "PATH": f"{tools}:{os.environ['PATH']}"}
    return Job(workspace_in(tmp_path), tmp_path, ready.environment | settings, "", ())


def test_an_environment_that_is_already_there_is_not_used(quick: Job, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    planted = Path(quick.environment["RUNNER_TEMP"], "bedrock-key-guard", "venv", "bin")
    pose_as(["python", "python3"], planted, mark, "exit 0")
    done = quick.install()
    assert done.returncode == 0, done.stderr
    assert quick.temp.parent == Path(quick.environment["RUNNER_TEMP"])
    quick.run()
    assert not mark.exists(), mark.read_text("utf-8")


def test_each_use_in_a_job_has_a_folder_that_only_it_knows(quick: Job) -> None:
    folders = []
    for _ in range(2):
        assert quick.install().returncode == 0
        folders.append(quick.temp)
        assert quick.temp.stat().st_mode & 0o777 == 0o700
    assert folders[0] != folders[1]
    assert set(folders) == set(Path(quick.environment["RUNNER_TEMP"]).iterdir())


@pytest.mark.parametrize(
    "way", ["{workspace}/bin", "{workspace}/../workspace/bin", "bin", "{aside}/to-bin", ":"]
)
def test_the_first_step_runs_no_program_of_the_workspace(
    way: str, quick: Job, tmp_path: Path
) -> None:
    mark, aside = tmp_path / "mark", tmp_path / "aside"
    aside.mkdir()
    for folder in (quick.workspace, quick.workspace / "bin"):
        pose_as(PROGRAMS, folder, mark)
    (aside / "to-bin").symlink_to(quick.workspace / "bin")
    entry = way.format(workspace=quick.workspace, aside=aside)
    quick.environment["PATH"] = f"{entry}:{quick.environment['PATH']}"
    quick.environment["GITHUB_WORKSPACE"] = str(quick.workspace)
    done = quick.install()
    assert not mark.exists(), mark.read_text("utf-8")
    assert done.returncode == 0, done.stderr


def test_where_only_the_workspace_has_a_python_the_first_step_says_so(
    quick: Job, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    entry = pose_as(PROGRAMS, quick.workspace / "bin", mark)
    settings = {"PATH": f".:{entry}", "GITHUB_WORKSPACE": str(quick.workspace)}
    quick.environment.update(settings)
    stopped(quick, "no Python outside the workspace")
    assert not mark.exists(), mark.read_text("utf-8")


def stopped(job: Job, words: str) -> None:
    """Check that the first step fails as a configuration that is wrong, and says what to do."""
    done = job.install()
    assert done.returncode == 2, done.stderr
    told = done.stdout.decode().splitlines()[-1]
    assert told.startswith("::error title=Bedrock Key Guard::")
    assert words in told


@pytest.mark.parametrize("version", ["(3, 9)", None], ids=["too old", "missing"])
def test_without_a_fit_python_the_first_step_says_what_to_do(
    ready: Job, tmp_path: Path, version: str | None
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "bash").symlink_to(shutil.which("bash") or "")
    if version:
        python = tools / "python3"
        code = f"import sys; sys.version_info = {version}; exec(sys.argv.pop(1))"
        python.write_text(f'#!{tools}/bash\nexec {sys.executable} -Ic {code!r} "$3"\n')
        python.chmod(0o755)
    settings = ready.environment | {"PATH": str(tools), "RUNNER_TEMP": str(tmp_path)}
    words = "Python 3.10 or newer is needed" if version else "There is no Python"
    stopped(Job(workspace_in(tmp_path), tmp_path, settings, "", ()), words)
