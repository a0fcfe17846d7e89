from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.doors import git
from tests.keysmith import fingerprint_of, long_term

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.doors import Done

PROJECT = Path(__file__).parents[2]
WHEELHOUSE = PROJECT / "build" / "wheelhouse"
SHIPPED = (".pre-commit-hooks.yaml", "LICENSE", "README.md", "pyproject.toml", "setup.py", "src")
KEY = long_term()
LINE = f"AWS_BEARER_TOKEN_BEDROCK={KEY}\n"
TAG = "v0.0.0"
BOTH = ("bedrock-key-guard", "bedrock-key-guard-detect-secrets")


@pytest.fixture(scope="module")
def offline(loopback_environment: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give pre-commit a home of its own, and pip the wheels that set-up has fetched."""
    assert WHEELHOUSE.is_dir(), "`make test` fills build/wheelhouse first"
    home = tmp_path_factory.mktemp("pre-commit-home")
    return {
        **os.environ,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": str(WHEELHOUSE),
        "PIP_NO_INDEX": "1",
        "PRE_COMMIT_HOME": str(home),
    }


@pytest.fixture(scope="module")
def provider(offline: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish the project as it is here, and return where."""
    folder = tmp_path_factory.mktemp("provider")
    for name in SHIPPED:
        if (PROJECT / name).is_dir():
            unshipped = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(PROJECT / name, folder / name, ignore=unshipped)
        else:
            shutil.copy(PROJECT / name, folder / name)
    git("init", cwd=folder, env=offline)
    git("add", "--all", cwd=folder, env=offline)
    git("commit", "-m", "publish", cwd=folder, env=offline)
    # A commit's name would look like a secret to detect-secrets.
    git("tag", TAG, cwd=folder, env=offline)
    return folder


@pytest.fixture
def repository(tmp_path: Path, offline: dict[str, str], provider: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git("init", cwd=folder)
    configure(folder, provider, *({"id": hook} for hook in BOTH))
    done = pre_commit("install", "--install-hooks", cwd=folder, env=offline)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def configure(repository: Path, provider: Path, *hooks: Mapping[str, object]) -> None:
    repos = [{"repo": str(provider), "rev": TAG, "hooks": list(hooks)}]
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": repos}))


def pre_commit(*arguments: str, cwd: Path, env: dict[str, str]) -> Done:
    # Isolated, because pre-commit's own imports are not what is tested here.
    return subprocess.run(
        [sys.executable, "-I", "-m", "pre_commit", *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def commit(repository: Path, env: dict[str, str]) -> Done:
    git("add", "--all", cwd=repository)
    return git("commit", "-m", "a change", cwd=repository, env=env)


def test_a_commit_with_a_key_is_blocked_and_one_without_passes(
    repository: Path, offline: dict[str, str]
) -> None:
    (repository / "app.env").write_text(LINE)
    blocked = commit(repository, offline)
    said = blocked.stdout + blocked.stderr
    assert blocked.returncode == 1
    assert said.count("app.env:1:26") == len(BOTH)
    assert said.count(f"fingerprint {fingerprint_of(KEY)[:12]}") == len(BOTH)
    assert KEY[40:60] not in said
    (repository / "app.env").write_text("REGION=us-east-1\n")
    passed = commit(repository, offline)
    assert passed.returncode == 0, passed.stdout + passed.stderr


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("program.bin", b"\x7fELF\0\xff" + KEY.encode() + b"\0"),
        ("u16.txt", LINE.encode("utf-16")),
        ("--staged", LINE.encode()),
        ("a b'c\".env", LINE.encode()),
    ],
    ids=["binary", "utf-16", "named like an option", "with spaces and quotes"],
)
def test_files_of_every_kind_and_name_are_passed_to_the_hook(
    repository: Path, offline: dict[str, str], name: str, data: bytes
) -> None:
    (repository / name).write_bytes(data)
    git("add", "--all", cwd=repository)
    done = pre_commit("run", "bedrock-key-guard", cwd=repository, env=offline)
    assert done.returncode == 1
    assert f"{name}:1:" in done.stdout


def test_a_file_named_like_a_command_of_detect_secrets_is_a_file(
    repository: Path, offline: dict[str, str]
) -> None:
    (repository / "scan").write_text(LINE)
    git("add", "scan", cwd=repository)
    run = ("run", "bedrock-key-guard-detect-secrets", "--files", "scan")
    done = pre_commit(*run, cwd=repository, env=offline)
    assert done.returncode == 1
    assert "scan:1:26" in done.stdout


def test_what_a_symbolic_link_says_is_scanned(repository: Path, offline: dict[str, str]) -> None:
    (repository / "link").symlink_to(KEY)
    blocked = commit(repository, offline)
    assert blocked.returncode == 1
    assert "link:1:1" in blocked.stdout + blocked.stderr


def test_all_files_are_scanned_on_request(repository: Path, offline: dict[str, str]) -> None:
    (repository / "app.env").write_text(LINE)
    git("add", "--all", cwd=repository)
    git("commit", "--no-verify", "-m", "past the hook", cwd=repository)
    for stage in ("pre-commit", "manual"):
        options = ("--all-files", "--hook-stage", stage)
        done = pre_commit("run", *options, cwd=repository, env=offline)
        assert done.stdout.count("app.env:1:26") == len(BOTH)


def test_the_hooks_stay_out_of_other_stages(repository: Path, offline: dict[str, str]) -> None:
    (repository / "app.env").write_text(LINE)
    git("add", "--all", cwd=repository)
    options = ("--all-files", "--hook-stage", "pre-push")
    done = pre_commit("run", *options, cwd=repository, env=offline)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_plain_hook_installs_nothing_but_the_guard(
    repository: Path, offline: dict[str, str]
) -> None:
    installed = sorted(
        {
            path.name.split("-")[0]
            for path in Path(offline["PRE_COMMIT_HOME"]).glob(
                "repo*/py_env-*/lib/python*/site-packages/*.dist-info"
            )
            if not (path.parent / "detect_secrets").exists()
        }
    )
    assert [name for name in installed if name not in ("pip", "setuptools", "wheel")] == [
        "bedrock_key_guard"
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"plugins_used": [{"name": "Trap", "path": "file://trap.py"}]},
        {"filters_used": [{"path": "file://trap.py::excluded"}]},
        {"filters_used": [{"path": "trap.excluded"}]},
    ],
    ids=str,
)
def test_code_that_a_baseline_of_the_tree_names_is_not_run(
    repository: Path, provider: Path, offline: dict[str, str], changes: dict[str, object]
) -> None:
    baseline = {"version": "1.5.0", "plugins_used": [], "filters_used": [], "results": {}}
    (repository / ".secrets.baseline").write_text(json.dumps(baseline | changes))
    (repository / "trap.py").write_text("open('mark', 'w')\ndef excluded(line): return True\n")
    (repository / "app.env").write_text(LINE)
    configure(repository, provider, {"id": BOTH[1], "args": ["--baseline", ".secrets.baseline"]})
    blocked = commit(repository, offline)
    assert blocked.returncode == 1
    assert "code that would be run" in blocked.stdout + blocked.stderr
    assert not (repository / "mark").exists()


def test_a_hostile_module_in_the_tree_is_not_imported(
    repository: Path, offline: dict[str, str], tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    for name in ("base64.py", "json.py", "sitecustomize.py", "bedrock_key_guard.py", "pip.py"):
        (repository / name).write_text(f"open({str(mark)!r}, 'w')\n")
    (repository / "app.env").write_text(LINE)
    git("add", "--all", cwd=repository)
    env = {**offline, "PYTHONPATH": str(repository)}
    done = pre_commit("run", cwd=repository, env=env)
    assert done.returncode == 1
    assert done.stdout.count("app.env:1:26") == len(BOTH)
    assert not mark.exists()
