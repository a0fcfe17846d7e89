from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bedrock_key_guard.action.checkout import checkout_of, repository_at, vouched
from bedrock_key_guard.action.event import Event
from bedrock_key_guard.report.github.case_markdown import ScannedCode
from tests.unit.scan.repositories import Repo, new_repo

SERVER, OURS, OTHER = "https://github.com", "acme/app", "acme/other"


def event(sha: str) -> Event:
    return Event("issue_comment", OURS, "octocat", sha, "1", SERVER, "", {}, None)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Give a repository whose `origin` is ours, with a branch `main` there and one commit more."""
    repo = new_repo(tmp_path / "app")
    on_main = repo.commit("first")
    repo.git("update-ref", "refs/remotes/origin/main", on_main)
    repo.git("remote", "add", "origin", f"{SERVER}/{OURS}")
    repo.commit("second")
    return repo


def head(repo: Repo, revision: str = "HEAD") -> str:
    return repo.git("rev-parse", revision)


def test_the_commit_of_the_event_is_the_repositorys_own(repo: Repo) -> None:
    found = checkout_of(repo.path, event(head(repo)))
    assert found.foreign is None
    assert found.source == ScannedCode(SERVER, OURS, head(repo), OURS, str(repo.path))


def test_what_a_branch_of_origin_has_is_its_own_too(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "--detach", "HEAD~1")
    assert checkout_of(repo.path, event("3" * 40)).foreign is None


@pytest.mark.parametrize(
    "reference", ["refs/heads/main", "refs/tags/v1", "refs/remotes/pull/7/head"]
)
def test_another_reference_vouches_for_nothing(reference: str, repo: Repo) -> None:
    repo.git("update-ref", reference, "HEAD")
    found = checkout_of(repo.path, event("3" * 40))
    assert found.foreign
    assert "fetch-depth: 0" in found.foreign
    # The commit of a pull request is on the pages of the repository that it was made for.
    assert found.source.code == OURS


@pytest.mark.parametrize(
    ("address", "code"),
    [(f"{SERVER}/{OTHER}", OTHER), ("https://ghes.example/acme/app", ""), ("/srv/git/app", "")],
)
def test_a_branch_of_another_repository_vouches_for_nothing(
    address: str, code: str, repo: Repo
) -> None:
    repo.git("remote", "set-url", "origin", address)
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    found = checkout_of(repo.path, event("3" * 40))
    assert found.foreign
    assert found.source == ScannedCode(SERVER, OURS, head(repo), code, str(repo.path))


def test_a_configuration_that_is_included_has_no_say(repo: Repo) -> None:
    repo.git("remote", "remove", "origin")
    more = repo.path / "more"
    more.write_text(f'[remote "origin"]\n\turl = {SERVER}/{OURS}\n', encoding="utf-8")
    repo.git("config", "include.path", str(more))
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert checkout_of(repo.path, event("3" * 40)).source.code == ""


def test_a_branch_that_github_has_vouches_for_a_shallow_checkout(
    repo: Repo, tmp_path: Path
) -> None:
    found = checkout_of(repo.path, event("3" * 40))
    fetched = new_repo(tmp_path / "fetched", "--bare")
    fetched.git("fetch", "--quiet", str(repo.path), "HEAD:refs/remotes/origin/topic")
    assert vouched(found, None) == found
    assert vouched(found, fetched.path) == replace(found, foreign=None)
    fetched.git("update-ref", "refs/heads/topic", "refs/remotes/origin/topic")
    fetched.git("update-ref", "-d", "refs/remotes/origin/topic")
    assert vouched(found, fetched.path) == found
    other = replace(found, source=replace(found.source, code=OTHER))
    fetched.git("update-ref", "refs/remotes/origin/topic", "refs/heads/topic")
    assert vouched(other, fetched.path) == other


def test_files_in_no_repository_are_nobodys(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        found = checkout_of(folder, event("3" * 40))
        assert found.foreign
        assert found.source == ScannedCode(SERVER, OURS, "", "")


def test_a_repository_that_git_cannot_read_is_nobodys(repo: Repo) -> None:
    (repo.path / ".git" / "HEAD").write_text("ref: refs/heads/none\n", encoding="utf-8")
    found = checkout_of(repo.path, event(head(repo, "refs/remotes/origin/main")))
    assert found.foreign


def test_another_work_tree_is_judged_as_the_first(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", str(tmp_path / "two"), "refs/remotes/origin/main")
    found = checkout_of(tmp_path / "two", event("3" * 40))
    assert found.foreign is None
    assert replace(found.source, top="").commit == head(repo, "HEAD~1")
    assert Path(found.source.top).samefile(tmp_path / "two")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/acme/app", OURS),
        ("https://github.com/acme/app.git", OURS),
        ("https://token@github.com/acme/app.git/", OURS),
        ("git@github.com:acme/app.git", OURS),
        ("github.com:acme/app", OURS),
        ("ssh://git@github.com:22/acme/app.git", OURS),
        ("https://github.com.evil.example/acme/app", ""),
        ("https://evil.example/github.com/acme/app", ""),
        ("https://github.com/acme/app/more", ""),
        ("https://github.com/acme/..", ""),
        ("https://github.com", ""),
        ("https://[", ""),
        ("../app", ""),
        ("C:\\app", ""),
        ("", ""),
    ],
)
def test_an_address_names_a_repository_of_one_server(address: str, name: str) -> None:
    assert repository_at(address, SERVER) == name
