from __future__ import annotations

import os
from typing import cast

import pytest

from bedrock_key_guard.git import introductions
from bedrock_key_guard.git.clean_git import clean_git
from bedrock_key_guard.git.repository import Repository, find_repository
from tests.unit.scan.repositories import Repo, new_repo


@pytest.fixture(scope="module")
def history(
    loopback_environment: None, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Repo, list[str]]:
    repo = new_repo(tmp_path_factory.mktemp("history") / "repo")
    return repo, [
        repo.commit("begin", same="a", other="b"),
        *(repo.commit(f"{n}", same=f"{n % 3}", **{f"copy{n}": "a"}) for n in range(6)),
    ]


@pytest.mark.parametrize("cores", [1, 2, 3, 50])
@pytest.mark.parametrize("at_a_time", [1, 10_000])
def test_however_commits_are_shared_out_the_first_one_is_found(
    history: tuple[Repo, list[str]], monkeypatch: pytest.MonkeyPatch, cores: int, at_a_time: int
) -> None:
    monkeypatch.setattr(introductions, "_SHARE", 1)
    monkeypatch.setattr(introductions, "_AT_A_TIME", at_a_time)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    repo, commits = history
    objects = {name: repo.git("rev-parse", f"{commits[0]}:{name}") for name in ("same", "other")}

    with clean_git(cast("Repository", find_repository(repo.path))) as git:
        found = introductions.introductions(git, list(objects.values()), ["--all"])

    places = {(each.object, each.path): each.commit.id for each in found}
    assert places == {
        (objects["same"], "same"): commits[0],
        (objects["other"], "other"): commits[0],
        **{(objects["same"], f"copy{n}"): commits[n + 1] for n in range(6)},
    }
