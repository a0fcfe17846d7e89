"""Scan a tree in which everything that could be run, imported or obeyed is a trap."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from tests import keysmith
from tests.doors import Places, git, places_in_json
from tests.hostile import lay_traps
from tests.jobs import ACCOUNT, REPOSITORY, ROOT, Done, Host, guard, said, verdicts
from tests.traps import Ear

WHEELHOUSE = ROOT / "build" / "wheelhouse"
LEAK = "src/settings.py"

Door = Callable[[str], Done]

MODULES = (
    "argparse.py",
    "bedrock_key_guard.pth",
    "bedrock_key_guard/__main__.py",
    "bedrock_key_guard/action/step.py",
    "bedrock_key_guard/cli/main.py",
    "boto3/__init__.py",
    "botocore/__init__.py",
    "certifi/__init__.py",
    "encodings/__init__.py",
    "ensurepip/__init__.py",
    "os.py",
    "requests/__init__.py",
    "setup.py",
    "site.py",
    "subprocess.py",
    "sysconfig.py",
    "urllib3/__init__.py",
    "venv/__init__.py",
)
HOOKS = (
    "fsmonitor-watchman",
    "post-checkout",
    "post-index-change",
    "pre-auto-gc",
    "pre-commit",
    "reference-transaction",
)
# Git reads each of these of its own accord, beside the configuration itself.
INCLUDED = """\
[core]
    fsmonitor = {trap}
    alternateRefsCommand = {trap}
    gitProxy = {trap}
[alias]
    ls-files = !{trap}
    cat-file = !{trap}
[protocol "ext"]
    allow = always
[remote "origin"]
    url = "ext::{trap} %S"
    promisor = true
    partialclonefilter = blob:none
[submodule "x"]
    update = !{trap}
"""
PIP = """\
[global]
index-url = http://127.0.0.1:{port}/simple
trusted-host = 127.0.0.1
target = {tree}
"""


@pytest.fixture
def mark(tree: Path, tmp_path: Path, leaked: LongTermKey, ear: Ear) -> Path:
    """Fill the tree with traps; return the file in which each of them leaves a mark."""
    mark = tmp_path / "mark"
    git("init", cwd=tree)
    (tree / "src").mkdir()
    (tree / LEAK).write_text(f"import os\n\nKEY = {leaked.key!r}\n", encoding="utf-8")
    git("add", "--all", cwd=tree)
    lay_traps(tree, mark)
    trap = tree / "trap.sh"
    for name in MODULES:
        code = f"import builtins; builtins.open({str(mark)!r}, 'a').write({name!r})\n"
        _write(tree / name, code)
    for folder in (tree / ".git" / "hooks", tree / "bin"):
        for name in (*HOOKS, "git", "python", "python3"):
            _write(folder / name, trap.read_text("utf-8"))
            (folder / name).chmod(0o755)
    _write(tree / "included", INCLUDED.format(trap=trap))
    git("config", "include.path", str(tree / "included"), cwd=tree)
    _write(tree / ".git" / "info" / "attributes", "* filter=trap diff=trap\n")
    pip = PIP.format(port=ear.port, tree=tree)
    for name in ("pip.conf", "pip.ini", ".pip/pip.conf", ".config/pip/pip.conf", "setup.cfg"):
        _write(tree / name, pip)
    _write(tree / ".aws" / "config", f"[default]\ncredential_process = {trap}\n")
    _write(tree / "pyvenv.cfg", f"home = {tree / 'bin'}\n")
    return mark


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def place_of(key: LongTermKey) -> Places:
    fingerprint = keysmith.fingerprint_of(key.key)
    return frozenset({(LEAK, 3, 8, fingerprint[:12])})


def test_the_traps_catch_whoever_is_careless(mark: Path, tree: Path, home: Path) -> None:
    def marks(*command: str) -> str:
        subprocess.run(command, cwd=tree, capture_output=True, check=False)
        text = mark.read_text("utf-8") if mark.exists() else ""
        mark.unlink(missing_ok=True)
        return text

    assert "base64.py" in marks(sys.executable, "-c", "import base64")
    assert "requests" in marks(sys.executable, "-c", "import requests")
    assert "bedrock_key_guard" in marks(sys.executable, "-m", "bedrock_key_guard", "scan")
    assert marks(sys.executable, "-m", "pip", "list")
    assert "trap.sh" in marks("git", "status")
    assert "trap.sh" in marks("git", "diff")
    assert "trap-hooks" in marks("git", "commit", "--allow-empty", "--message=x")


def module(*arguments: str, cwd: Path, env: Mapping[str, str]) -> Done:
    """Run the command isolated, with the tree first among what an unwary Python would import."""
    return guard(*arguments, cwd=cwd, env={**env, "PYTHONPATH": str(cwd)}, hurried=False)


def script(*arguments: str, cwd: Path, env: Mapping[str, str]) -> Done:
    """Run the command that pip installs."""
    command = Path(sys.executable).with_name("bedrock-key-guard")
    return subprocess.run([command, *arguments], cwd=cwd, env=env, capture_output=True, check=False)


@pytest.fixture(params=[module, script], ids=lambda door: door.__name__)
def door(request: pytest.FixtureRequest, tree: Path, credentials: dict[str, str]) -> Door:
    def run(command: str) -> Done:
        arguments = (*command.split(), "--format", "json")
        done: Done = request.param(*arguments, cwd=tree, env=credentials)
        return done

    return run


@pytest.mark.parametrize("command", ["scan", "scan .", "scan --staged"])
def test_scanning_runs_nothing_of_the_tree(
    door: Door, command: str, mark: Path, leaked: LongTermKey, ear: Ear
) -> None:
    finds_the_key(door(command), mark, leaked, verdict=None)
    assert not ear.heard


@pytest.mark.parametrize("command", ["verify .", "respond --yes ."])
def test_verifying_and_responding_run_nothing_of_the_tree(
    door: Door, command: str, mark: Path, leaked: LongTermKey, sandbox: Sandbox
) -> None:
    finds_the_key(door(command), mark, leaked, verdict="live")
    disabled = sandbox.credential_status(ACCOUNT, leaked.credential_id) == "Inactive"
    assert disabled == command.startswith("respond")


def finds_the_key(done: Done, mark: Path, leaked: LongTermKey, verdict: str | None) -> None:
    assert not mark.exists(), mark.read_text("utf-8")
    assert (done.returncode, said(done)) == (1, "")
    report = json.loads(done.stdout)
    assert report["complete"] is True
    assert places_in_json(done.stdout.decode()) == place_of(leaked)
    assert verdicts(report) == [verdict]


@pytest.mark.parametrize("source", ["--staged", "--history", "."])
def test_programs_of_the_tree_are_not_run_where_path_leads_into_it(
    source: str, mark: Path, tree: Path, home: Path
) -> None:
    env = {**os.environ, "PATH": f"bin:./bin::.:{tree / 'bin'}:{os.environ['PATH']}"}
    subprocess.run(["git", "version"], cwd=tree, env=env, capture_output=True, check=False)
    assert mark.exists(), "the trap is none"
    mark.unlink()
    done = guard("scan", source, cwd=tree, env=env, hurried=False)
    assert not mark.exists(), mark.read_text("utf-8")
    assert (done.returncode, said(done)) == (1, "")


def test_an_object_that_is_missing_is_not_fetched(
    mark: Path, tree: Path, home: Path, leaked: LongTermKey
) -> None:
    entry = git("ls-files", "--stage", LEAK, cwd=tree, env={**os.environ}).stdout.split()[1]
    mark.unlink(missing_ok=True)
    (tree / ".git" / "objects" / entry[:2] / entry[2:]).unlink()
    done = guard("scan", "--staged", "--format", "json", cwd=tree, env=os.environ)
    assert not mark.exists(), mark.read_text("utf-8")
    report = json.loads(done.stdout)
    assert (done.returncode, report["complete"], report["incidents"]) == (4, False, [])
    assert [each["what"] for each in report["not_scanned"]] == [LEAK]


def test_the_action_runs_nothing_of_the_tree(
    mark: Path, tree: Path, ear: Ear, host: Host, leaked: LongTermKey, sandbox: Sandbox
) -> None:
    assert WHEELHOUSE.is_dir(), "build/wheelhouse is missing: `make test` fills it first"
    settings = {
        "PATH": f"{tree / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PIP_FIND_LINKS": str(WHEELHOUSE),
        "PIP_NO_INDEX": "1",
        "PYTHONPATH": str(tree),
    }
    job = host.job(settings=settings, python=())
    done = job.run(scan="tree")
    assert not mark.exists(), mark.read_text("utf-8")
    assert not ear.heard
    assert (done.returncode, said(done)) == (1, "")
    assert places_in_json(json.dumps(job.report)) == place_of(leaked)
    assert verdicts(job.report) == ["live"]
    assert sandbox.credential_status(ACCOUNT, leaked.credential_id) == "Inactive"
    assert len(host.github.issues(REPOSITORY)) == 1
    objects = job.run(scan="history", verify="false", report_issue="never")
    assert not mark.exists(), mark.read_text("utf-8")
    assert (objects.returncode, said(objects)) == (1, "")
