from __future__ import annotations

import os
from pathlib import Path
from typing import cast
from unicodedata import normalize

import pytest

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.clean_git import Git, clean_git
from bedrock_key_guard.git.object_lists import find_references
from bedrock_key_guard.git.repository import Repository, find_repository
from tests.unit.scan.repositories import Repo, new_repo

FORMAT = "--format=%(refname) %(symref) %(objectname)"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = new_repo(tmp_path / "repo")
    repo.commit("first", a="1")
    repo.git("tag", "packed")
    repo.git("pack-refs", "--all")
    repo.commit("second", a="2")
    repo.git("branch", "deep/er/branch", "HEAD~")
    repo.git("tag", "--annotate", "--message", "t", "annotated")
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/deep/er/branch")
    return repo


def lent(repo: Repo) -> Repository:
    return cast("Repository", find_repository(repo.path))


def directory(git: Git) -> Path:
    return Path(git.environment["GIT_DIR"])


def test_every_reference_is_lent(repo: Repo) -> None:
    with clean_git(lent(repo)) as git:
        listed = git.run("for-each-ref", FORMAT).decode().strip()
        head = git.run("rev-parse", "HEAD").decode().strip()
    assert listed == repo.git("for-each-ref", FORMAT)
    assert len(listed.splitlines()) == 5
    assert head == repo.git("rev-parse", "HEAD")


def test_many_references_are_lent_in_one_file_and_strange_ones_as_git_has_them(
    repo: Repo,
) -> None:
    head = repo.git("rev-parse", "HEAD")
    heads = repo.path / ".git" / "refs" / "heads"
    repo.git("update-ref", "refs/heads/über", head)
    repo.git("update-ref", "refs/tags/v1.0", head)
    repo.git("update-ref", "refs/tags/packed", head)
    (heads / "held.lock").write_text(f"{head}\n")
    (heads / "line\nbreak").write_text(f"{head}\n")
    with clean_git(lent(repo)) as git:
        listed = git.run("for-each-ref", FORMAT, "--sort=refname").decode().strip()
        files = [each for each in (directory(git) / "refs").rglob("*") if each.is_file()]
        tag = git.run("rev-parse", "annotated^{commit}").decode().strip()
    # Where letters are kept decomposed, so are those that we write.
    assert normalize("NFC", listed) == repo.git("for-each-ref", FORMAT, "--sort=refname")
    assert {normalize("NFC", each.name) for each in files} == {
        *("HEAD", "über", "held.lock", "line\nbreak")
    }
    assert tag == head


def test_packed_references_that_are_damaged_are_not_taken_for_none(repo: Repo) -> None:
    with (repo.path / ".git" / "packed-refs").open("a") as packed:
        packed.write("garbage\n")
    with clean_git(lent(repo)) as git, pytest.raises(UsageError, match="garbage"):
        find_references(git)


def test_nothing_that_is_lent_is_a_link(repo: Repo) -> None:
    repo.git("update-index", "--split-index")
    (repo.path / ".git" / "shallow").write_text("")
    with clean_git(lent(repo)) as git:
        files = list(directory(git).rglob("*"))
        staged = git.run("ls-files", "--stage").decode().strip()
    assert {"packed-refs", "shallow"} <= {each.name for each in files}
    assert not [each for each in files if each.is_symlink()]
    assert staged == repo.git("ls-files", "--stage")


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_to_a_reference_is_one_to_git(repo: Repo) -> None:
    (repo.path / ".git" / "refs" / "heads" / "old").symlink_to("refs/heads/deep/er/branch")
    with clean_git(lent(repo)) as git:
        found = git.run("rev-parse", "old").decode().strip()
    assert found == repo.git("rev-parse", "deep/er/branch")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_what_is_no_reference_is_neither_waited_for_nor_read_without_end(repo: Repo) -> None:
    heads = repo.path / ".git" / "refs" / "heads"
    os.mkfifo(heads / "pipe")
    (heads / "endless").symlink_to("/dev/zero")
    (heads / "circle").symlink_to("circle")
    (heads / "large").write_bytes(b"x" * 100_000)
    with clean_git(lent(repo)) as git:
        assert {each.name for each in (directory(git) / "refs" / "heads").iterdir()} & {
            *("pipe", "endless", "circle", "large")
        } == {"large"}
        assert repo.git("rev-parse", "deep/er/branch") in find_references(git).values()


def test_what_git_writes_does_not_reach_the_repository(repo: Repo) -> None:
    before = repo.git("for-each-ref", FORMAT)
    with clean_git(lent(repo)) as git:
        git.run("update-ref", "refs/heads/deep/er/branch", repo.git("rev-parse", "HEAD"))
    assert repo.git("for-each-ref", FORMAT) == before
