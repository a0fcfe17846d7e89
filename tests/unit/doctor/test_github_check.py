from __future__ import annotations

from pathlib import Path

import pytest

from bedrock_key_guard.aws.server_dates import ServerDates
from bedrock_key_guard.doctor.checks import Check
from bedrock_key_guard.doctor.github_check import check_github, origin
from bedrock_key_guard.github.issues import MANAGEMENT_LABEL
from sandbox.github.github_server import GitHubServer
from tests.doors import git

REPOSITORY = "acme/app"


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("https://github.com/acme/app.git", REPOSITORY),
        ("https://github.com/acme/app/", REPOSITORY),
        ("git@github.com:acme/app.git", REPOSITORY),
        ("ssh://git@github.com/acme/app.name", "acme/app.name"),
        ("elsewhere", ""),
        (None, ""),
    ],
)
def test_the_repository_is_that_of_the_remote(
    address: str | None, named: str, tmp_path: Path, home: Path
) -> None:
    git("init", cwd=tmp_path)
    if address:
        git("remote", "add", "origin", address, cwd=tmp_path)
    assert origin(tmp_path) == named


def looked_at(github: GitHubServer, folder: Path, repository: str = REPOSITORY) -> dict[str, Check]:
    environment = {
        "GITHUB_TOKEN": github.add_actions_token(REPOSITORY),
        "GITHUB_API_URL": github.api_url,
    }
    found = check_github(folder, repository, environment, ServerDates())
    return {check.name: check for check in found}


@pytest.mark.parametrize("labelled", [True, False])
def test_a_label_that_is_not_there_yet_is_nothing_wrong(
    labelled: bool, github: GitHubServer, tmp_path: Path
) -> None:
    github.add_repository(REPOSITORY)
    if labelled:
        github.state.add_label(github.state.repositories[REPOSITORY], MANAGEMENT_LABEL)
    found = looked_at(github, tmp_path)
    assert {check.state for check in found.values()} == {"works"}
    assert ("is there" in found["label"].said) is labelled


def test_issues_that_are_switched_off_are_named(github: GitHubServer, tmp_path: Path) -> None:
    github.add_repository(REPOSITORY, has_issues=False)
    issues = looked_at(github, tmp_path)["issues"]
    assert (issues.state, issues.mend) == ("wrong", f"gh repo edit {REPOSITORY} --enable-issues")


def test_an_archived_repository_takes_no_issue(github: GitHubServer, tmp_path: Path) -> None:
    github.add_repository(REPOSITORY, archived=True)
    assert looked_at(github, tmp_path)["issues"].state == "wrong"


def test_a_repository_that_the_token_does_not_see_lacks(
    github: GitHubServer, tmp_path: Path
) -> None:
    github.add_repository(REPOSITORY)
    assert looked_at(github, tmp_path, "acme/other")["token"].state == "lacks"


def test_what_is_no_repository_is_not_asked_about(github: GitHubServer, tmp_path: Path) -> None:
    github.add_repository(REPOSITORY)
    assert looked_at(github, tmp_path, "app")["repository"].state == "unknown"
    assert list(github.exchanges) == []


def test_without_a_token_nobody_is_asked(tmp_path: Path) -> None:
    (check,) = check_github(tmp_path, REPOSITORY, {}, ServerDates())
    assert (check.name, check.state) == ("token", "lacks")
