"""Go through pre-commit and prek: messages and pushes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.doors import Done, git
from tests.keysmith import fingerprint_of, long_term
from tests.providers import configure, offline_environment, publish

KEY = long_term("alice", n=1)
LINE = f"AWS_BEARER_TOKEN_BEDROCK={KEY}\n"
TOLD = f"fingerprint {fingerprint_of(KEY)[:12]}"
MANAGERS = {
    # Isolated, because pre-commit's own imports are not what is tested here.
    "pre-commit": [sys.executable, "-I", "-m", "pre_commit"],
    "prek": [str(Path(sys.executable).with_name("prek"))],
}
STAGES = ("pre-commit", "commit-msg", "pre-push")
IDS = ("bedrock-key-guard", "bedrock-key-guard-commit-msg", "bedrock-key-guard-push")


@dataclass(frozen=True, slots=True)
class Clone:
    """A repository whose hooks a manager runs, with a remote that has its first commit."""

    path: Path
    env: dict[str, str]
    manager: list[str]
    provider: Path

    def git(self, *words: str) -> Done:
        return git(*words, cwd=self.path, env=self.env)

    def manage(self, *words: str) -> Done:
        return subprocess.run(
            [*self.manager, *words],
            cwd=self.path,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )

    def commit(self, name: str, text: str | None) -> None:
        """Commit a file, or that it is gone, past every hook."""
        if text is None:
            (self.path / name).unlink()
        else:
            (self.path / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--no-verify", "--message", "a change")


@pytest.fixture(scope="module")
def offline(loopback_environment: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    env = offline_environment(tmp_path_factory.mktemp("managers-home"))
    return {**env, "PATH": f"{Path(sys.executable).parent}:{env['PATH']}"}  # prek looks for uv


@pytest.fixture(scope="module")
def provider(offline: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("provider")
    publish(folder, offline)
    return folder


@pytest.fixture(params=MANAGERS)
def clone(
    request: pytest.FixtureRequest, tmp_path: Path, offline: dict[str, str], provider: Path
) -> Clone:
    folder = tmp_path / "repository"
    git("init", "--bare", "server.git", cwd=tmp_path)
    git("clone", "server.git", str(folder), cwd=tmp_path)
    clone = Clone(folder, offline, MANAGERS[request.param], provider)
    configure(folder, provider, *({"id": each} for each in IDS))
    types = [word for stage in STAGES for word in ("--hook-type", stage)]
    done = clone.manage("install", "--install-hooks", *types)
    assert done.returncode == 0, done.stdout + done.stderr
    return clone


def said(done: Done) -> str:
    return done.stdout + done.stderr


def test_messages_and_all_that_a_push_brings_are_read(clone: Clone) -> None:
    clone.git("add", "--all")
    stopped = clone.git("commit", "--message", f"see {KEY}")
    assert (stopped.returncode, TOLD in said(stopped)) == (1, True)
    passed = clone.git("commit", "--message", "begin")
    assert passed.returncode == 0, said(passed)

    # A root commit: pre-commit tells its hooks no range.
    passed = clone.git("push", "origin", "main")
    assert passed.returncode == 0, said(passed)
    clone.git("checkout", "--quiet", "--orphan", "other")
    clone.commit("app.env", LINE)
    stopped = clone.git("push", "origin", "other")
    assert (stopped.returncode, TOLD in said(stopped)) == (1, True)
    clone.git("checkout", "--quiet", "main")
    clone.git("branch", "--delete", "--force", "other")

    # Added and removed within a push, on the second of two branches.
    clone.git("branch", "first")
    clone.git("checkout", "--quiet", "-b", "second")
    clone.commit("app.env", LINE)
    clone.commit("app.env", None)
    stopped = clone.git("push", "origin", "first", "second")
    assert (stopped.returncode, TOLD in said(stopped)) == (1, True)
    assert "app.env:1:26 (since commit " in said(stopped)
    detached = clone.git("rev-parse", "HEAD").stdout.strip()
    clone.git("checkout", "--quiet", detached)
    clone.git("branch", "--delete", "--force", "second")
    stopped = clone.git("push", "origin", "HEAD:refs/heads/third")
    assert (stopped.returncode, TOLD in said(stopped)) == (1, True)
    clone.git("checkout", "--quiet", "main")
    assert clone.git("push", "origin", "first").returncode == 0
    assert clone.git("push", "origin", "--delete", "first").returncode == 0


def test_arguments_are_options_and_files_of_the_tree_never_are(clone: Clone) -> None:
    allow = clone.path / "allow-list"
    allow.write_text(f"fingerprint {fingerprint_of(KEY)}  # an example\n")
    clone.git("add", "--all")
    given: list[dict[str, object]] = [
        {"id": each, "args": ["--allow-list", "allow-list", "--exclude=vendor/*"]} for each in IDS
    ]
    configure(clone.path, clone.provider, *given)
    (clone.path / "app.env").write_text(LINE)
    (clone.path / "vendor").mkdir()
    other = f"AWS_BEARER_TOKEN_BEDROCK={long_term('bob')}\n"
    (clone.path / "vendor" / "app.env").write_text(other)
    clone.git("add", "--all")
    passed = clone.git("commit", "--message", f"see {KEY}")
    assert passed.returncode == 0, said(passed)
    assert clone.git("push", "origin", "main").returncode == 0
    for name in ("--exclude=*", "--", "--staged", "-x"):
        (clone.path / name).write_text(other)
    clone.git("add", "--all")
    stopped = clone.git("commit", "--message", "more")
    assert stopped.returncode == 1
    for name in ("--exclude=*", "--", "--staged", "-x"):
        assert f"{name}:1:26" in said(stopped)


def test_all_files_are_read_in_parallel_parts_and_by_a_repository_that_is_tried(
    clone: Clone,
) -> None:
    names = [f"{number:02}.env" for number in range(24)]
    for name in names:
        (clone.path / name).write_text(LINE if name in (names[0], names[-1]) else "clean\n")
    clone.git("add", "--all")
    done = clone.manage("run", IDS[0], "--all-files")
    assert done.returncode == 1
    # Each of the managers shares the files out: a part that is clean says nothing.
    for name in (names[0], names[-1]):
        assert said(done).count(f"{name}:1:26") == 1
    absolute = str(clone.path / names[0])
    tried = ("try-repo", str(clone.provider), IDS[0], "--files", names[1], absolute)
    done = clone.manage(*tried)
    assert (done.returncode, f"{names[0]}:1:26" in said(done)) == (1, True)
