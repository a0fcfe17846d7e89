from __future__ import annotations

import errno
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from bedrock_key_guard import hook
from bedrock_key_guard.scan.prefilter.literals import ANCHORS
from tests.keysmith import long_term
from tests.unit.scan.repositories import lfs_pointer, new_repo

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, data: bytes) -> str:
    file = folder / "file"
    file.write_bytes(data)
    return str(file)


@pytest.mark.parametrize("anchor", ANCHORS, ids=repr)
def test_every_literal_is_seen_in_both_widths(tmp_path: Path, anchor: bytes) -> None:
    assert hook.needs_scanner(write(tmp_path, b"clean " + anchor + b" clean"))


@pytest.mark.parametrize("anchor", ANCHORS, ids=repr)
def test_a_literal_that_straddles_two_windows_is_seen(tmp_path: Path, anchor: bytes) -> None:
    for before in range(64 - len(anchor), 66):
        path = write(tmp_path, b"-" * before + anchor)
        assert hook.needs_scanner(path, window=64)
        assert hook.needs_scanner(path, window=7)
        assert not hook.needs_scanner(write(tmp_path, b"-" * before + anchor[:-1]), window=64)


@pytest.mark.parametrize("data", [b"", b"clean\n", b"ABS" * 1000, bytes(range(256)) * 100])
def test_a_clean_file_needs_no_scanner(tmp_path: Path, data: bytes) -> None:
    assert not hook.needs_scanner(write(tmp_path, data))


def test_a_large_file_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(48 << 20)
    tracemalloc.start()
    try:
        assert not hook.needs_scanner(str(path))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * hook.WINDOW


@pytest.mark.parametrize("name", ["folder", "link", "gone"])
def test_what_is_not_just_a_file_is_left_to_the_scanner(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("target")
    assert hook.needs_scanner(str(tmp_path / name))


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "Bedrock Key Guard was interrupted"),
        (ValueError("text of a file"), 70, "error: the hook failed (ValueError), so nothing was"),
        (MemoryError(), 70, "error: the hook failed (MemoryError), so nothing was checked."),
        (
            OSError(errno.ENOSPC, "text of a file"),
            4,
            "error: The guard could not go on: no space left on device. Make room on the disk",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_error_ends_in_a_traceback_or_quotes_a_file(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    said: str,
) -> None:
    def fail(path: str) -> bool:
        raise error

    monkeypatch.setattr(hook, "needs_scanner", fail)
    assert hook.main(["--", "file"]) == code
    told = capsys.readouterr().err
    assert told.startswith(said)
    assert "text of a file" not in told


def test_help_is_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert hook.main(["--help"]) == 0
    assert capsys.readouterr() == (hook.USAGE + "\n", "")


def test_what_is_in_git_lfs_is_read_where_it_is_here_and_else_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = new_repo(tmp_path / "repo")
    monkeypatch.chdir(repo.path)
    pointer, path = lfs_pointer(repo.path, long_term("bob"))
    repo.write("data.csv", pointer)
    repo.git("add", "--all")
    assert hook.main(["--staged"]) == hook.main(["data.csv"]) == 1
    path.unlink()
    capsys.readouterr()
    assert hook.main(["--staged"]) == hook.main(["data.csv"]) == 0
    assert capsys.readouterr().err.count("data.csv was not scanned: its content is in Git LFS") == 2


def test_part_of_a_key_is_told_of_and_blocks_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hook.main([write(tmp_path, long_term("bob")[:60].encode())]) == 0
    assert capsys.readouterr().err == (
        "Bedrock Key Guard: 1 looks like part of a key; "
        "`bedrock-key-guard scan --include-malformed` shows where.\n"
    )
