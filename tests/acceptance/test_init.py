"""Set up repositories of real shape, as their owners would, and look at what they are then."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from bedrock_key_guard.cli.main import main
from sandbox.front.sandbox import Sandbox
from sandbox.github.github_server import GitHubServer
from tests.jobs import ACCOUNT, REPOSITORY
from tests.unit.scan.repositories import Repo, new_repo

BIN = Path(sys.executable).parent
Captured = pytest.CaptureFixture[str]
EXISTING = """\
# What runs before a commit here. Ask #platform before you change it.
default_language_version: {python: python3.12}  # the oldest that we deploy
exclude: ^vendor/   # theirs

repos:
  # Formatting first, so that the linters see what is committed.
  - repo: https://github.com/acme/formatter
    rev: 25.1.0   # pinned
    hooks:
      - id: format
        args: ["--line-length", '100']

  - repo: local
    hooks:
      - id: types   # slow
        name: types
        entry: mypy
        language: system

# Updated by a bot.
ci: {autoupdate_schedule: monthly}
"""
OURS = """\
  - repo: https://github.com/OWNER/bedrock-key-guard
    rev: v0.1.0
    hooks:
      - id: bedrock-key-guard
      - id: bedrock-key-guard-commit-msg
      - id: bedrock-key-guard-push
"""
DEPLOY = """\
name: Deploy
on: {push: {branches: [trunk]}}
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: arn:aws:iam::123456789012:role/deploy
          aws-region: eu-central-1
      - run: make deploy
"""


def repository(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> Repo:
    """Make a repository of acme/app and go there."""
    repo = new_repo(folder)
    repo.git("remote", "add", "origin", f"git@github.com:{REPOSITORY}.git")
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    monkeypatch.chdir(folder)
    return repo


def state(folder: Path) -> dict[str, bytes]:
    """Return all that is in a folder, Git's hooks and configuration among it."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def again(tree: Path, capsys: Captured) -> str:
    """Run it once more, see that nothing changes, and return what it says."""
    before = state(tree)
    capsys.readouterr()
    assert main(["init", "--yes"]) == 0
    assert state(tree) == before
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("There is nothing to write.\n")
    return err


def test_an_empty_repository_gets_native_hooks_and_a_workflow(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    repository(tree, monkeypatch)
    before = state(tree)
    assert main(["init", "--dry-run"]) == 0
    assert state(tree) == before
    shown = capsys.readouterr()
    assert shown.out.startswith("--- /dev/null\n+++ b/.github/workflows/bedrock-key-guard.yml\n")
    assert "Git's own hooks would be installed" in shown.err
    assert "No AWS account was found" in shown.err

    assert main(["init", "--yes"]) == 0
    assert capsys.readouterr().out == shown.out
    assert (tree / ".git" / "hooks" / "pre-push").exists()
    assert not (tree / ".pre-commit-config.yaml").exists()
    workflow = tree / ".github" / "workflows" / "bedrock-key-guard.yml"
    assert 'verify: "false"' in workflow.read_text()
    if os.name == "posix":
        assert workflow.stat().st_mode & 0o777 == 0o644
    again(tree, capsys)


def test_a_configuration_with_comments_keeps_them_all(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    repo = repository(tree, monkeypatch, **{".pre-commit-config.yaml": EXISTING})
    (tree / "src").mkdir()
    monkeypatch.chdir(tree / "src")
    assert main(["init", "--yes"]) == 0
    path = tree / ".pre-commit-config.yaml"
    assert path.read_text() == EXISTING.replace(
        "language: system\n", f"language: system\n\n{OURS}"
    ) + ("default_install_hook_types: [pre-commit, commit-msg, pre-push]\n")
    subprocess.run([BIN / "pre-commit", "validate-config", path], check=True)
    assert "\n+  - repo: https://github.com/OWNER/bedrock-key-guard\n" in capsys.readouterr().out
    assert not (tree / ".git" / "bedrock-key-guard").exists()
    assert again(tree, capsys).count(" stays as it is: ") == 2
    assert repo.git("status", "--short").split() == ["??", ".github/", "??", path.name]


def test_a_monorepo_with_workflows_gives_its_account_and_its_branch(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    files = {
        ".github__workflows__deploy.yml": DEPLOY,
        ".github__workflows__guard.yml": "on: push\njobs: {}\n",
        "services__shop__.pre-commit-config.yaml": "repos: []\n",
        "web__package.json": "{}\n",
    }
    repo = repository(tree, monkeypatch, **files)
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    before = state(tree)
    assert main(["init", "--yes", "--hooks", "pre-commit"]) == 0
    after = state(tree)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {
        ".pre-commit-config.yaml",
        ".github/workflows/bedrock-key-guard-job.yml",
        ".github/workflows/bedrock-key-guard.yml",
    }
    said = capsys.readouterr().err
    assert "account 123456789012, as .github/workflows/deploy.yml says\n" in said
    assert "region eu-central-1, as .github/workflows/deploy.yml says\n" in said
    assert "default branch trunk, as its origin says\n" in said
    assert " --region eu-central-1 " in said
    assert "GitHubRef=refs/heads/trunk GitHubWorkflow=bedrock-key-guard-job.yml\n" in said
    caller = after[".github/workflows/bedrock-key-guard.yml"]
    called = b"uses: acme/app/.github/workflows/bedrock-key-guard-job.yml@trunk "
    assert called in caller
    again(tree, capsys)


def test_aws_and_github_are_asked_for_what_no_file_says(
    tree: Path,
    sandbox: Sandbox,
    github: GitHubServer,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    repository(tree, monkeypatch)
    release = new_repo(home / "OWNER" / "bedrock-key-guard")
    release.git("commit", "--quiet", "--allow-empty", "-m", "A release")
    release.git("tag", "-a", "v0.1.0", "-m", "v0.1.0")
    commit = release.git("rev-parse", "HEAD").strip()
    with (home / ".gitconfig").open("a") as config:
        config.write(f'[url "{home.as_posix()}/"]\n    insteadOf = https://github.com/\n')
    provider = sandbox.client("iam", ACCOUNT).create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"]
    )["OpenIDConnectProviderArn"]
    for name, value in sandbox.environment(ACCOUNT).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_API_URL", github.api_url)
    monkeypatch.setenv("GH_TOKEN", github.add_actions_token(REPOSITORY))
    assert main(["init", "--yes", "--hooks", "none"]) == 0
    out, err = capsys.readouterr()
    assert f"account {ACCOUNT}, as the AWS credentials say\n" in err
    assert f"+      - uses: OWNER/bedrock-key-guard@{commit} # v0.1.0\n" in out
    assert f"GitHubProviderArn={provider}\n" in err
    assert "OWNER-ID" not in err
    assert "gh api" not in err
    files = (tree / ".github" / "workflows").iterdir()
    schema = ("--builtin-schema", "vendor.github-workflows")
    subprocess.run([BIN / "check-jsonschema", *schema, *files], check=True)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        (".pre-commit-config.yaml", "repos:\n\t- repo: local\n", "no YAML that can be read"),
        (".pre-commit-config.yaml", "{repos: []}\n", "cannot be added to"),
        (".github__workflows__bedrock-key-guard.yml", "on: push\n", "does something else"),
    ],
)
def test_what_is_not_understood_is_never_touched(
    name: str, text: str, why: str, tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    repository(tree, monkeypatch, **{name: text})
    path = tree / name.replace("__", "/")
    assert main(["init", "--yes"]) == 4
    err = capsys.readouterr().err
    assert why in err
    assert "Add to it by hand:\n\n  " in err
    assert path.read_text() == text


def test_what_the_repository_configures_is_not_run(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = repository(tree, monkeypatch)
    ran = tmp_path / "ran"
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{ran}'\n", encoding="utf-8")
    trap.chmod(0o755)
    repo.git("config", "protocol.ext.allow", "always")
    repo.git("config", f"url.ext::{trap} %S .insteadOf", "https://github.com/")
    with suppress(subprocess.CalledProcessError):
        repo.git("ls-remote", "https://github.com/a/b")
    assert ran.exists(), "the trap works"
    ran.unlink()
    main(["init", "--dry-run", "--account", "111122223333"])
    assert not ran.exists()


@pytest.mark.parametrize("linked", [".pre-commit-config.yaml", ".github/workflows"])
def test_nothing_is_written_beyond_a_link(
    linked: str, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    repository(tree, monkeypatch)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("repos: []\n")
    (tree / linked).parent.mkdir(exist_ok=True)
    to = elsewhere if linked.endswith("workflows") else elsewhere / "file"
    (tree / linked).symlink_to(to)
    assert main(["init", "--yes", "--hooks", "pre-commit"]) == 4
    assert state(elsewhere) == {"file": b"repos: []\n"}
    assert (tree / linked).is_symlink()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["init"], 2, "no terminal to ask on"),
        (["init", "--yes", "--repository", "acme"], 2, "no repository of GitHub"),
        (["init", "--yes", "--account", "12"], 2, "no id of an AWS account"),
    ],
)
def test_a_command_that_says_nothing_usable_writes_nothing(
    words: list[str],
    code: int,
    said: str,
    tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    repository(tree, monkeypatch)
    before = state(tree)
    assert main(words) == code
    assert said in capsys.readouterr().err
    assert state(tree) == before


def test_outside_of_a_repository_there_is_nothing_to_set_up(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tree)
    assert main(["init", "--yes"]) == 2
    assert "not in a Git repository" in capsys.readouterr().err
