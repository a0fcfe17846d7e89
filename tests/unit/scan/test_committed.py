from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bedrock_key_guard.git.clean_git import Git
from bedrock_key_guard.model.findings import Incident, incidents_of
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.committed import committed, dated
from bedrock_key_guard.scan.scan import read
from bedrock_key_guard.scan.sources.worktree import worktree
from tests.keysmith import fingerprint_of, long_term
from tests.unit.scan.repositories import Repo, new_repo

KEY = long_term()


def test_a_key_of_the_last_commit_is_there_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_repo(tmp_path).commit("leak", a__txt=KEY)
    monkeypatch.chdir(tmp_path)
    assert committed(["a.txt"], {}) == {fingerprint_of(KEY)}


def test_a_file_outside_of_the_repository_is_in_none_of_its_commits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree, outside = tmp_path / "tree", tmp_path / "a.txt"
    tree.mkdir()
    new_repo(tree).commit("leak", a__txt=KEY)
    outside.write_text(KEY)
    monkeypatch.chdir(tree)
    assert committed([str(outside), "../a.txt"], {}) == frozenset()


def test_what_git_cannot_tell_is_not_known_to_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = new_repo(tmp_path)
    repo.commit("leak", a__txt=KEY)
    name = repo.git("rev-parse", "HEAD^{tree}")
    (tmp_path / ".git" / "objects" / name[:2] / name[2:]).unlink()
    monkeypatch.chdir(tmp_path)
    assert committed(["a.txt"], {}) == frozenset()


KEY, OTHER = long_term("alice"), long_term("bob")
ANN = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    monkeypatch.chdir(tmp_path)
    return new_repo(tmp_path)


def found(repo: Repo) -> Incident:
    (incident,) = incidents_of(read(worktree([repo.path]), AllowList()).findings)
    return incident


def leak(repo: Repo, name: str = "a.txt") -> str:
    """Commit a file that has had a key since its second version of four."""
    repo.commit("none yet", **{name.replace(".", "__"): "x"})
    repo.write(name, f"key = {KEY}\n")
    repo.git("add", "--all")
    repo.git(*ANN, "commit", "-m", "leak")
    leaked = repo.git("rev-parse", "HEAD")
    repo.commit("edit", **{name.replace(".", "__"): f"# moved\n\nkey = {KEY}\n"})
    repo.commit("another file", b__txt="x")
    return leaked


def test_a_key_in_a_file_is_traced_through_all_its_versions(repo: Repo) -> None:
    leaked = leak(repo)
    repo.write("a.txt", f"# not committed\n{KEY}")
    (place,) = dated(found(repo)).locations
    assert (place.source, place.commit, place.line) == ("working-tree", leaked, 2)
    assert place.author == "Ann <ann@example.com>"
    assert place.author_time is not None


@pytest.mark.parametrize("name", ["a*.txt", "[a].txt", "sub/a b.txt"])
def test_a_name_is_no_pattern(repo: Repo, name: str) -> None:
    repo.commit("an earlier file that a pattern meets", a__txt="x", aa__txt="x")
    leaked = leak(repo, name)
    (place,) = dated(found(repo)).locations
    assert place.commit == leaked


def test_a_key_that_is_in_no_commit_is_dated_by_none(repo: Repo) -> None:
    repo.commit("another key", a__txt=OTHER)
    repo.write("a.txt", KEY)
    incident = found(repo)
    assert dated(incident) == incident


def test_outside_of_a_repository_nothing_is_dated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(KEY)
    incident = found(Repo(tmp_path))
    assert dated(incident) == incident


def test_no_argument_of_a_child_is_a_name_that_may_hold_a_key(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = KEY[:120].replace("/", "")
    repo.commit("leak", **{name: KEY})
    incident = found(repo)
    spawn, told = Git.spawn, list[str]()

    def watched(git: Git, command: list[str], stderr: int | None = None) -> subprocess.Popen[bytes]:
        told.extend(command)
        return spawn(git, command, stderr)

    monkeypatch.setattr(Git, "spawn", watched)
    assert dated(incident).locations[0].commit
    assert told
    assert not [word for word in told if name[:12] in word]


def test_where_a_shallow_clone_begins_is_not_where_a_key_was_leaked(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leak(repo)
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", "--depth", "1", f"file://{repo.path}", str(clone))
    monkeypatch.chdir(clone)
    incident = found(Repo(clone))
    assert dated(incident) == incident
