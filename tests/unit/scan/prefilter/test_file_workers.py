from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.scan.prefilter import file_workers, pool
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


def noted_processes(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Return a list to which every process is added that is started."""
    started: list[subprocess.Popen[bytes]] = []

    class NotingPopen(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr("subprocess.Popen", NotingPopen)
    return started


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
import sys; sys.path.insert(0, sys.argv.pop(1)) # {}
from bedrock_key_guard.scan.prefilter.batches import select
from bedrock_key_guard.scan.prefilter.protocol import read_frame, write_chosen
size, suspects = select(read_frame(sys.stdin.buffer), None)
write_chosen(sys.stdout.buffer, suspects, size)
"""


@pytest.mark.parametrize(
    "code",
    [
        "raise SystemExit(3) # {}",
        "import sys; sys.stdin.buffer.read(9); sys.stdout.buffer.write(b'12') # {}",
        "import sys, time; sys.stdin.buffer.read(9); print('junk', flush=True); time.sleep(9) # {}",
        ANSWER_ONCE,
    ],
    ids=["at once", "in the middle of an answer", "after garbage", "after an answer"],
)
@pytest.mark.parametrize("idle", [True, False])
def test_what_a_worker_that_dies_leaves_undone_is_done(
    paths: list[bytes], monkeypatch: pytest.MonkeyPatch, code: str, idle: bool
) -> None:
    monkeypatch.setattr(pool, "_CODE", code)
    if idle:
        monkeypatch.setattr(pool.Pool, "has_answered", lambda _: True)
    assert sorted_out(paths) == EXPECTED


def test_where_no_process_can_be_started_everything_is_done(
    paths: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("subprocess.Popen", refuse)
    assert sorted_out(paths) == EXPECTED


def test_many_files_are_shared_out_whatever_their_size(
    paths: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_workers, "_ALONE", 1 << 30)
    monkeypatch.setattr(file_workers, "_MANY", FILES)
    started = noted_processes(monkeypatch)
    assert sorted_out(paths) == EXPECTED
    assert len(started) == (os.cpu_count() or 1)


def test_no_more_processes_are_started_than_there_is_work_for(
    paths: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 50)
    monkeypatch.setattr(file_workers, "_MANY", FILES)
    started = noted_processes(monkeypatch)
    assert sorted_out(paths) == EXPECTED
    assert len(started) == -(-(FILES - 3) // 3)


def test_no_files_need_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.Popen", None)
    assert list(file_workers.sort_out([])) == []


def test_whoever_stops_early_leaves_no_process_behind(
    paths: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = noted_processes(monkeypatch)
    parts = file_workers.sort_out(paths)
    next(parts)
    next(parts)
    parts.close()  # type: ignore[attr-defined]
    assert len(started) == (os.cpu_count() or 1)
    assert None not in [each.returncode for each in started]


def test_a_process_gets_nothing_of_the_tree(
    paths: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("os", "bisect", "bedrock_key_guard"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the tree was imported')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert sorted_out(paths) == EXPECTED


@pytest.mark.bare
def test_a_process_needs_nothing_that_is_slow_to_import() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "import bedrock_key_guard.scan.prefilter.batches;"
        " slow = {'dataclasses', 'enum', 'threading', 'typing', 're', 'pathlib'};"
        " raise SystemExit(bool(slow & set(sys.modules)))"
    )
    root = str(pool._PACKAGE_ROOT)
    assert (
        subprocess.run([sys.executable, "-I", "-S", "-c", code, root], check=False).returncode == 0
    )
