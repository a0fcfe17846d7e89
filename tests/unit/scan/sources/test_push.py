from __future__ import annotations

import os
from pathlib import Path

import pytest

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.repository import object_folders
from bedrock_key_guard.model.findings import Scan
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.prefilter.unpushed import may_bring_key
from bedrock_key_guard.scan.scan import read
from bedrock_key_guard.scan.sources.message import message
from bedrock_key_guard.scan.sources.push import before_push, before_receipt, unpushed
from tests.keysmith import long_term
from tests.unit.scan.repositories import Repo, new_repo

KEY = long_term("bob")
NONE = "0" * 40


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """Give a repository of which a remote has the first commit, with a key in the second."""
    repo = new_repo(tmp_path / "repo")
    repo.commit("begin", README="clean")
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repo.commit("leak", app__env=KEY)
    repo.commit("mend", app__env="clean")
    monkeypatch.chdir(repo.path)
    return repo


def keys(scan: Scan) -> list[str]:
    assert scan.complete
    return [each.location.path for each in scan.findings]


@pytest.mark.parametrize(
    ("local", "known", "remote", "found"),
    [
        ("HEAD", NONE, "origin", ["app.env"]),
        ("HEAD", NONE, "elsewhere", ["app.env"]),
        ("HEAD", "HEAD", "origin", []),
        ("HEAD", "a" * 40, "origin", ["app.env"]),
        (NONE, "HEAD", "origin", []),
        ("refs/remotes/origin/main", NONE, "origin", []),
    ],
    ids=["new", "of no remote", "known", "known elsewhere alone", "deleted", "nothing new"],
)
def test_a_push_is_read_from_what_the_other_side_has(
    repo: Repo, local: str, known: str, remote: str, found: list[str]
) -> None:
    old, new = (
        each if each.isalnum() and len(each) == 40 else repo.git("rev-parse", each)
        for each in (known, local)
    )
    line = f"refs/heads/x {new} refs/heads/x {old}\n".encode()
    assert keys(read(before_push([line], remote, {}), AllowList())) == found
    assert keys(read(before_push([], remote, {}), AllowList())) == []


def test_what_a_server_has_is_not_new(repo: Repo) -> None:
    head = repo.git("rev-parse", "HEAD")
    line = f"{NONE} {head} refs/heads/x\n".encode()
    assert keys(read(before_receipt([line], {}), AllowList())) == []
    repo.git("update-ref", "-d", "refs/heads/main")
    assert keys(read(before_receipt([line], {}), AllowList())) == ["app.env"]


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"PRE_COMMIT_REMOTE_NAME": "origin"}, ["app.env"]),
        ({"PRE_COMMIT_REMOTE_NAME": "elsewhere"}, ["app.env"]),
        ({}, ["app.env"]),
        ({"PRE_COMMIT_FROM_REF": "HEAD", "PRE_COMMIT_REMOTE_NAME": "origin"}, []),
        ({"PRE_COMMIT_FROM_REF": "a" * 40, "PRE_COMMIT_REMOTE_NAME": "origin"}, ["app.env"]),
    ],
)
def test_under_pre_commit_all_is_read_that_the_remote_has_not(
    repo: Repo, environment: dict[str, str], found: list[str]
) -> None:
    if environment.get("PRE_COMMIT_FROM_REF") == "HEAD":
        environment = environment | {"PRE_COMMIT_FROM_REF": repo.git("rev-parse", "HEAD")}
    assert keys(read(unpushed(environment), AllowList())) == found


def test_under_pre_commit_a_name_that_is_a_key_is_found(repo: Repo) -> None:
    known = {"PRE_COMMIT_FROM_REF": repo.git("rev-parse", "HEAD")}
    name = f"refs/heads/{KEY.replace('/', '_')}"
    # Where programs cannot be started quickly the scanner is asked of every push.
    assert may_bring_key(known) is not hasattr(os, "posix_spawn")
    assert may_bring_key({**known, "PRE_COMMIT_REMOTE_BRANCH": name})
    there = read(unpushed({**known, "PRE_COMMIT_REMOTE_BRANCH": name}), AllowList())
    repo.git("update-ref", name, "HEAD")
    assert may_bring_key(known)
    here = read(unpushed(known), AllowList())
    assert [each.location.source for each in (*there.findings, *here.findings)] == ["name"] * 2


def test_a_repository_without_a_commit_has_nothing_to_push(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(new_repo(tmp_path / "new").path)
    assert read(unpushed({}), AllowList()).findings == ()


@pytest.mark.parametrize("line", [b"", b"a b\n", b"a b c d e\n"])
def test_what_git_does_not_write_is_refused(repo: Repo, line: bytes) -> None:
    for source in (before_push([line], "origin", {}), before_receipt([line], {})):
        with pytest.raises(UsageError):
            read(source, AllowList())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, {}),
        (
            {"GIT_OBJECT_DIRECTORY": "./objects/in", "GIT_ALTERNATE_OBJECT_DIRECTORIES": "objects"},
            {
                "GIT_OBJECT_DIRECTORY": "/here/objects/in",
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/here/objects",
            },
        ),
        (
            {"GIT_OBJECT_DIRECTORY": "/in", "GIT_ALTERNATE_OBJECT_DIRECTORIES": 'a:"/b\\072c"'},
            {
                "GIT_OBJECT_DIRECTORY": "/in",
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": '/here/a:"/b\\072c"',
            },
        ),
    ],
)
def test_folders_of_objects_are_the_same_wherever_git_stands(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: dict[str, str]
) -> None:
    monkeypatch.setattr(os, "getcwd", lambda: "/here")
    assert object_folders(given) == said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"fix\n\nsee {KEY}\n", 1),
        (f"fix\n# see {KEY}\n", 1),
        (f"fix\n# {'-' * 24} >8 {'-' * 24}\n# Do not modify\n-{KEY}\n", 0),
        (f"fix\r\n; {'-' * 24} >8 {'-' * 24}\r\n-{KEY}\n", 0),
        (f"fix\n{'-' * 24} >8 {'-' * 24}\n{KEY}\n", 1),
        (f"fix {'-' * 24} >8\n{KEY}\n", 1),
    ],
)
def test_a_message_ends_where_git_ends_it(tmp_path: Path, text: str, found: int) -> None:
    file = tmp_path / "COMMIT_EDITMSG"
    file.write_bytes(text.encode())
    assert len(read(message(str(file)), AllowList()).findings) == found
