from __future__ import annotations

import os
from pathlib import Path
from unicodedata import normalize

import pytest

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.repository import find_repository, index_file
from bedrock_key_guard.model.findings import Finding, NotScanned
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.scan import IN_LFS, read
from bedrock_key_guard.scan.sources.index import index
from bedrock_key_guard.scan.sources.objects import ABSENT
from bedrock_key_guard.scan.sources.submodules import NOT_HERE
from tests.doors import git
from tests.hostile import lay_traps
from tests.keysmith import long_term
from tests.unit.scan.repositories import lfs_pointer

KEY = long_term("bob")


@pytest.fixture(params=["sha1", "sha256"])
def repository(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", f"--object-format={request.param}", cwd=folder)
    return folder


def stage(repository: Path, name: str, text: str = KEY) -> None:
    (repository / name).write_bytes(text.encode())
    git("add", "--all", cwd=repository)


def commit(repository: Path) -> None:
    assert git("commit", "-m", "a change", cwd=repository).returncode == 0


def found(repository: Path) -> list[str]:
    return [finding.location.path for finding in findings(repository)]


def composed(name: str) -> str:
    """Return a name as Git has it on macOS, whatever the disk makes of it."""
    return normalize("NFC", name)


def findings(repository: Path) -> tuple[Finding, ...]:
    done = read(index(repository, {}), AllowList())
    assert done.complete
    return done.findings


WAYS = {
    "on the section's line": "[extensions] objectformat = {}",
    "in quotes": '[extensions]\n\tobjectFormat = "{}"',
    "with a comment": "[Extensions]\nObjectFormat={} ; as it is",
    "on two lines": "[extensions]\nobjectFormat = sha\\\n{1}",
    "beside a decoy": "[mine]\nobjectFormat = sha256\n[extensions]\nobjectFormat = {}",
}


@pytest.mark.parametrize("way", WAYS)
def test_the_hash_may_be_named_in_any_way_that_git_reads(repository: Path, way: str) -> None:
    config = repository / ".git" / "config"
    name = "sha256" if "sha256" in config.read_text() else "sha1"
    named = WAYS[way].format(name, name.removeprefix("sha"))
    config.write_text(f"[core]\nrepositoryformatversion = 1\n{named}\n")
    stage(repository, "a")
    commit(repository)
    assert found(repository) == []
    stage(repository, "b")
    assert found(repository) == ["b"]


@pytest.mark.parametrize("name", ["sha512", "", "sha256\\n[core]\\nfsmonitor = /bin/false"])
def test_a_hash_that_nobody_knows_is_an_error(repository: Path, name: str) -> None:
    stage(repository, "a")
    (repository / ".git" / "config").write_text(f'[extensions]\nobjectFormat = "{name}"\n')
    with pytest.raises(UsageError, match="named by an unknown hash"):
        read(index(repository, {}), AllowList())


def test_before_the_first_commit_all_is_new(repository: Path) -> None:
    stage(repository, "a")
    assert found(repository) == ["a"]


def test_what_the_last_commit_has_is_not_new(repository: Path) -> None:
    stage(repository, "old")
    commit(repository)
    stage(repository, "new")
    assert found(repository) == ["new"]


def test_a_change_of_an_old_file_is_read_whole(repository: Path) -> None:
    stage(repository, "a")
    commit(repository)
    stage(repository, "a", f"{KEY}\nand more")
    assert found(repository) == ["a"]


def test_a_file_that_moves_is_read_and_one_that_goes_is_not(repository: Path) -> None:
    stage(repository, "a")
    stage(repository, "b")
    commit(repository)
    git("mv", "a", "moved", cwd=repository)
    git("rm", "b", cwd=repository)
    assert found(repository) == ["moved"]


def test_names_of_every_kind_come_back_as_they_are(repository: Path) -> None:
    names = ["clé", "line\nbreak", "--option", os.fsdecode(b"\xff"), ":(glob)*"]
    for name in names:
        stage(repository, name)
    assert sorted(map(composed, found(repository))) == sorted(names)


def test_what_a_link_says_is_read(repository: Path) -> None:
    (repository / "link").symlink_to(KEY)
    git("add", "link", cwd=repository)
    assert found(repository) == ["link"]


def test_a_submodule_is_not_read(repository: Path) -> None:
    inner = repository / "inner"
    inner.mkdir()
    same = "sha256" if "sha256" in (repository / ".git" / "config").read_text() else "sha1"
    git("init", f"--object-format={same}", cwd=inner)
    stage(inner, "a")
    commit(inner)
    git("add", "inner", cwd=repository)
    assert found(repository) == []


def test_a_finding_names_the_object(repository: Path) -> None:
    stage(repository, "a")
    (finding,) = findings(repository)
    assert finding.location.source == "index"
    assert finding.location.object == git("hash-object", "a", cwd=repository).stdout.strip()


def test_another_index_can_be_named(repository: Path) -> None:
    stage(repository, "a")
    other = repository / ".git" / "next-index"
    other.write_bytes((repository / ".git" / "index").read_bytes())
    git("rm", "--cached", "a", cwd=repository)
    assert found(repository) == []
    named = {"GIT_INDEX_FILE": str(other)}
    assert len(read(index(repository, named), AllowList()).findings) == 1


def test_the_repository_that_git_names_is_the_one(repository: Path, tmp_path: Path) -> None:
    stage(repository, "a", "clean")
    bare = tmp_path / "elsewhere.git"
    (repository / ".git").rename(bare)
    git("init", cwd=tmp_path)
    named = {"GIT_DIR": str(bare), "GIT_WORK_TREE": str(repository)}
    (repository / "b").write_text(KEY)
    git("add", "b", cwd=repository, env={**os.environ, **named})
    done = read(index(repository, named), AllowList())
    assert [finding.location.path for finding in done.findings] == ["b"]
    assert read(index(repository, {"GIT_DIR": str(tmp_path)}), AllowList()).findings == ()


def test_a_folder_of_another_repository_than_the_hooks_is_what_was_named(
    repository: Path,
) -> None:
    inner = repository / "inner"
    inner.mkdir()
    git("init", cwd=inner)
    stage(inner, "leak")
    hook = {"GIT_INDEX_FILE": ".git/index"}
    for environment in (hook, {"GIT_DIR": str(repository / ".git"), **hook}):
        done = read(index(inner, environment), AllowList())
        assert [finding.location.path for finding in done.findings] == ["leak"]


def test_a_pointer_is_read_where_its_object_is_and_else_named(repository: Path) -> None:
    pointer, path = lfs_pointer(repository, KEY)
    stage(repository, "data.csv", pointer)
    (finding,) = findings(repository)
    assert (finding.location.path, finding.location.line) == ("data.csv", 1)
    path.unlink()
    done = read(index(repository, {}), AllowList())
    assert done.not_scanned == (NotScanned("data.csv", "elsewhere", IN_LFS),)
    assert not done.complete


def test_a_submodule_that_is_not_here_is_named(repository: Path) -> None:
    stage(repository, "a", "clean")
    commit(repository)
    entry = f"160000,{git('rev-parse', 'HEAD', cwd=repository).stdout.strip()},sub"
    git("update-index", "--add", "--cacheinfo", entry, cwd=repository)
    done = read(index(repository, {}), AllowList())
    assert done.not_scanned == (NotScanned("sub", "elsewhere", NOT_HERE),)


def test_a_name_that_is_a_key_is_found(repository: Path) -> None:
    (repository / KEY.rstrip("=")).mkdir()
    stage(repository, f"{KEY.rstrip('=')}/a", "clean")
    stage(repository, f"{KEY.rstrip('=')}/b", "clean")
    (finding,) = findings(repository)
    assert (finding.location.source, finding.location.column) == ("name", 1)


def test_what_a_merge_brings_is_read_before_its_conflicts_are_settled(repository: Path) -> None:
    stage(repository, "a", "first")
    stage(repository, "gone", "first")
    commit(repository)
    git("checkout", "-b", "theirs", cwd=repository)
    stage(repository, "a", KEY)
    stage(repository, "gone", KEY)
    stage(repository, "added", KEY)
    commit(repository)
    git("checkout", "-", cwd=repository)
    stage(repository, "a", f"ours {KEY}")
    git("rm", "gone", cwd=repository)
    commit(repository)
    assert git("merge", "theirs", cwd=repository).returncode == 1
    assert sorted(found(repository)) == ["a", "added", "gone"]
    assert len(findings(repository)) == 3


def test_an_object_that_is_missing_makes_the_scan_incomplete(repository: Path) -> None:
    stage(repository, "a")
    (finding,) = findings(repository)
    name = finding.location.object or ""
    (repository / ".git" / "objects" / name[:2] / name[2:]).unlink()
    done = read(index(repository, {}), AllowList())
    assert done.not_scanned == (NotScanned("a", "missing", ABSENT),)
    assert not done.complete


def test_objects_of_another_repository_are_reached_through_alternates(tmp_path: Path) -> None:
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    git("init", cwd=origin)
    stage(origin, "a", "clean")
    commit(origin)
    git("clone", "--shared", str(origin), str(clone), cwd=tmp_path)
    stage(clone, "b")
    assert found(clone) == ["b"]


def test_a_second_worktree_has_its_own_index(repository: Path) -> None:
    stage(repository, "a", "clean")
    commit(repository)
    git("worktree", "add", "../second", cwd=repository)
    second = repository.parent / "second"
    stage(second, "b")
    assert (found(second), found(repository)) == (["b"], [])


def test_outside_a_repository_there_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not in a Git repository"):
        read(index(tmp_path, {}), AllowList())


def test_a_broken_index_gives_one_sentence(repository: Path) -> None:
    stage(repository, "a")
    (repository / ".git" / "index").write_bytes(b"\x1b[31mnonsense")
    with pytest.raises(UsageError, match="Git could not read the repository"):
        read(index(repository, {}), AllowList())


def test_nothing_of_the_repository_is_run_or_changed(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    stage(repository, "a")
    lay_traps(repository, mark)
    mark.unlink(missing_ok=True)
    before = (repository / ".git" / "index").read_bytes()
    assert found(repository) == ["a"]
    assert not mark.exists(), mark.read_text()
    assert (repository / ".git" / "index").read_bytes() == before


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        ({}, None),
        ({"GIT_INDEX_FILE": ""}, None),
        ({"GIT_INDEX_FILE": "/x/index.lock"}, Path("/x/index.lock")),
        ({"GIT_INDEX_FILE": ".git/index"}, Path.cwd() / ".git" / "index"),
    ],
)
def test_git_may_name_the_index(environment: dict[str, str], path: Path | None) -> None:
    assert index_file(environment) == path


def test_a_repository_is_found_from_below_and_not_past_a_broken_pointer(tmp_path: Path) -> None:
    git("init", cwd=tmp_path)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    found = find_repository(deep)
    (deep / ".git").write_text("not a pointer")
    assert find_repository(deep) is None
    assert found is not None
    assert (found.work_tree, found.git_dir) == (tmp_path, tmp_path / ".git")
    assert find_repository(Path("/")) is None
