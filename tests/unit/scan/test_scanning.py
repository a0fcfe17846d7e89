from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.scan.allow_entries import AllowedKey
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.scan import scan
from bedrock_key_guard.scan.scanning import Scanning, reads_all
from tests.doors import git


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "sub").mkdir(parents=True)
    git("init", cwd=folder)
    (folder / "sub" / "a").write_text("clean\n")
    git("add", "--all", cwd=folder)
    git("commit", "--message", "begin", cwd=folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, True),
        ({"source": "history"}, True),
        ({"source": "range", "revisions": ("HEAD",), "with_tree": True}, True),
        ({"paths": (Path("sub"), Path())}, True),
        ({"paths": (Path("sub"),)}, False),
        ({"paths": (Path("sub/a"),)}, False),
        ({"source": "range", "revisions": ("HEAD",)}, False),
        ({"source": "index"}, False),
    ],
)
def test_entries_are_said_to_match_nothing_only_by_a_run_that_reads_all(
    repository: Path, wanted: dict[str, Any], expected: bool
) -> None:
    allow = AllowList((AllowedKey("a" * 12),))
    assert reads_all(Scanning(**wanted)) is expected
    notes = scan(Scanning(**wanted, allow=allow), os.environ).notes
    assert any("match nothing" in each for each in notes) is expected


def test_a_folder_outside_of_git_is_whole(tmp_path: Path) -> None:
    assert reads_all(Scanning((tmp_path,)))
