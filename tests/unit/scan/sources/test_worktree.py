from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import IO
from unicodedata import normalize

import pytest

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model.findings import NotScanned, Scan
from bedrock_key_guard.model.origins import Origin
from bedrock_key_guard.scan import scan as loop
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.containers.reading import Reading, read_file
from bedrock_key_guard.scan.prefilter import file_workers
from bedrock_key_guard.scan.scan import IN_LFS, read
from bedrock_key_guard.scan.sources import worktree as module
from bedrock_key_guard.scan.sources.submodules import NOT_HERE
from bedrock_key_guard.scan.sources.worktree import files, worktree
from tests.doors import git
from tests.keysmith import long_term
from tests.unit.scan.repositories import lfs_pointer

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
    return read(worktree([Path(path) for path in paths]), AllowList())


def found(*paths: str) -> list[str]:
    return [finding.location.path for finding in scan(*paths).findings]


def composed(*names: str) -> list[str]:
    """Return names as Git has them on macOS, whatever the disk makes of them."""
    return [normalize("NFC", name) for name in names]


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
    assert sorted(composed(*found("."))) == ["clé\n.txt", "tracked", "untracked"]


def test_a_file_that_is_named_is_read_even_where_git_ignores_it() -> None:
    repository()
    write("ignored")
    Path(".gitignore").write_text("ignored\n")
    assert found("ignored") == ["ignored"]


@pytest.mark.parametrize("pattern", ["built/", "built", "/bu*"])
@pytest.mark.parametrize("of_a_commit", [True, False])
def test_a_folder_that_is_named_is_read_whole_even_where_git_ignores_it(
    pattern: str, of_a_commit: bool
) -> None:
    repository()
    write("built/a", "built/deep/b", "other/c")
    Path("built/.gitignore").write_text("a\n")
    rules = Path(".gitignore" if of_a_commit else ".git/info/exclude")
    rules.parent.mkdir(exist_ok=True)
    rules.write_text(f"{pattern}\n")
    assert sorted(found("built")) == ["built/a", "built/deep/b"]
    assert found("built/deep") == ["built/deep/b"]
    assert found(".") == ["other/c"]


@pytest.mark.parametrize("name", [":(top)other", "[ab]*", "-x", "a b", "\\", "clé"])
def test_a_folder_is_ignored_by_its_own_name_whatever_that_is(name: str) -> None:
    repository()
    write(f"one/{name}/a", f"two/{name}/ignored", f"two/{name}/b")
    Path(".gitignore").write_text("one/*/\nignored\n")
    assert composed(*found(f"one/{name}")) == [f"one/{name}/a"]
    assert composed(*found(f"two/{name}")) == [f"two/{name}/b"]


@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("named", ["fOLDER", "fOLDER/Caf\u00e9", "Folder/Cafe\u0301"])
def test_what_is_named_in_another_spelling_is_reported_as_it_is_stored(
    named: str, tracked: bool
) -> None:
    repository()
    write("Folder/Caf\u00e9")
    Path("Folder/.gitignore").write_text("ignored\n")
    write("Folder/ignored")
    if tracked:
        git("add", "--all", cwd=Path())
    if not Path(named).exists():
        pytest.skip("here that is another name")
    (stored,) = Path("Folder").glob("Caf*")
    assert found(named, "Folder") == [stored.as_posix()]


def test_a_folder_that_git_ignores_but_for_what_it_tracks_is_read_whole() -> None:
    repository()
    write("built/tracked", "built/ignored")
    Path(".gitignore").write_text("built/\n")
    git("add", "--force", "built/tracked", cwd=Path())
    assert sorted(found("built")) == ["built/ignored", "built/tracked"]
    assert found(".") == ["built/tracked"]


def test_the_current_folder_is_read_even_where_git_ignores_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository()
    write("built/a")
    Path(".gitignore").write_text("built/\n")
    monkeypatch.chdir("built")
    assert found(".") == ["a"]


@pytest.mark.parametrize("name", [".", "cache"])
def test_a_folder_of_which_git_ignores_every_file_is_read_whole(name: str) -> None:
    """As test runners and virtual environments write it: a `.gitignore` of `*`."""
    repository()
    write(f"{name}/a", f"{name}/deep/b")
    Path(name, ".gitignore").write_text("*\n")
    prefix = "" if name == "." else f"{name}/"
    assert sorted(found(name)) == [f"{prefix}a", f"{prefix}deep/b"]


def test_a_repository_in_a_folder_that_git_ignores_is_read_as_git_sees_it() -> None:
    repository()
    write("built/a")
    repository("built/inner")
    write("built/inner/b", "built/inner/ignored")
    Path("built/inner/.gitignore").write_text("ignored\n")
    Path(".gitignore").write_text("built/\n")
    assert sorted(found("built")) == ["built/a", "built/inner/b"]


def test_what_git_ignores_in_a_folder_that_is_named_stays_ignored() -> None:
    repository()
    write("sub/a", "sub/ignored")
    Path(".gitignore").write_text("ignored\n")
    assert found("sub") == ["sub/a"]


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
    done = read(files([Path("folder"), Path("pipe")]), AllowList())
    assert done.not_scanned == (
        NotScanned("folder", "skipped", "it is not a regular file"),
        NotScanned("pipe", "skipped", "it is not a regular file"),
    )
    assert done.complete


def test_what_cannot_be_read_makes_the_scan_incomplete() -> None:
    write("a")
    done = read(files([Path("gone"), Path("a")]), AllowList())
    assert [finding.location.path for finding in done.findings] == ["a"]
    assert done.not_scanned == (NotScanned("gone", "missing", "no such file or directory"),)
    assert not done.complete


def a_link_to_a_link(name: str) -> None:
    Path("between").symlink_to(name)
    Path("named").symlink_to("between")


def test_a_link_that_is_named_leads_where_it_says() -> None:
    write("outside/a")
    a_link_to_a_link("outside/a")
    assert found("named") == [str(Path("outside/a").resolve())]
    Path("folder").symlink_to("outside")
    assert found("folder") == ["folder/a"]
    Path("broken").symlink_to(KEY)
    assert found("broken") == ["broken"]


@pytest.mark.parametrize("behind", ["folder", "folder/b", "up/folder"])
def test_what_is_named_behind_a_link_of_a_work_tree_is_read(behind: str) -> None:
    """Git itself lists nothing there, which is no reason to call it clean."""
    repository()
    write("outside/b/a")
    Path("folder").symlink_to("outside")
    Path("up").symlink_to(".")
    assert found(behind) == [str(Path("outside/b/a").resolve())]


@pytest.mark.parametrize("link", [False, True])
def test_a_pipe_that_is_named_is_not_taken_for_clean(link: bool) -> None:
    os.mkfifo("pipe")
    if link:
        a_link_to_a_link("pipe")
    with pytest.raises(UsageError, match="is neither a file nor a folder") as caught:
        scan("named" if link else "pipe")
    assert "scan --stdin" in caught.value.remedy


@pytest.mark.parametrize("outer", [False, True])
@pytest.mark.parametrize("dot_git", ["folder", "file", "without objects"])
def test_what_only_looks_like_a_repository_is_a_folder(outer: bool, dot_git: str) -> None:
    if outer:
        repository()
    write("a/b", "c")
    if dot_git == "file":
        Path("a/.git").write_text("gitdir: ../nowhere")
    else:
        Path("a/.git").mkdir()
    if dot_git == "without objects":
        Path("a/.git/refs").mkdir()
    assert sorted(found(".")) == ["a/b", "c"]


def test_a_repository_that_git_knows_and_we_do_not_is_a_folder() -> None:
    repository()
    repository("a")
    write("a/b")
    Path("a/.git/HEAD").unlink()
    Path("a/.git/HEAD").symlink_to("refs/heads/unborn")
    assert found(".") == ["a/b"]


def test_a_work_tree_in_a_plain_folder_is_read_as_git_sees_it() -> None:
    repository("main")
    git("commit", "--allow-empty", "-m", "a", cwd=Path("main"))
    git("worktree", "add", "../plain/second", cwd=Path("main"))
    write("plain/second/a", "plain/second/ignored")
    Path("plain/second/.gitignore").write_text("ignored\n")
    assert found("plain") == ["plain/second/a"]


@pytest.mark.parametrize("inside_git", [False, True])
def test_a_folder_that_cannot_be_opened_makes_the_scan_incomplete(
    inside_git: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its path is too long, which stops a superuser too."""
    if inside_git:
        repository()
    with monkeypatch.context() as within:
        for _ in range(45):
            Path("d" * 100).mkdir()
            within.chdir("d" * 100)
        write("a")
    write("b")
    done = scan(".")
    assert [finding.location.path for finding in done.findings] == ["b"]
    assert [each.kind for each in done.not_scanned] == ["missing"]
    assert done.not_scanned[0].what.startswith("d" * 100)
    assert not done.complete


def test_what_was_in_a_folder_that_is_a_file_now_is_no_gap() -> None:
    repository()
    write("a/b")
    git("add", ".", cwd=Path())
    shutil.rmtree("a")
    write("a")
    done = scan(".")
    assert [finding.location.path for finding in done.findings] == ["a"]
    assert done.not_scanned == ()


def test_what_was_read_is_counted() -> None:
    write("a", "b")
    scanned = scan("a", "b").scanned
    assert (scanned.sources, scanned.objects) == (("working-tree",), 2)
    assert scanned.bytes == 2 * len(KEY)


MANY = module._FEW + 1


def test_many_files_are_sorted_out_before_they_are_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(MANY):
        Path(f"clean{number:02}").write_text("x" * number)
    write("b", "a")
    scanned_files: list[str] = []

    def noted(file: IO[bytes], origin: Origin) -> Reading:
        scanned_files.append(origin.name)
        return read_file(file, origin)

    monkeypatch.setattr(loop, "read_file", noted)
    done = scan(".")
    assert scanned_files == ["a", "b"]
    assert [finding.location.path for finding in done.findings] == ["a", "b"]
    assert done.scanned.objects == MANY + 2
    assert done.scanned.bytes == sum(range(MANY)) + 2 * len(KEY)


def test_what_other_processes_sort_out_is_the_same_in_the_same_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"{number % 7}/{number:03}" for number in range(200)]
    write(*names[::9])
    for name in names:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    alone = scan(".")
    monkeypatch.setattr(file_workers, "_MANY", 1)
    monkeypatch.setattr(file_workers, "_SHARE", 5)
    assert scan(".") == alone
    assert [finding.location.path for finding in alone.findings] == sorted(names[::9])


def test_a_few_files_start_no_other_process(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a")
    monkeypatch.setitem(sys.modules, "bedrock_key_guard.scan.prefilter.file_workers", None)
    assert found(".") == ["a"]


@pytest.mark.parametrize("more", [0, MANY])
def test_what_is_no_file_and_what_is_a_link_are_the_same_among_many_files(more: int) -> None:
    Path("tree").mkdir()
    for number in range(more):
        Path(f"tree/{number}").touch()
    os.mkfifo("tree/pipe")
    Path("tree/key").symlink_to(KEY)
    Path("tree/out").symlink_to("/dev/zero")
    Path("tree/sealed").write_text(KEY)
    Path("tree/sealed").chmod(0)
    done = scan("tree")
    paths = [finding.location.path for finding in done.findings]
    readable = os.access("tree/sealed", os.R_OK)
    assert paths == ["tree/key", *["tree/sealed"] * readable]
    assert done.not_scanned[0] == NotScanned("tree/pipe", "skipped", "it is not a regular file")
    assert len(done.not_scanned) == 1 + (not readable)


def test_an_interruption_keeps_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a", "b", "c")

    def interrupted(file: IO[bytes], origin: Origin) -> Reading:
        if origin.name == "c":
            raise KeyboardInterrupt
        return read_file(file, origin)

    monkeypatch.setattr(loop, "read_file", interrupted)
    done = scan(".")
    assert [finding.location.path for finding in done.findings] == ["a", "b"]
    assert (done.interrupted, done.complete) == (True, False)


class Restless:
    """Stand for a file that somebody writes to while it is read, `times` times."""

    def __init__(self, path: Path, times: int) -> None:
        self.path = path
        self.times = times

    def __call__(self, file: IO[bytes], origin: Origin) -> Reading:
        if self.times:
            self.times -= 1
            self.path.write_text(KEY + "\n" * self.times)
            os.utime(self.path, ns=(0, self.times))
        return read_file(file, origin)


def test_a_file_that_changes_while_it_is_read_is_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("a").write_text("old")
    monkeypatch.setattr(loop, "read_file", Restless(Path("a"), 1))
    done = scan("a")
    assert [finding.location.path for finding in done.findings] == ["a"]
    assert done.not_scanned == ()


def test_a_file_that_never_stays_the_same_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a").write_text("old")
    monkeypatch.setattr(loop, "read_file", Restless(Path("a"), 9))
    done = scan("a")
    assert [finding.location.path for finding in done.findings] == ["a"]
    assert done.not_scanned == (NotScanned("a", "missing", "it changed while it was read"),)


def test_a_pipe_that_takes_a_files_place_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("a")
    before = os.lstat("a")
    Path("a").unlink()
    os.mkfifo("a")
    monkeypatch.setattr("os.lstat", lambda _: before)
    assert read(files([Path("a")]), AllowList()).not_scanned == (
        NotScanned("a", "skipped", "it is not a regular file"),
    )


def test_a_link_that_takes_a_files_place_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a", "outside")
    before = os.lstat("a")
    Path("a").unlink()
    Path("a").symlink_to("outside")
    monkeypatch.setattr("os.lstat", lambda _: before)
    done = read(files([Path("a")]), AllowList())
    assert (done.findings, done.complete) == ((), False)


def test_a_submodule_that_is_not_here_is_named() -> None:
    repository()
    repository("sub")
    write("sub/a")
    git("-c", "user.name=a", "-c", "user.email=a", "add", ".", cwd=Path("sub"))
    git("-c", "user.name=a", "-c", "user.email=a", "commit", "-qm", "a", cwd=Path("sub"))
    git("-c", "advice.addEmbeddedRepo=false", "add", "sub", cwd=Path())
    assert found(".") == ["sub/a"]
    shutil.rmtree("sub/.git")
    Path("sub/a").unlink()
    done = scan(".")
    assert done.findings == ()
    assert done.not_scanned == (NotScanned("sub", "elsewhere", NOT_HERE),)


@pytest.mark.parametrize("start", [".", "data.csv"])
def test_a_pointer_is_read_where_its_object_is_and_else_named(start: str) -> None:
    repository()
    pointer, path = lfs_pointer(Path(), KEY)
    Path("data.csv").write_bytes(pointer.encode())
    assert found(start) == ["data.csv"]
    path.write_text("cut")
    done = scan(start)
    assert done.not_scanned == (NotScanned("data.csv", "elsewhere", IN_LFS),)
    for number in range(MANY):
        Path(f"{number}").touch()
    assert NotScanned("data.csv", "elsewhere", IN_LFS) in scan(".").not_scanned


def test_what_a_sparse_checkout_leaves_out_is_read_from_the_index() -> None:
    repository()
    write("here/a", "out/b")
    git("add", ".", cwd=Path())
    git("commit", "-qm", "all", cwd=Path())
    git("sparse-checkout", "set", "here", cwd=Path())
    assert not Path("out/b").exists()
    done = scan(".")
    places = [(each.location.path, each.location.source) for each in done.findings]
    assert places == [("out/b", "index"), ("here/a", "working-tree")]
    assert found("out") == ["out/b"] if Path("out").exists() else True


def test_a_tracked_file_that_somebody_deleted_is_no_gap() -> None:
    repository()
    write("a", "b")
    git("add", ".", cwd=Path())
    Path("b").unlink()
    assert (found("."), scan(".").complete) == (["a"], True)


def test_names_are_read() -> None:
    name = KEY.rstrip("=")
    write(f"{name}/{name}")
    Path(f"{name}/{name}").write_text("clean")
    assert [(each.location.path, each.location.source) for each in scan(".").findings] == [
        (name, "name"),
        (f"{name}/{name}", "name"),
        (f"{name}/{name}", "name"),
    ]


def test_the_repository_around_a_dangling_worktree_is_not_its_own() -> None:
    repository()
    write("lost/a")
    Path("lost/.git").write_text("gitdir: /nowhere")
    Path(".gitignore").write_text("lost")
    assert found("lost") == ["lost/a"]
