"""Install the hooks beside those of other tools, with real Git, and take them out again."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bedrock_key_guard.githooks.hook_files import BESIDE, DEVELOPER, SERVER, hook_file
from tests import doors
from tests.doors import Done, git
from tests.keysmith import long_term

ROOT = Path(__file__).parents[2]
LINE = f"AWS_BEARER_TOKEN_BEDROCK={long_term('alice', n=1)}\n"

# Shaped as the tools write them: husky 9 (`.husky/_`), Git LFS 3, lefthook 1, pre-commit 4.
HUSKY_SHIM = '#!/usr/bin/env sh\n. "$(dirname "$0")/h"'
HUSKY_H = """#!/usr/bin/env sh
n=$(basename "$0")
s=$(dirname "$(dirname "$0")")/$n

[ ! -f "$s" ] && exit 0
sh -e "$s" "$@"
c=$?

[ $c != 0 ] && echo "husky - $n script failed (code $c)"
exit $c
"""
LFS = """#!/bin/sh
command -v git-lfs >/dev/null 2>&1 || { printf >&2 "\\n%s\\n\\n" "git-lfs was not found"; exit 2; }
git lfs HOOK "$@"
"""
LEFTHOOK = """#!/bin/sh

if [ "$LEFTHOOK_VERBOSE" = "1" ]; then
  set -x
fi

call_lefthook()
{
  if lefthook -h >/dev/null 2>&1
  then
    lefthook "$@"
  else
    echo "Can't find lefthook in PATH"
  fi
}

call_lefthook run "HOOK" "$@"
"""
OVERCOMMIT = '#!/bin/sh\necho "$(basename "$0") $*" >>"$SEEN"\ncat >>"$SEEN"\n'
# Stands in for the tools' own programs, and notes how each was called and what it was given.
PROGRAM = '#!/bin/sh\n[ "$1" = -h ] || { echo "NAME $*" >>"$SEEN"; cat >>"$SEEN"; }\n'


class Box:
    """A repository, programs of other tools on its PATH, and what those have seen."""

    def __init__(self, folder: Path) -> None:
        self.path, self.programs, self.seen = folder / "repo", folder / "bin", folder / "seen"
        self.server = folder / "server.git"
        self.programs.mkdir()
        for name in ("git-lfs", "lefthook", "husky"):
            write(self.programs / name, PROGRAM.replace("NAME", name))
        git("init", "--bare", str(self.server), cwd=folder)
        git("clone", str(self.server), str(self.path), cwd=folder)
        self.env = {
            **os.environ,
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
            "SEEN": str(self.seen),
        }

    @property
    def hooks(self) -> Path:
        return self.path / ".git" / "hooks"

    def guard(self, *words: str) -> str:
        done = doors.command("hooks", *words, cwd=self.path, env=self.env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def git(self, *words: str) -> Done:
        return git(*words, cwd=self.path, env=self.env)

    def commit(self, text: str, name: str = "app.env") -> Done:
        (self.path / name).write_text(text)
        self.git("add", "--all")
        return self.git("commit", "--message", "a change")

    def told(self) -> str:
        """Return what the other tools have seen since they were last asked."""
        text = self.seen.read_text() if self.seen.exists() else ""
        self.seen.unlink(missing_ok=True)
        return text

    def state(self) -> dict[str, tuple[int, bytes]]:
        """Return all of the Git directory and the tree that concerns hooks, with modes."""
        config = self.git("config", "--local", "--list").stdout.encode()
        roots = (self.hooks, self.path / ".husky", self.path / "tools")
        files = [each for root in roots for each in root.rglob("*") if each.is_file()]
        here = {str(each): (each.stat().st_mode, each.read_bytes()) for each in files}
        return here | {"config": (0, config), "home": (self.home.exists(), b"")}

    @property
    def home(self) -> Path:
        return self.path / ".git" / "bedrock-key-guard"


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def nothing(box: Box) -> str:
    shutil.rmtree(box.hooks)
    return ""


def lfs(box: Box) -> str:
    for hook in ("pre-push", "post-checkout", "post-commit", "post-merge"):
        write(box.hooks / hook, LFS.replace("HOOK", hook))
    return "git-lfs pre-push origin"


def lefthook(box: Box) -> str:
    for hook in ("pre-commit", "pre-push", "prepare-commit-msg"):
        write(box.hooks / hook, LEFTHOOK.replace("HOOK", hook))
    return "lefthook run pre-push origin"


def husky(box: Box) -> str:
    for hook in ("pre-commit", "commit-msg", "pre-push", "post-commit"):
        write(box.path / ".husky" / "_" / hook, HUSKY_SHIM)
    write(box.path / ".husky" / "_" / "h", HUSKY_H)
    (box.path / ".husky" / "_" / ".gitignore").write_text("*")
    for hook in ("pre-commit", "pre-push"):
        (box.path / ".husky" / hook).write_text(f'husky {hook} "$@"\n')
    git("config", "core.hooksPath", ".husky/_", cwd=box.path)
    return "husky pre-push origin"


def tracked_folder(box: Box) -> str:
    write(box.path / "tools" / "pre-push", PROGRAM.replace("NAME", "tools"))
    git("config", "core.hooksPath", "tools", cwd=box.path)
    return "tools origin"


def named_by_the_person(box: Box) -> str:
    folder = box.path.parent / "of-the-person"
    write(folder / "pre-push", PROGRAM.replace("NAME", "person"))
    git("config", "--global", "core.hooksPath", str(folder), cwd=box.path)
    return "person origin"


def one_that_asks_its_name(box: Box) -> str:
    write(box.hooks / "pre-push", OVERCOMMIT)
    return "pre-push origin"


def a_link_for_a_folder(box: Box) -> str:
    shutil.rmtree(box.hooks)
    write(box.path / "tools" / "pre-push", PROGRAM.replace("NAME", "linked"))
    box.hooks.symlink_to("../tools")
    return "linked origin"


@pytest.mark.parametrize(
    "others",
    [
        nothing,
        lfs,
        lefthook,
        husky,
        tracked_folder,
        named_by_the_person,
        one_that_asks_its_name,
        a_link_for_a_folder,
    ],
)
def test_ours_runs_first_and_then_what_was_there_and_all_can_be_taken_back(
    box: Box, others: object
) -> None:
    assert callable(others)
    expected: str = others(box)
    box.git("add", "--all")
    box.git("commit", "--no-verify", "--allow-empty", "--message", "begin")
    before = box.state()
    said = box.guard("install")
    assert "pre-commit" in said
    installed = box.state()
    assert box.guard("install")
    assert box.state() == installed, "a second run changes nothing"
    box.told()

    stopped = box.commit(LINE)
    assert stopped.returncode == 1
    assert "app.env:1:26" in stopped.stderr
    assert box.told() == "", "ours runs first"
    passed = box.commit("clean\n")
    assert passed.returncode == 0, passed.stderr
    if others in (lefthook, husky):
        assert "pre-commit" in box.told()
    if others is lfs:
        assert "git-lfs post-commit" in box.told()
    box.told()

    pushed = box.git("push", "origin", "main")
    assert pushed.returncode == 0, pushed.stderr
    if expected:
        told = box.told()
        assert expected in told
        assert "refs/heads/main" in told, "both read what Git writes"
    box.commit(LINE, "two.env")
    box.git("commit", "--no-verify", "--message", "past the hook")
    assert box.git("push", "origin", "main").returncode == 1
    box.git("reset", "--hard", "HEAD^")

    said = box.guard("uninstall")
    assert box.state() == before
    assert str(box.home) in said
    assert box.commit(LINE).returncode == 0
    assert "No hooks of Bedrock Key Guard are installed here." in box.guard("uninstall")


def test_a_tool_that_comes_later_keeps_what_it_wrote(box: Box) -> None:
    lefthook(box)
    box.guard("install")
    write(box.hooks / "pre-commit", "#!/bin/sh\necho a third\n")
    clash = doors.command("hooks", "install", cwd=box.path, env=box.env)
    assert clash.returncode == 2
    assert "pre-commit.before-bedrock-key-guard' is there already" in clash.stderr
    said = box.guard("uninstall")
    assert "has come since" in said
    assert (box.hooks / "pre-commit").read_text() == "#!/bin/sh\necho a third\n"
    assert (box.hooks / "pre-commit.before-bedrock-key-guard").exists()
    assert (box.hooks / "pre-push").read_text() == LEFTHOOK.replace("HOOK", "pre-push")


def test_pre_commit_that_is_installed_before_and_after_runs_once(box: Box) -> None:
    (box.path / ".pre-commit-config.yaml").write_text(
        "repos:\n- repo: local\n  hooks:\n  - {id: x, name: x, entry: husky x, language: system,"
        " always_run: true, pass_filenames: false}\n"
    )
    install = [sys.executable, "-I", "-m", "pre_commit", "install"]
    for words in (install, None, install):
        if words:
            subprocess.run(words, cwd=box.path, env=box.env, check=True, capture_output=True)
        else:
            box.guard("install")
    assert box.commit(LINE).returncode == 1
    box.told()
    passed = box.commit("clean\n")
    assert passed.returncode == 0, passed.stderr
    assert box.told().count("husky x") == 1
    box.guard("uninstall")
    assert not box.home.exists()
    assert box.commit("clean again\n").returncode == 0


def test_options_and_a_file_name_with_spaces_reach_each_hook(box: Box) -> None:
    (box.path / "known keys").write_text("")
    missing = doors.command("hooks", "install", "--allow-list", "gone", cwd=box.path, env=box.env)
    assert missing.returncode == 2
    assert not box.home.exists()
    box.guard("install", "--allow-list", "known keys", "--exclude", "tests/*", "--exclude=a b")
    assert (box.home / "options").read_text().splitlines() == [
        "--allow-list=known keys",
        "--exclude=tests/*",
        "--exclude=a b",
    ]
    assert box.commit(LINE, "a b").returncode == 0
    assert box.commit(LINE).returncode == 1


def test_the_hooks_outlive_a_move_of_the_repository_and_the_loss_of_their_python(box: Box) -> None:
    box.guard("install")
    (box.home / "python").write_text("/no/such/python\n")
    moved = box.path.with_name("moved to")
    box.path.rename(moved)
    box.path = moved
    assert box.commit(LINE).returncode == 1


@pytest.mark.parametrize("tracked", [False, True])
def test_a_python_of_the_tree_is_run_only_while_git_tracks_none_of_it(
    box: Box, tmp_path: Path, tracked: bool
) -> None:
    mark = tmp_path / "mark"
    environment = box.path / ".venv"
    write(environment / "bin" / "python", f'#!/bin/sh\n: >{mark}\nexec {sys.executable} "$@"\n')
    (environment / "pyvenv.cfg").write_text("")
    box.guard("install")
    (box.home / "python").write_text(f"{environment / 'bin' / 'python'}\n")
    (box.path / "app.env").write_text(LINE)
    box.git("add", "app.env", *([".venv/bin/python"] if tracked else []))
    done = box.git("commit", "--message", "a change")
    assert done.returncode == 1
    assert "app.env:1:26" in done.stderr
    assert mark.exists() is not tracked


def test_a_worktree_has_the_hooks_of_its_repository(box: Box) -> None:
    husky(box)
    box.git("add", "--all")
    box.git("commit", "--no-verify", "--message", "begin")
    box.git("worktree", "add", "../second")
    box.path = box.path.with_name("second")
    box.guard("install")
    assert box.commit(LINE).returncode == 1
    box.guard("uninstall")
    assert box.commit(LINE).returncode == 0


def test_a_server_and_a_template(box: Box, tmp_path: Path) -> None:
    said = box.guard("install", "--server", str(box.server), "--seconds", "30")
    assert "pre-receive" in said
    box.commit(LINE)
    rejected = box.git("push", "origin", "main")
    assert rejected.returncode == 1
    assert "remote: Bedrock Key Guard: a key came with this push" in rejected.stderr
    box.guard("uninstall", "--server", str(box.server))
    assert box.git("push", "origin", "main").returncode == 0

    assert "new repositories have the hooks" in box.guard("install", "--template")
    box.git("init", str(tmp_path / "new"))
    box.path = tmp_path / "new"
    assert box.commit(LINE).returncode == 1
    box.guard("uninstall")
    box.guard("uninstall", "--template")
    assert box.git("config", "--global", "init.templateDir").stdout == ""
    assert box.commit(LINE).returncode == 0


def test_what_somebody_else_made_is_not_overwritten(box: Box) -> None:
    box.home.mkdir()
    (box.home / "mine").write_text("")
    done = doors.command("hooks", "install", cwd=box.path, env=box.env)
    assert done.returncode == 2
    assert "is there already, and no installation has made it" in done.stderr
    assert [each.name for each in box.home.iterdir()] == ["mine"]


@pytest.mark.parametrize("hook", [*DEVELOPER, *SERVER])
def test_the_hooks_of_a_clone_are_those_that_are_installed(hook: str) -> None:
    file = ROOT / "hooks" / hook
    assert file.read_text(encoding="utf-8") == hook_file(hook, BESIDE, mark="")
    assert os.access(file, os.X_OK)
