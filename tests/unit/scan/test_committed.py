from __future__ import annotations

from pathlib import Path

import pytest

from bedrock_key_guard.scan.committed import committed
from tests.keysmith import fingerprint_of, long_term
from tests.unit.scan.repositories import new_repo

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
