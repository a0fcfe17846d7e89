from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doors import Done, git
from tests.keysmith import fingerprint_of, long_term

HOOKS = Path(__file__).parents[2] / "hooks"
KEY = long_term("alice", n=1)
LINE = f"AWS_BEARER_TOKEN_BEDROCK={KEY}\n"
ENV = {"BEDROCK_KEY_GUARD_PYTHON": sys.executable}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give a clone of an empty bare repository, with our hooks and one commit that is pushed."""
    server, folder = tmp_path / "server.git", tmp_path / "repository"
    git("init", "--bare", str(server), cwd=tmp_path)
    git("clone", str(server), str(folder), cwd=tmp_path)
    commit(folder, "README", "clean\n")
    assert git("push", "origin", "main", cwd=folder).returncode == 0
    git("config", "core.hooksPath", str(HOOKS), cwd=folder)
    return folder


@pytest.fixture
def server(tmp_path: Path, repository: Path) -> Path:
    """Give the bare repository with our `pre-receive`, whose clone has no hooks."""
    folder = tmp_path / "server.git"
    git("config", "core.hooksPath", str(HOOKS), cwd=folder)
    git("config", "--unset", "core.hooksPath", cwd=repository)
    return folder


def commit(repository: Path, name: str, text: str | None, message: str = "a change") -> str:
    """Commit a file, or that it is gone, past every hook."""
    file = repository / name
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    git("add", "--all", cwd=repository)
    git("commit", "--no-verify", "--message", message, cwd=repository)
    return git("rev-parse", "HEAD", cwd=repository).stdout.strip()


def push(repository: Path, *words: str, **environment: str) -> Done:
    return git("push", *words, cwd=repository, env={**os.environ, **ENV, **environment})


def references(server: Path) -> str:
    return git("for-each-ref", cwd=server).stdout


# ── commit-msg ──────────────────────────────────────────────────────────────────────────────────


def test_a_message_with_a_key_is_stopped_and_told_how_to_mend_it(repository: Path) -> None:
    env = {**os.environ, **ENV}
    words = ("commit", "--allow-empty", "--message")
    done = git(*words, f"use the key\n\n{KEY}", cwd=repository, env=env)
    assert done.returncode == 1
    assert "a key would be in the message of a commit.\n\n.git/COMMIT_EDITMSG:3:1\n" in done.stderr
    assert "git commit --edit --file=FILE" in done.stderr
    assert git(*words, "use the key", cwd=repository, env=env).returncode == 0


def test_what_verbose_shows_below_the_scissors_is_not_the_message(repository: Path) -> None:
    commit(repository, "app.env", LINE)
    (repository / "app.env").unlink()
    for comment in ("#", ";"):
        editor = repository.parent / "editor"
        editor.write_text(
            '#!/bin/sh\nprintf "take it out\\n" >"$1.new"\ncat "$1" >>"$1.new"\nmv "$1.new" "$1"\n'
        )
        editor.chmod(0o755)
        git("add", "--all", cwd=repository)
        env = {**os.environ, **ENV, "GIT_EDITOR": str(editor)}
        options = ("-c", f"core.commentChar={comment}", "commit", "--verbose", "--allow-empty")
        done = git(*options, cwd=repository, env=env)
        assert done.returncode == 0, done.stderr


# ── pre-push ────────────────────────────────────────────────────────────────────────────────────


def test_a_key_that_a_push_adds_and_removes_is_stopped(repository: Path) -> None:
    added = commit(repository, "app.env", LINE)
    commit(repository, "app.env", None)
    done = push(repository, "origin", "main")
    assert done.returncode == 1
    assert "a key would be pushed." in done.stderr
    assert f"app.env:1:26 (since commit {added[:12]}, no longer at the tip of" in done.stderr
    assert f"fingerprint {fingerprint_of(KEY)[:12]}" in done.stderr
    assert "git rebase --interactive" in done.stderr


@pytest.mark.parametrize("remote", ["origin", "by its address"])
def test_every_reference_of_a_push_is_read(repository: Path, tmp_path: Path, remote: str) -> None:
    where = remote if remote == "origin" else str(tmp_path / "server.git")
    git("branch", "clean", cwd=repository)
    git("checkout", "--quiet", "-b", "leaky", cwd=repository)
    commit(repository, "z.env", LINE)
    assert push(repository, where, "clean", "leaky").returncode == 1
    assert push(repository, where, "clean").returncode == 0
    done = push(repository, where, "--delete", "clean")
    assert (done.returncode, "Key Guard" in done.stderr) == (0, False)


def test_a_root_commit_and_a_history_of_its_own_are_read(repository: Path) -> None:
    git("checkout", "--quiet", "--orphan", "other", cwd=repository)
    commit(repository, "app.env", LINE)
    done = push(repository, "origin", "other")
    assert done.returncode == 1
    assert "app.env:1:26" in done.stderr


def messages(repository: Path) -> list[str]:
    commit(repository, "a", "clean", message=f"see {KEY}")
    return ["main"]


def tag_messages(repository: Path) -> list[str]:
    git("tag", "--annotate", "--message", f"see {KEY}", "v1", cwd=repository)
    git("tag", "--annotate", "--message", "outer", "v2", "v1", cwd=repository)
    return ["v2"]


def tagged_files(repository: Path) -> list[str]:
    (repository / "untracked").write_text(LINE)
    blob = git("hash-object", "-w", "untracked", cwd=repository).stdout.strip()
    git("tag", "--annotate", "--message", "a file", "v3", blob, cwd=repository)
    return ["v3"]


def tagged_trees(repository: Path) -> list[str]:
    commit(repository, "app.env", LINE)
    tree = git("rev-parse", "HEAD^{tree}", cwd=repository).stdout.strip()
    git("reset", "--hard", "HEAD^", cwd=repository)
    git("tag", "v4", tree, cwd=repository)
    return ["v4"]


def branch_names(repository: Path) -> list[str]:
    git("branch", f"try-{KEY}", cwd=repository)
    return [f"try-{KEY}"]


def merges(repository: Path) -> list[str]:
    git("checkout", "--quiet", "-b", "side", cwd=repository)
    commit(repository, "b", "side\n")
    git("checkout", "--quiet", "main", cwd=repository)
    commit(repository, "a", "main\n")
    git("merge", "--no-commit", "--no-ff", "side", cwd=repository)
    commit(repository, "evil.env", LINE)
    return ["main"]


@pytest.mark.parametrize(
    "prepare", [messages, tag_messages, tagged_files, tagged_trees, branch_names, merges]
)
def test_all_that_a_push_can_bring_is_read_on_both_sides(
    repository: Path, tmp_path: Path, prepare: object
) -> None:
    assert callable(prepare)
    words = prepare(repository)
    done = push(repository, "origin", *words)
    assert done.returncode == 1
    assert f"fingerprint {fingerprint_of(KEY)[:12]}" in done.stderr
    git("config", "core.hooksPath", str(HOOKS), cwd=tmp_path / "server.git")
    before = references(tmp_path / "server.git")
    done = push(repository, "--no-verify", "origin", *words)
    assert done.returncode == 1
    assert f"fingerprint {fingerprint_of(KEY)[:12]}" in done.stderr
    assert references(tmp_path / "server.git") == before


def test_what_the_remote_has_already_is_not_read_again(repository: Path) -> None:
    commit(repository, "app.env", LINE)
    push(repository, "--no-verify", "origin", "main")
    commit(repository, "more", "clean\n")
    assert push(repository, "origin", "main").returncode == 0


# ── pre-receive ─────────────────────────────────────────────────────────────────────────────────


def test_a_server_rejects_a_push_and_tells_the_pusher(server: Path, repository: Path) -> None:
    commit(repository, "app.env", LINE)
    commit(repository, "app.env", None)
    before = references(server)
    done = push(repository, "origin", "main")
    assert done.returncode == 1
    for part in (
        "remote: Bedrock Key Guard: a key came with this push, which is rejected.",
        "remote: app.env:1:26 (since commit ",
        "git rebase --interactive",
    ):
        assert part in done.stderr
    assert references(server) == before
    assert not list((server / "objects").glob("tmp_objdir-*")), "the quarantine is gone"
    git("reset", "--hard", "origin/main", cwd=repository)
    commit(repository, "more", "clean\n")
    assert push(repository, "origin", "main", "main:refs/heads/second").returncode == 0
    assert push(repository, "origin", "--delete", "second").returncode == 0


def run(hook: str, server: Path, given: str, *words: str, **environment: str) -> Done:
    """Run a hook as Git does: Git itself would look for programs in its own folder first."""
    return subprocess.run(
        [str(HOOKS / hook), *words],
        cwd=server,
        env={**os.environ, **environment},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_server_rejects_when_its_time_is_over_and_says_so(server: Path, tmp_path: Path) -> None:
    program = shutil.which("git")
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text(
        f'#!/bin/sh\nfor word; do [ "$word" != log ] || exec sleep 60; done\nexec {program} "$@"\n'
    )
    slow.chmod(0o755)
    home = tmp_path / "home of the hook"
    shutil.copytree(HOOKS, home / "hooks")
    (home / "src").symlink_to(HOOKS.parent / "src")
    (home / "options").write_text("--seconds\n1\n")
    head = git("rev-parse", "main", cwd=server).stdout.strip()
    line = f"{'0' * len(head)} {head} refs/heads/new\n"
    path = f"{slow.parent}{os.pathsep}{os.environ['PATH']}"
    done = run(str(home / "hooks" / "pre-receive"), server, line, PATH=path, **ENV)
    assert done.returncode == 4
    assert "1 seconds were over before all that was pushed had been read" in done.stderr
    assert "so the push is rejected" in done.stderr


@pytest.mark.parametrize(("hook", "words"), [("pre-push", ("origin", "url")), ("pre-receive", ())])
def test_without_a_python_a_push_is_blocked(
    server: Path, hook: str, words: tuple[str, ...]
) -> None:
    done = run(hook, server, "", *words, PATH="/nowhere")
    assert done.returncode == 2
    assert "Python 3.10 or later was not found" in done.stderr
    assert "The push is blocked" in done.stderr


@pytest.mark.parametrize(("hook", "words"), [("pre-push", ("origin", "url")), ("pre-receive", ())])
def test_what_git_does_not_write_is_refused(
    server: Path, hook: str, words: tuple[str, ...]
) -> None:
    done = run(hook, server, "refs/heads/main\n", *words, **ENV)
    assert done.returncode == 2
    assert "Standard input is not what Git writes to this hook." in done.stderr
