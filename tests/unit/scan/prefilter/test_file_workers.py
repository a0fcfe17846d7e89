from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bedrock_key_guard.scan.prefilter import file_workers
from tests.keysmith import long_term

KEY = long_term("bob")
FILES = 40


@pytest.fixture(autouse=True)
def small_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let even a few small files be too many for one process."""
    monkeypatch.setattr(file_workers, "_ALONE", 1)
    monkeypatch.setattr(file_workers, "_SHARE", 3)


@pytest.fixture
def paths(tmp_path: Path) -> list[bytes]:
    """Write files of which every seventh holds a key."""
    found = [tmp_path / f"{number}\n" for number in range(FILES)]
    for number, path in enumerate(found):
        path.write_text("" if number % 7 else KEY)
        if number % 7:
            path.write_text("x" * number)
    return [os.fsencode(path) for path in found]


EXPECTED = (
    list(range(0, FILES, 7)),
    FILES - len(range(0, FILES, 7)),
    sum(number for number in range(FILES) if number % 7),
)


def sorted_out(paths: list[bytes]) -> tuple[list[int], int, int]:
    parts = list(file_workers.sort_out(paths))
    suspects = sorted(each for some, _, _ in parts for each in some)
    return suspects, sum(count for _, count, _ in parts), sum(size for _, _, size in parts)


@pytest.mark.parametrize("cores", [None, 1, 2, 50])
def test_many_files_are_shared_out(
    paths: list[bytes], monkeypatch: pytest.MonkeyPatch, cores: int | None
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert sorted_out(paths) == EXPECTED


def test_a_few_bytes_need_no_other_process(
    paths: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_workers, "_ALONE", 1 << 20)
    monkeypatch.setattr("subprocess.Popen", None)
    assert sorted_out(paths) == EXPECTED


ANSWER_ONCE = """
import os, sys; sys.path.insert(0, sys.argv.pop(1))
from bedrock_key_guard.scan.prefilter.batches import Batches
asked, answered = (open(int(end), mode) for end, mode in zip(sys.argv[1:3], ("rb", "wb")))
suspects, size = Batches().select(asked.read(int(asked.readline())).split(bytes(1)))
answered.write(b" ".join(b"%d" % each for each in (size, *suspects)) + b"\\n")
"""


@pytest.mark.parametrize(
    "code",
    [
        "raise SystemExit(3)",
        "import os, sys; os.read(int(sys.argv[2]), 99); os.write(int(sys.argv[3]), b'12 0')",
        ANSWER_ONCE,
    ],
    ids=["at once", "in the middle of an answer", "after an answer"],
)
def test_what_a_process_that_dies_leaves_undone_is_done(
    paths: list[bytes], monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(file_workers, "_BATCHES", code)
    monkeypatch.setattr(file_workers, "_while_they_start", lambda *_: iter(()))
    assert sorted_out(paths) == EXPECTED


def test_many_files_are_shared_out_whatever_their_size(
    paths: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_workers, "_ALONE", 1 << 30)
    monkeypatch.setattr(file_workers, "_MANY", FILES)
    started: list[int] = []
    start = file_workers._start

    def noted(count: int) -> tuple[subprocess.Popen[bytes], list[file_workers._Worker]]:
        started.append(count)
        return start(count)

    monkeypatch.setattr(file_workers, "_start", noted)
    assert sorted_out(paths) == EXPECTED
    assert len(started) == 1


def test_no_files_need_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.Popen", None)
    assert list(file_workers.sort_out([])) == []


def test_whoever_stops_early_leaves_no_process_behind(
    paths: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = file_workers._start

    def noted(count: int) -> tuple[subprocess.Popen[bytes], list[file_workers._Worker]]:
        leader, theirs = start(count)
        started.append(leader)
        return leader, theirs

    monkeypatch.setattr(file_workers, "_start", noted)
    parts = file_workers.sort_out(paths)
    next(parts)
    next(parts)
    parts.close()  # type: ignore[attr-defined]
    (leader,) = started
    assert leader.returncode == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.killpg(leader.pid, 0)


def test_a_process_gets_nothing_of_the_tree(
    paths: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("os", "bisect", "bedrock_key_guard"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the tree was imported')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert sorted_out(paths) == EXPECTED


def test_a_process_needs_nothing_that_is_slow_to_import() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "import bedrock_key_guard.scan.prefilter.batches;"
        " raise SystemExit(bool({'dataclasses', 'typing', 're', 'pathlib'} & set(sys.modules)))"
    )
    root = str(file_workers._PACKAGE_ROOT)
    assert (
        subprocess.run([sys.executable, "-I", "-S", "-c", code, root], check=False).returncode == 0
    )
