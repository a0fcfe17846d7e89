from __future__ import annotations

import os
from pathlib import Path

import pytest

from bedrock_key_guard.git.repository import (
    find_git,
    is_root_or_home,
    search_outside,
    search_outside_tree_of,
)
from tests.traps import pose_as


def path_outside(patch: pytest.MonkeyPatch, tree: Path, *entries: object) -> list[str]:
    """Return what is left of a PATH of `entries` for whoever scans `tree`."""
    patch.setenv("PATH", os.pathsep.join(map(str, entries)))
    search_outside([tree])
    return os.environ["PATH"].split(os.pathsep)


@pytest.mark.parametrize(
    ("entry", "stays"),
    [
        ("{tmp}/tree", False),
        ("{tmp}/tree/", False),
        ("{tmp}/tree/bin", False),
        ("{tmp}/tree//bin//", False),
        ("{tmp}/aside/../tree/bin", False),
        ("{tmp}/to-tree", False),
        ("{tmp}/to-tree/bin", False),
        ("{tmp}/to-bin", False),
        ("{tmp}/tree/to-aside", False),
        ("{tmp}/through-tree", False),
        ("bin", False),
        (".", False),
        ("", False),
        ("{tmp}/tree-2", True),
        ("{tmp}/aside", True),
        ("{tmp}/to-aside", True),
        ("{tmp}/circle", True),
        ("{tmp}/nothing", True),
        ("/usr/bin", True),
    ],
)
def test_an_entry_stays_where_no_way_leads_through_the_tree(
    entry: str, stays: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tree/bin", "tree-2", "aside"):
        (tmp_path / name).mkdir(parents=True)
    for link, target in {
        "to-tree": "tree",
        "to-bin": "to-tree/bin",
        "to-aside": "aside",
        "tree/to-aside": "../aside",
        "through-tree": "tree/to-aside",
        "circle": "aside/../circle",
    }.items():
        (tmp_path / link).symlink_to(target)
    written = entry.format(tmp=tmp_path)
    left = path_outside(monkeypatch, tmp_path / "tree", "/usr/bin", written, "/bin")
    assert left == ["/usr/bin", *([written] if stays else []), "/bin"]


def test_a_path_of_which_nothing_is_left_is_not_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert path_outside(monkeypatch, tmp_path, ".", tmp_path, "") == [os.devnull]
    assert find_git() is None


def test_git_is_the_first_program_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder" / "git").mkdir(parents=True)
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "git").touch(0o644)
    found = pose_as(["git"], tmp_path / "program", tmp_path / "mark")
    later = pose_as(["git"], tmp_path / "later", tmp_path / "mark")
    here = pose_as(["git"], tmp_path / "here", tmp_path / "mark")
    monkeypatch.chdir(here)
    entries = ("", ".", tmp_path / "folder", tmp_path / "text", found, later)
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, entries)))
    assert find_git() == str(found / "git")


def test_the_root_and_the_home_are_told_by_what_they_are(home: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(home)
    roots = [Path("/"), Path("/tmp/.."), home, tmp_path / "link"]
    assert [is_root_or_home(folder) for folder in roots] == [True] * 4
    assert not is_root_or_home(home.parent)


def test_a_home_that_is_a_work_tree_itself_keeps_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{home / 'bin'}:/usr/bin")
    search_outside_tree_of(home)
    assert os.environ["PATH"] == f"{home / 'bin'}:/usr/bin"
    (home / ".git").mkdir()
    (home / ".git" / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii")
    search_outside_tree_of(home)
    assert os.environ["PATH"] == "/usr/bin"


def test_the_root_keeps_its_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    search_outside_tree_of(Path("/"))
    assert os.environ["PATH"] == "/usr/bin:/bin"
