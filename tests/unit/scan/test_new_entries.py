from __future__ import annotations

from pathlib import Path

import pytest

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.scan import new_entries
from bedrock_key_guard.scan.allowlist import AllowList, entries_of, read_allow_list
from bedrock_key_guard.scan.new_entries import settled
from tests.unit.scan.repositories import Repo, new_repo

OLD, NEW, OTHER = "unread old/* packed so", "unread new/* packed so", "missing " + "1" * 40
KEY = "fingerprint 0123456789ab"


def committed(repo: Repo, *entries: str, under: str = "allowed") -> str:
    repo.write(under, "".join(f"{each}\n" for each in entries))
    return repo.commit("Change the list")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = new_repo(tmp_path / "repo")
    committed(repo, OLD)
    return repo


@pytest.mark.parametrize(
    ("versions", "counts"),
    [
        ([], [OLD]),
        ([[OLD]], [OLD]),
        ([[OLD, NEW]], [OLD]),
        ([[OLD, NEW, OTHER, KEY]], [OLD]),
        ([[OLD, NEW], [OLD, NEW, OTHER]], [OLD]),
        ([["unread old/* for another reason"]], []),
        ([["unread old/*.zip packed so"]], []),
        ([[NEW], [OLD, NEW]], [OLD]),
        ([["# why", OLD + "  # a comment", "no entry"]], [OLD]),
        ([[]], []),
    ],
)
def test_what_a_range_adds_or_changes_does_not_count_yet(
    repo: Repo, versions: list[list[str]], counts: list[str]
) -> None:
    start = repo.git("rev-parse", "HEAD")
    for entries in versions:
        committed(repo, *entries)
    text = (repo.path / "allowed").read_text().replace("no entry\n", "")
    (repo.path / "allowed").write_text(text)
    allow = read_allow_list(repo.path / "allowed")
    assert settled(allow, repo.path, [f"{start}..HEAD"]) == entries_of("\n".join(counts))[0]
    # The next range begins where this one ended.
    assert settled(allow, repo.path, ["HEAD..HEAD"]) == allow


def test_what_another_branch_brought_meanwhile_counts(repo: Repo) -> None:
    branch = repo.git("symbolic-ref", "--short", "HEAD")
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.commit("Write something", notes="-")
    repo.git("checkout", "--quiet", branch)
    committed(repo, OLD, OTHER)
    repo.git("checkout", "--quiet", "topic")
    repo.git("merge", "--quiet", "--no-edit", branch)
    allow = read_allow_list(repo.path / "allowed")
    assert settled(allow, repo.path, [f"{branch}..topic"]) == allow
    assert settled(allow, repo.path, ["--all", "--not", branch]) == allow


def test_an_entry_that_a_merge_brings_itself_does_not_count_yet(repo: Repo) -> None:
    branch = repo.git("symbolic-ref", "--short", "HEAD")
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.commit("Write something", notes="-")
    repo.git("merge", "--quiet", "--no-commit", "--no-ff", "--strategy=ours", branch)
    committed(repo, OLD, NEW)
    allow = read_allow_list(repo.path / "allowed")
    assert settled(allow, repo.path, [f"{branch}..topic"]) == entries_of(OLD)[0]


def test_a_list_of_somewhere_else_is_nobodys_to_push(repo: Repo, tmp_path: Path) -> None:
    outside = tmp_path / "allowed"
    outside.write_text(f"{NEW}\n")
    repo.commit("Write something", allowed=f"{NEW}\n")
    allow = read_allow_list(outside)
    assert settled(allow, repo.path, ["HEAD~..HEAD"]) == allow
    assert settled(AllowList(exclude=("a",)), repo.path, ["HEAD"]) == AllowList(exclude=("a",))


def test_a_link_and_a_folder_of_its_own_make_no_difference(repo: Repo) -> None:
    committed(repo, NEW, under="docs/[a] list")
    (repo.path / "link").symlink_to("docs/[a] list")
    for path in ("docs/[a] list", "link"):
        allow = read_allow_list(repo.path / path)
        assert settled(allow, repo.path / "docs", ["HEAD~..HEAD"]) == AllowList()


def test_a_range_that_git_cannot_tell_is_a_gap_of_its_own(repo: Repo) -> None:
    allow = read_allow_list(repo.path / "allowed")
    assert settled(allow, repo.path, [f"{'2' * 40}..HEAD"]) == allow
    with pytest.raises(UsageError, match="not a revision"):
        settled(allow, repo.path, ["--output=x"])


@pytest.mark.parametrize(
    ("named", "pushed", "ignores_case"),
    [("allowed", "Allowed", True), ("caf\u00e9", "cafe\u0301", False)],
)
def test_what_comes_in_another_spelling_of_the_name_does_not_count_yet(
    repo: Repo, named: str, pushed: str, ignores_case: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_entries, "ignores_case", lambda _: ignores_case)
    committed(repo, OLD, under=named)
    start = repo.git("rev-parse", "HEAD")
    committed(repo, OLD, NEW, under=pushed)
    repo.write(named, f"{OLD}\n{NEW}\n")  # where both are one file, it says what came last
    allow = read_allow_list(repo.path / named)
    assert settled(allow, repo.path, [f"{start}..HEAD"]) == entries_of(OLD)[0]


def test_what_begins_with_a_mark_of_windows_does_not_count_yet(repo: Repo) -> None:
    start = repo.git("rev-parse", "HEAD")
    repo.write("allowed", f"\ufeff{NEW}\r\n{OLD}\r\n")
    repo.commit("Edit the list on Windows")
    allow = read_allow_list(repo.path / "allowed")
    assert settled(allow, repo.path, [f"{start}..HEAD"]) == entries_of(OLD)[0]
