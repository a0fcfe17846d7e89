"""Lead PATH into what is scanned, in every way, and see that no door starts a program there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests import doors, keysmith
from tests.doors import git
from tests.jobs import ROOT
from tests.traps import PROGRAMS, pose_as

KEY = keysmith.long_term("alice")
NATIVE_HOOK = ROOT / "hooks" / "pre-commit"
LEAK = "app.env"

Run = Callable[[Path, Mapping[str, str]], doors.Done]


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """Name the file in which a program of the tree would leave a mark."""
    return tmp_path / "mark"


@pytest.fixture
def repository(tree: Path) -> Path:
    """Give a repository with one commit and a key that is staged."""
    git("init", cwd=tree)
    git("commit", "--allow-empty", "--message=begin", cwd=tree)
    leak(tree)
    git("add", LEAK, cwd=tree)
    return tree


@pytest.fixture
def tools(tmp_path: Path) -> str:
    """Give a PATH outside of the tree."""
    return python_on_path(tmp_path / "tools")


def python_on_path(folder: Path) -> str:
    """Return a PATH that has this Python, and else what the system has."""
    pose_as(["python3"], folder, Path(os.devnull), f'exec {sys.executable} "$@"')
    return f"{folder}:/usr/local/bin:/usr/bin:/bin"


def leak(folder: Path) -> None:
    (folder / LEAK).write_text(f"KEY={KEY}\n", encoding="utf-8")


def bundle(folder: Path, file: Path) -> None:
    """Hide the key in a bundle, which Git has to read; the guard starts one wherever that lies."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    git("init", cwd=folder)
    leak(folder)
    git("add", LEAK, cwd=folder)
    git("commit", "--message=leak", cwd=folder)
    assert git("bundle", "create", str(file), "HEAD", cwd=folder).returncode == 0


# ── the ways ────────────────────────────────────────────────────────────────────────────────────

# What may stand on PATH: `tree` is scanned, `aside` is not.
WAYS = (
    "{tree}",
    "{tree}/node_modules/.bin",
    "/{tree}/bin//",
    "{aside}/../tree/bin/.",
    "bin:./bin",
    ".:",
    "{aside}/to-bin",
    "{aside}/to-tree/bin",
    "{tree}/to-aside",
)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, tree: Path, tmp_path: Path, mark: Path) -> str:
    """Put programs wherever a way may lead, and return one way."""
    aside = tmp_path / "aside"
    for folder in (tree, tree / "bin", tree / "node_modules" / ".bin", aside):
        pose_as(PROGRAMS, folder, mark)
    (aside / "to-bin").symlink_to(tree / "bin")
    (aside / "to-tree").symlink_to(tree)
    (tree / "to-aside").symlink_to(aside)
    written: str = request.param
    return written.format(tree=tree, aside=aside)


# ── the doors ───────────────────────────────────────────────────────────────────────────────────


def scan(*arguments: str) -> Run:
    def run(tree: Path, env: Mapping[str, str]) -> doors.Done:
        return doors.command("scan", "--quiet", *arguments, cwd=tree, env=env)

    return run


def through_native_hook(tree: Path, env: Mapping[str, str]) -> doors.Done:
    # Not through `git commit`, which would itself start what it finds first.
    return subprocess.run(
        [NATIVE_HOOK], cwd=tree, env=env, capture_output=True, text=True, check=False
    )


def through_stdin(tree: Path, env: Mapping[str, str]) -> doors.Done:
    with (tree / "hidden.bundle").open("rb") as bundled:
        return subprocess.run(
            [sys.executable, "-Im", "bedrock_key_guard", "scan", "--stdin"],
            stdin=bundled,
            cwd=tree,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )


DOORS: dict[str, Run] = {
    "files": scan("."),
    "index": scan("--staged"),
    "history": scan("--history"),
    "hook": lambda tree, env: doors.hook("--staged", cwd=tree, env=env),
    "native hook": through_native_hook,
    "detect-secrets": lambda tree, env: doors.detect_secrets("scan", cwd=tree, env=env),
}


@pytest.mark.parametrize("door", DOORS)
def test_no_door_runs_a_program_of_the_work_tree(
    door: str, repository: Path, mark: Path, tools: str
) -> None:
    entry = pose_as(PROGRAMS, repository / "node_modules" / ".bin", mark)
    finds_the_key(door, repository, {**os.environ, "PATH": f"{entry}:{tools}"}, mark)


@pytest.mark.parametrize("door", ["files", "native hook"])
def test_no_way_on_path_leads_to_a_program_of_the_work_tree(
    door: str, way: str, repository: Path, mark: Path, tools: str
) -> None:
    finds_the_key(door, repository, {**os.environ, "PATH": f"{way}:{tools}"}, mark)


@pytest.mark.parametrize("door", DOORS)
def test_no_door_runs_a_program_of_the_workspace_of_a_job(
    door: str, repository: Path, tmp_path: Path, mark: Path
) -> None:
    workspace = tmp_path / "workspace"
    entry = pose_as(PROGRAMS, workspace / "other-checkout", mark)
    repository = repository.rename(workspace / "checkout")
    tools = python_on_path(tmp_path / "elsewhere")
    env = {**os.environ, "PATH": f"{entry}:{tools}", "GITHUB_WORKSPACE": str(workspace)}
    finds_the_key(door, repository, env, mark)


def finds_the_key(door: str, repository: Path, env: Mapping[str, str], mark: Path) -> None:
    """Go through a door, and check that it has done its work without a program of the tree."""
    done = DOORS[door](repository, env)
    assert not mark.exists(), mark.read_text("utf-8")
    if door == "detect-secrets":
        assert (done.returncode, LEAK in done.stdout) == (0, True), done.stderr
    else:
        assert done.returncode == 1, done.stderr


def test_whoever_searches_as_path_says_runs_them(
    repository: Path, mark: Path, tools: str, way: str
) -> None:
    env = {**os.environ, "PATH": f"{way}:{tools}"}
    subprocess.run(["/bin/sh", "-c", "git version"], cwd=repository, env=env, check=False)
    assert mark.exists(), "the trap is none"


@pytest.mark.parametrize("door", [*DOORS][:5])
def test_where_only_the_tree_has_programs_nothing_is_run(
    door: str, repository: Path, mark: Path
) -> None:
    entry = pose_as(PROGRAMS, repository / "bin", mark)
    done = DOORS[door](repository, {**os.environ, "PATH": f".:{entry}"})
    assert not mark.exists(), mark.read_text("utf-8")
    assert done.returncode == 2
    assert "outside" in done.stderr


# ── what Git reads where no repository is ───────────────────────────────────────────────────────

READERS: dict[str, Run] = {
    "folder": scan("."),
    "file": scan("hidden.bundle"),
    "hook": lambda tree, env: doors.hook("hidden.bundle", cwd=tree, env=env),
    "standard input": through_stdin,
    "detect-secrets": lambda tree, env: doors.detect_secrets(
        "hook", "hidden.bundle", cwd=tree, env=env
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_bundle_in_a_work_tree_is_read_by_no_git_of_the_tree(
    reader: str, repository: Path, tmp_path: Path, mark: Path, tools: str
) -> None:
    (repository / LEAK).unlink()
    bundle(tmp_path / "leaking", repository / "hidden.bundle")
    env = {**os.environ, "PATH": f"{pose_as(['git'], repository / 'bin', mark)}:{tools}"}
    done = READERS[reader](repository, env)
    assert not mark.exists(), mark.read_text("utf-8")
    assert done.returncode == 1, done.stderr


@pytest.mark.parametrize("spelling", [".", "{tree}", "{tree}/../tree", "{tmp}/link"])
def test_outside_git_nothing_of_the_named_folder_is_run(
    spelling: str, tree: Path, tmp_path: Path, mark: Path, tools: str
) -> None:
    (tmp_path / "link").symlink_to(tree)
    bundle(tmp_path / "leaking", tree / "hidden.bundle")
    env = {**os.environ, "PATH": f"{pose_as(['git'], tree / 'bin', mark)}:{tools}"}
    done = doors.command("scan", spelling.format(tree=tree, tmp=tmp_path), cwd=tree, env=env)
    assert not mark.exists(), mark.read_text("utf-8")
    assert done.returncode == 1, done.stderr


def test_outside_git_the_home_keeps_its_programs(
    home: Path, tmp_path: Path, mark: Path, tools: str
) -> None:
    bundle(tmp_path / "leaking", home / "hidden.bundle")
    entry = pose_as(["git"], home / "bin", mark, f'exec {shutil.which("git")} "$@"')
    done = doors.command("scan", cwd=home, env={**os.environ, "PATH": f"{entry}:{tools}"})
    assert done.returncode == 1, done.stderr
    assert mark.exists()


def test_what_looks_like_a_bare_repository_does_not_hide_the_work_tree_around_it(
    repository: Path, tmp_path: Path, mark: Path, tools: str
) -> None:
    bare = repository / "vendor"
    git("init", "--bare", str(bare), cwd=repository)
    env = {**os.environ, "PATH": f"{pose_as(['git'], repository / 'bin', mark)}:{tools}"}
    done = doors.command("scan", "--history", cwd=bare, env=env)
    assert not mark.exists(), mark.read_text("utf-8")
    assert done.returncode == 4, done.stderr  # nothing is in it yet
