"""Run the Action as published: through act, a real workflow runner, and through its own step."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pytest

from bedrock_key_guard.keys.key import fingerprint
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from sandbox.github.github_server import GitHubServer
from tests import keysmith
from tests.acting import ACT, Act
from tests.jobs import (
    ACCOUNT,
    BASH,
    HURRIED,
    REPOSITORY,
    Host,
    Job,
    pull_request,
    push,
    verdicts,
)
from tests.leaks import status
from tests.needles import leaks_in
from tests.providers import copy, pip_offline
from tests.traps import PROGRAMS, pose_as

PUBLISHED = ("action.yml", "requirements", "src")
LEAK = "config/settings.yaml"
HAS_ZSTD = sys.version_info >= (3, 14)
ZSTD = "compression.zstd" if HAS_ZSTD else "backports.zstd"
without_zstd = pytest.mark.skipif(HAS_ZSTD, reason="Python 3.14 has zstd")


@pytest.fixture(scope="module")
def offline(loopback_environment: None) -> dict[str, str]:
    return pip_offline()


@pytest.fixture(scope="module")
def published(loopback_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the Action's repository as it is here, and as GitHub would serve it."""
    folder = tmp_path_factory.mktemp("published")
    copy(PUBLISHED, folder)
    return folder


@pytest.fixture
def workspace(tree: Path, leaked: LongTermKey) -> Path:
    (tree / "config").mkdir()
    (tree / LEAK).write_text(f"env:\n  - TOKEN={leaked.key}\n", encoding="utf-8")
    return tree


@pytest.fixture
def act(
    workspace: Path,
    offline: dict[str, str],
    github: GitHubServer,
    published: Path,
    leaked: LongTermKey,
) -> Act:
    assert ACT.is_file(), f"{ACT} is missing: `make` installs it"
    proxies = {n: v for n, v in os.environ.items() if "PROXY" in n.upper()}
    settings = {**offline, **proxies, "AWS_EC2_METADATA_DISABLED": "true"}
    return Act(workspace, github, published, settings)


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


def test_the_step_itself_does_the_same_under_bash(
    workspace: Path, host: Host, sandbox: Sandbox, github: GitHubServer, leaked: LongTermKey
) -> None:
    job = host.job(python=HURRIED)
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
        "incidents": json.dumps([told_of(leaked, issue["html_url"])]),
        "report-file": str(job.file("report", "json")),
        "sarif-file": "",
        "ledger-file": str(job.file("ledger", "jsonl")),
        "issue-urls": json.dumps([issue["html_url"]]),
    }
    assert verdicts(job.report) == ["live"]
    assert "dead now" in job.summary


# ── what is installed, and when ─────────────────────────────────────────────────────────────────


@pytest.fixture
def bare(host: Host, published: Path, offline: dict[str, str]) -> Job:
    """Give a job whose Python has nothing installed, as on a runner."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    settings = {**offline, "GITHUB_ACTION_PATH": str(published), "PATH": path}
    return host.job(settings=settings, python=())


def test_a_clean_run_installs_nothing_and_asks_nobody(bare: Job, github: GitHubServer) -> None:
    part_of_a_key = keysmith.long_term()[:90]
    (bare.workspace / "README").write_text(part_of_a_key, encoding="utf-8")
    done = bare.run()
    assert (done.returncode, done.stderr, bare.outputs["result"]) == (0, b"", "clean")
    assert b"1 looks like part of a key" in done.stdout
    assert [path.name for path in bare.temp.iterdir()] == [bare.file("report", "json").name]
    assert github.exchanges == []


@pytest.mark.long
def test_what_a_job_has_set_for_its_own_python_is_not_for_the_guards(
    bare: Job, sandbox: Sandbox, leaked: LongTermKey, tmp_path: Path
) -> None:
    pack(bare, leaked.key.encode())
    constraint, aside = tmp_path / "constraint.txt", tmp_path / "aside"
    constraint.write_text("boto3==1.0\n", encoding="utf-8")
    aside.mkdir()
    for name in ("pip.py", "sitecustomize.py", "boto3.py"):
        (aside / name).write_text(f"open({str(aside / 'mark')!r}, 'w')\n", encoding="utf-8")
    settings = {
        "PIP_CONSTRAINT": str(constraint),
        "PIP_DRY_RUN": "1",
        "PIP_PREFIX": str(tmp_path / "prefix"),
        "PIP_PYTHON": str(aside / "python"),
        "PIP_ROOT": str(tmp_path / "root"),
        "PIP_TARGET": str(tmp_path / "target"),
        "PIP_USER": "1",
        "PYTHONHOME": str(aside),
        "PYTHONPATH": str(aside),
        "PYTHONPLATLIBDIR": "nowhere",
        "PYTHONWARNINGS": "error",
    }
    bare.environment.update(settings)
    done = bare.run()
    assert (done.returncode, done.stderr, verdicts(bare.report)) == (1, b"", ["live"])
    assert (bare.report["not_scanned"], bare.outputs["result"]) == ([], "findings")
    assert status(sandbox, leaked) == "Inactive"
    # A codec shows the key, and what judges a key is installed for it.
    assert ("backports" in installed(bare)) is not HAS_ZSTD
    assert "boto3" in installed(bare)
    assert not (aside / "mark").exists()


def pack(job: Job, text: bytes) -> None:
    """Put a text where it takes a codec to read it."""
    packed = importlib.import_module(ZSTD).compress(text)
    (job.workspace / "logs.zst").write_bytes(packed)


def installed(job: Job) -> set[str]:
    return {path.name for path in job.temp.glob("venv/lib/python*/site-packages/*")}


@pytest.mark.parametrize(
    ("configuration", "settings", "words"),
    [
        ("[install]\ntarget = {}/target\n", {}, "Take prefix, root and target out of"),
        ("", {"PIP_FIND_LINKS": os.devnull}, "a package index that the job can reach"),
    ],
)
def test_a_key_is_told_though_what_would_judge_it_cannot_be_installed(
    configuration: str,
    settings: Mapping[str, str],
    words: str,
    workspace: Path,
    bare: Job,
    tmp_path: Path,
) -> None:
    file = tmp_path / "pip.conf"
    file.write_text(configuration.format(tmp_path), encoding="utf-8")
    bare.environment.update({"PIP_CONFIG_FILE": str(file), **settings})
    done = bare.run(fail_on="live")
    assert (done.returncode, done.stderr, bare.outputs["result"]) == (4, b"", "findings")
    told = done.stdout.decode()
    assert "No key was verified: pip " in told
    assert "No issue was opened or changed: pip " in told
    assert words in told
    assert verdicts(bare.report) == [None]
    assert not bare.report["complete"]


@without_zstd
def test_what_wants_but_a_codec_is_read_once_that_is_installed(
    bare: Job, sandbox: Sandbox, leaked: LongTermKey
) -> None:
    pack(bare, b"nothing")
    done = bare.run()
    assert (done.stderr, verdicts(bare.report), bare.report["not_scanned"]) == (b"", [], [])
    assert bare.outputs["result"] == "clean"
    assert status(sandbox, leaked) == "Active"
    assert "backports" in installed(bare)
    assert "boto3" not in installed(bare)


@without_zstd
def test_what_no_codec_could_be_installed_for_is_named_with_what_it_takes(bare: Job) -> None:
    pack(bare, b"nothing")
    bare.environment["PIP_FIND_LINKS"] = os.devnull
    done = bare.run()
    assert (done.returncode, done.stderr, bare.outputs["result"]) == (4, b"", "incomplete")
    (gap, unopened) = sorted(bare.report["not_scanned"], key=lambda each: each["kind"])
    assert gap["reason"].startswith("Not everything was opened: pip could not install")
    assert (unopened["what"], unopened["kind"]) == ("logs.zst > zstd", "unopened")
    assert "the package backports.zstd" in unopened["reason"]


# ── which Python runs ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "way", ["{workspace}/bin", "{workspace}/../tree/bin", "bin", "{aside}/to-bin", ":"]
)
def test_the_step_runs_no_program_of_the_workspace(way: str, bare: Job, tmp_path: Path) -> None:
    mark, aside = tmp_path / "mark", tmp_path / "aside"
    aside.mkdir()
    for folder in (bare.workspace, bare.workspace / "bin"):
        pose_as(PROGRAMS, folder, mark)
    (aside / "to-bin").symlink_to(bare.workspace / "bin")
    entry = way.format(workspace=bare.workspace, aside=aside)
    bare.environment["PATH"] = f"{entry}:{bare.environment['PATH']}"
    done = bare.run()
    assert not mark.exists(), mark.read_text("utf-8")
    assert (done.returncode, done.stderr) == (0, b"")


def test_where_only_the_workspace_has_a_python_the_step_says_so(bare: Job, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    entry = pose_as(PROGRAMS, bare.workspace / "bin", mark)
    bare.environment["PATH"] = f".:{entry}"
    stopped(bare)
    assert not mark.exists(), mark.read_text("utf-8")


@pytest.mark.parametrize("version", ["(3, 9)", None], ids=["too old", "missing"])
def test_without_a_fit_python_the_step_says_what_to_do(
    bare: Job, tmp_path: Path, version: str | None
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    if version:
        old_python(tools / "python3", version)
    bare.environment["PATH"] = str(tools)
    stopped(bare)


def test_a_python_that_is_too_old_is_passed_over_for_the_next(bare: Job, tmp_path: Path) -> None:
    (bare.workspace / "README").touch()
    tools = tmp_path / "tools"
    tools.mkdir()
    old_python(tools / "python3", "(3, 9)")
    (tools / "python3.12").symlink_to(sys.executable)
    (tools / "git").symlink_to(shutil.which("git") or "")
    bare.environment["PATH"] = str(tools)
    done = bare.run()
    assert (done.returncode, done.stderr, bare.outputs["result"]) == (0, b"", "clean")


def old_python(path: Path, version: str) -> None:
    """Write a program that says that it is a Python of another version."""
    code = f"import sys; sys.version_info = {version}; exec(sys.argv.pop(1))"
    path.write_text(f'#!{BASH[0]}\nexec {sys.executable} -Ic {code!r} "$2"\n', encoding="utf-8")
    path.chmod(0o755)


def stopped(job: Job) -> None:
    """Check that the step fails as a configuration that is wrong, and says what to do."""
    done = job.run()
    assert done.returncode == 2, done.stderr
    told = done.stdout.decode().splitlines()[-1]
    assert told.startswith("::error title=Bedrock Key Guard::There is no Python 3.10 or newer")
    assert told.endswith("Add actions/setup-python before this step.")


# ── what the steps after it find ────────────────────────────────────────────────────────────────


@pytest.fixture
def leaking(workspace: Path, host: Host) -> Host:
    """Give a runner whose workspace holds a key."""
    assert host.workspace == workspace
    return host


def told_of(leaked: LongTermKey, issue: str) -> dict[str, str]:
    """Return what a step that tells a chat finds of a key that was made dead."""
    return {
        "fingerprint": fingerprint(leaked.key),
        "family": "bedrock-long-term",
        "verdict": "live",
        "alias": leaked.alias,
        "state": "stopped",
        "issue": issue,
    }


@pytest.mark.parametrize(
    ("visibility", "respond", "written"),
    [("private", "off", True), ("public", "off", False), ("public", "disable", True)],
)
def test_code_scanning_gets_sarif_unless_strangers_would_be_led_to_a_key(
    visibility: Literal["private", "public"],
    respond: str,
    written: bool,
    leaking: Host,
    github: GitHubServer,
) -> None:
    github.state.repositories[REPOSITORY].visibility = visibility
    job = leaking.job(event=push(visibility), python=HURRIED)
    assert job.run(respond=respond, sarif_file="true").returncode == 1
    assert bool(job.outputs["sarif-file"]) is written
    assert job.file("report", "sarif").exists() is written
    assert ("No SARIF file was written" in job.summary) is not written
    if written:
        (run,) = json.loads(Path(job.outputs["sarif-file"]).read_text("utf-8"))["runs"]
        (location,) = run["results"][0]["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == LEAK


def test_what_is_incomplete_fails_no_step_that_only_wants_to_be_told(host: Host) -> None:
    job = host.job(python=HURRIED)
    (job.workspace / "old.7z").write_bytes(b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(24))
    codes = [job.run(fail_on_incomplete=each).returncode for each in ("true", "false")]
    assert (codes, job.outputs["result"]) == ([4, 0], "incomplete")
