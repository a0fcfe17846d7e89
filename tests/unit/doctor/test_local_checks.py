from __future__ import annotations

from pathlib import Path

import pytest

from bedrock_key_guard.doctor.local_checks import check_git, of_version
from tests.doors import git

GIT = "/usr/bin/git"


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("git version 2.24.0\n", "works"),
        ("git version 2.39.5 (Apple Git-154)\n", "works"),
        ("git version 2.47.1.windows.2\n", "works"),
        ("git version 3.0.0\n", "works"),
        ("git version 2.23.9\n", "wrong"),
        ("git version 1.8.3.1\n", "wrong"),
        ("", "unknown"),
    ],
)
def test_git_is_new_enough_from_2_24_on(told: str, state: str) -> None:
    assert of_version(told, GIT).state == state


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    folder = tmp_path / "upstream"
    folder.mkdir()
    git("init", cwd=folder)
    for number in range(2):
        (folder / "file").write_text(str(number))
        git("add", ".", cwd=folder)
        git("commit", "-m", str(number), cwd=folder)
    git("config", "uploadpack.allowFilter", "true", cwd=folder)
    return folder


@pytest.mark.parametrize(
    ("options", "state", "word"),
    [
        ((), "works", "whole"),
        (("--depth=1",), "wrong", "shallow"),
        (("--filter=blob:none",), "wrong", "partial"),
    ],
)
def test_a_clone_that_misses_something_is_named(
    options: tuple[str, ...], state: str, word: str, upstream: Path, tmp_path: Path
) -> None:
    git("clone", *options, upstream.as_uri(), "clone", cwd=tmp_path)
    version, clone = check_git(tmp_path / "clone")
    assert version.state == "works"
    assert (clone.state, bool(clone.mend)) == (state, state != "works")
    assert word in clone.said


def test_the_line_that_mends_a_shallow_clone_does(upstream: Path, tmp_path: Path) -> None:
    git("clone", "--depth=1", upstream.as_uri(), "clone", cwd=tmp_path)
    _, clone = check_git(tmp_path / "clone")
    git(*clone.mend.split()[1:], cwd=tmp_path / "clone")
    assert [check.state for check in check_git(tmp_path / "clone")] == ["works", "works"]


def test_outside_of_a_repository_nothing_is_known_of_a_clone(tmp_path: Path) -> None:
    _, clone = check_git(tmp_path)
    assert (clone.state, clone.name) == ("unknown", "clone")


def test_a_git_that_lies_in_the_tree_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("init", cwd=tmp_path)
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\ntouch was-run\necho git version 9.9.9\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.chdir(tmp_path)
    version, _ = check_git(tmp_path)
    assert (version.state, version.name) == ("wrong", "Git")
    assert not (tmp_path / "was-run").exists()
