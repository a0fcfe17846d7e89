from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bedrock_key_guard.model.findings import Scan
from bedrock_key_guard.report.details import place
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.scan import read
from bedrock_key_guard.scan.sources.history import history
from tests import keysmith
from tests.unit.scan.repositories import Repo, new_repo

pytestmark = pytest.mark.slow  # each test starts Git or workers, and more than once

KEY, OTHER = keysmith.long_term("user-a"), keysmith.long_term("user-b")
LOCAL = ("-c", "protocol.file.allow=always")


@pytest.fixture
def library(tmp_path: Path) -> Repo:
    library = new_repo(tmp_path / "library")
    library.commit("first", a__txt=f"k={KEY}\n")
    library.commit(f"oops {OTHER}", a__txt="clean")
    return library


@pytest.fixture
def top(tmp_path: Path, library: Repo) -> Repo:
    top = new_repo(tmp_path / "top")
    top.git(*LOCAL, "submodule", "--quiet", "add", str(library.path), "libs/one")
    top.commit("a submodule")
    return top


def scanned(top: Repo, allow: AllowList | None = None) -> Scan:
    return read(history(top.path), allow or AllowList())


def places(scan: Scan) -> list[tuple[str, str]]:
    return sorted((each.location.source, each.location.path) for each in scan.findings)


BOTH = [("blob", "libs/one/a.txt"), ("commit-message", "libs/one/")]


def test_a_submodules_history_is_read_under_its_path(top: Repo) -> None:
    scan = scanned(top)
    assert places(scan) == BOTH
    assert scan.complete
    message = next(each.location for each in scan.findings if each.location.path == "libs/one/")
    assert place(message).startswith(f"libs/one/object {(message.object or '')[:12]}:")


def test_a_submodule_within_a_submodule_is_read_too(top: Repo, tmp_path: Path) -> None:
    outer = new_repo(tmp_path / "outer")
    outer.git(*LOCAL, "submodule", "--quiet", "add", str(top.path), "top")
    outer.commit("nested")
    outer.git(*LOCAL, "submodule", "--quiet", "update", "--init", "--recursive")
    assert places(scanned(outer)) == [(kind, f"top/{path}") for kind, path in BOTH]


def test_a_submodule_that_was_moved_stands_where_it_is_now(top: Repo) -> None:
    top.git("mv", "libs/one", "moved")
    top.commit("moved")
    assert {path for _, path in places(scanned(top))} == {"moved/a.txt", "moved/"}


def test_what_is_left_of_a_removed_submodule_is_read_under_its_name(top: Repo) -> None:
    top.git("rm", "--quiet", "libs/one")
    top.commit("removed")
    assert places(scanned(top)) == BOTH


def test_a_submodule_that_is_not_checked_out_is_read(top: Repo) -> None:
    top.git("submodule", "--quiet", "deinit", "--force", "libs/one")
    assert places(scanned(top)) == BOTH


def test_a_submodule_with_a_git_directory_of_its_own_is_read(top: Repo, library: Repo) -> None:
    shutil.rmtree(top.path / ".git" / "modules")
    shutil.rmtree(top.path / "libs" / "one")
    shutil.copytree(library.path, top.path / "libs" / "one")
    assert places(scanned(top)) == BOTH


def test_a_submodule_of_a_bare_repository_is_named(top: Repo, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    top.git("clone", "--quiet", "--bare", str(top.path), str(bare))
    (missed,) = read(history(bare), AllowList()).not_scanned
    assert (missed.what, missed.kind) == ("libs/one", "elsewhere")


def test_a_submodule_that_is_not_here_is_named_and_leaves_the_scan_incomplete(
    top: Repo, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    top.git("clone", "--quiet", str(top.path), str(clone))
    scan = read(history(clone), AllowList())
    (missed,) = scan.not_scanned
    assert (scan.findings, missed.what, missed.kind) == ((), "libs/one", "elsewhere")
    assert "submodule update --init" in missed.reason
    assert not scan.complete


@pytest.mark.parametrize("target", ["elsewhere", "around"])
def test_a_tree_names_no_repository_outside_of_itself(
    top: Repo, library: Repo, target: str
) -> None:
    shutil.rmtree(top.path / ".git" / "modules")
    folder = library.path if target == "elsewhere" else top.path
    (top.path / "libs" / "one" / ".git").write_text(f"gitdir: {folder}/.git\n")
    assert scanned(top).findings == ()


def test_a_link_out_of_the_modules_is_not_followed(top: Repo, library: Repo) -> None:
    modules = top.path / ".git" / "modules"
    shutil.rmtree(modules)
    modules.mkdir()
    (modules / "linked").symlink_to(library.path / ".git")
    assert scanned(top).findings == ()


def test_a_missing_object_of_a_submodule_is_named_with_its_path(top: Repo, library: Repo) -> None:
    lost = library.git("rev-parse", "HEAD:a.txt")
    inner = top.path / ".git" / "modules" / "libs" / "one" / "objects"
    (inner / lost[:2] / lost[2:]).unlink()
    (missed,) = scanned(top).not_scanned
    assert (missed.what, missed.kind) == (f"libs/one/{lost}", "missing")


@pytest.mark.parametrize(
    ("pattern", "reason"), [("libs/*/a.txt", "excluded path"), ("a.txt", None)]
)
def test_a_pattern_means_the_path_in_the_repository_around(
    top: Repo, pattern: str, reason: str | None
) -> None:
    scan = scanned(top, AllowList(exclude=(pattern,)))
    (finding,) = (each for each in scan.findings if each.location.source == "blob")
    assert finding.allowed == reason
