from __future__ import annotations

import os
from pathlib import Path

import pytest

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model import NotScanned, Scan
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.tree import scan_files, scan_paths
from tests.doors import git
from tests.keysmith import long_term

KEY = long_term("bob")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(KEY)


def repository(path: str = ".") -> None:
    Path(path).mkdir(exist_ok=True)
    git("init", cwd=Path(path))


def scan(*paths: str) -> Scan:
    return scan_paths([Path(path) for path in paths], AllowList())


def found(*paths: str) -> list[str]:
    return [finding.location.path for finding in scan(*paths).findings]


def test_a_folder_outside_git_is_read_whole() -> None:
    write("b", "a/c", ".hidden", "a/.env")
    assert sorted(found(".")) == [".hidden", "a/.env", "a/c", "b"]


def test_a_work_tree_is_read_as_git_sees_it() -> None:
    repository()
    write("tracked", "untracked", "ignored", "clé\n.txt", "sub/excluded")
    Path(".gitignore").write_text("ignored\n")
    Path(".git/info").mkdir(exist_ok=True)
    Path(".git/info/exclude").write_text("excluded\n")
    git("add", "tracked", cwd=Path())
    assert sorted(found(".")) == ["clé\n.txt", "tracked", "untracked"]


def test_a_file_that_is_named_is_read_even_where_git_ignores_it() -> None:
    repository()
    write("ignored")
    Path(".gitignore").write_text("ignored\n")
    assert found("ignored") == ["ignored"]


def test_a_tracked_file_that_git_would_ignore_is_read() -> None:
    repository()
    write("app.env")
    git("add", "app.env", cwd=Path())
    Path(".gitignore").write_text("*.env\n")
    assert found(".") == ["app.env"]


def test_a_part_of_a_work_tree_is_named_as_it_was_asked_for() -> None:
    repository()
    write("sub/deep/a", "other")
    assert found("sub") == ["sub/deep/a"]
    assert found("sub/deep/../deep") == ["sub/deep/../deep/a"]


def test_repositories_in_repositories_are_read_too() -> None:
    repository()
    repository("nested")
    write("nested/a", "nested/ignored", "plain/b")
    Path("nested/.gitignore").write_text("ignored\n")
    assert sorted(found(".")) == ["nested/a", "plain/b"]


def test_a_repository_in_a_plain_folder_is_read_as_git_sees_it() -> None:
    repository("inner")
    write("inner/a", "inner/ignored", "b")
    Path("inner/.gitignore").write_text("ignored\n")
    assert sorted(found(".")) == ["b", "inner/a"]


def test_a_file_that_was_deleted_is_no_gap() -> None:
    repository()
    write("gone")
    git("add", "gone", cwd=Path())
    Path("gone").unlink()
    assert scan(".").not_scanned == ()


def test_the_same_file_is_read_once() -> None:
    write("a")
    assert found("a", ".", "./a") == ["a"]


def test_what_is_not_there_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="There is no 'gone' to scan") as caught:
        scan("gone")
    assert caught.value.exit_code == 2


def test_links_are_what_they_say_and_lead_nowhere() -> None:
    write("outside/a")
    Path("tree").mkdir()
    Path("tree/to-folder").symlink_to("../outside")
    Path("tree/to-file").symlink_to("../outside/a")
    Path("tree/key").symlink_to(KEY)
    assert found("tree") == ["tree/key"]


def test_pipes_and_folders_are_opaque() -> None:
    Path("folder").mkdir()
    os.mkfifo("pipe")
    done = scan_files([Path("folder"), Path("pipe")], AllowList())
    assert done.not_scanned == (
        NotScanned("folder", "opaque", "it is not a regular file"),
        NotScanned("pipe", "opaque", "it is not a regular file"),
    )
    assert done.complete


def test_what_cannot_be_read_makes_the_scan_incomplete() -> None:
    write("a")
    done = scan_files([Path("gone"), Path("a")], AllowList())
    assert [finding.location.path for finding in done.findings] == ["a"]
    assert done.not_scanned == (NotScanned("gone", "missing", "no such file or directory"),)
    assert not done.complete


def test_what_was_read_is_counted() -> None:
    write("a", "b")
    scanned = scan("a", "b").scanned
    assert (scanned.sources, scanned.objects) == (("working-tree",), 2)
    assert scanned.bytes == 2 * len(KEY)
