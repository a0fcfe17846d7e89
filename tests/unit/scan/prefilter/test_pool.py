from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bedrock_key_guard.scan.prefilter import pool
from bedrock_key_guard.scan.prefilter.pool import Answer, Pool, Unanswered, Work

PRELUDE = """
import os, sys, time; sys.path.insert(0, sys.argv.pop(1)) # {}
from bedrock_key_guard.scan.prefilter.protocol import *
"""
ECHO = PRELUDE + "serve(lambda request, tell: (len(request), [0]))"
STUCK = PRELUDE + "time.sleep(600)"
DIES = PRELUDE + "read_frame(sys.stdin.buffer); write_chosen(sys.stdout.buffer, [0])"
NO_ANSWER = (
    PRELUDE + "read_frame(sys.stdin.buffer); write_frame(sys.stdout.buffer, b'?'); time.sleep(600)"
)
TOO_LONG = (
    PRELUDE + "sys.stdout.buffer.write(bytes([255] * 9)); sys.stdout.flush(); time.sleep(600)"
)


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)


def answers(
    monkeypatch: pytest.MonkeyPatch, code: str, requests: list[bytes]
) -> tuple[list[Answer[Work] | Unanswered[Work]], list[Work]]:
    """Return what workers answer, and the work that none of them took."""
    monkeypatch.setattr(pool, "_CODE", code)
    works: Iterator[Work] = iter([Work(each, 1) for each in requests])
    with Pool(lambda: next(works, None), "") as workers:
        said = list(workers.answers())
    return said, list(works)


def test_each_piece_of_work_is_answered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = [b"x" * size for size in range(200)]
    said, left = answers(monkeypatch, ECHO, requests)
    assert left == []
    assert sorted(said, key=lambda each: each.work.count and len(each.work.request)) == [
        Answer(Work(each, 1), [0], len(each)) for each in requests
    ]


@pytest.mark.parametrize("code", [DIES, NO_ANSWER, TOO_LONG, "raise SystemExit(3) # {}"])
def test_a_worker_that_dies_or_says_nonsense_gets_no_more(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    requests = [bytes([each]) for each in range(10)]
    said, left = answers(monkeypatch, code, requests)
    undone = [each.work.request for each in said if isinstance(each, Unanswered)]
    assert len(undone) == 2
    assert sorted([*undone, *(each.request for each in left)]) == requests


def test_whoever_leaves_waits_for_no_worker_that_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_CODE", STUCK)
    monkeypatch.setattr(pool, "_PATIENCE", 0.1)
    works = iter([Work(b"", 1)] * 2)
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt), Pool(lambda: next(works, None), "") as workers:
        raise KeyboardInterrupt
    assert time.monotonic() - begin < 60
    assert all(isinstance(each, Unanswered) for each in workers.answers())


def test_where_no_process_can_be_started_all_work_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("subprocess.Popen", refuse)
    assert answers(monkeypatch, ECHO, [b"a", b"b"]) == ([], [Work(b"a", 1), Work(b"b", 1)])


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells it so")
def test_workers_die_with_whoever_started_them() -> None:
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from bedrock_key_guard.scan.prefilter.pool import Pool\n"
        "with Pool(lambda: time.sleep(600), 'batches') as workers:\n"
        "    print(*(each.pid for each in workers._workers), flush=True)\n"
        "    time.sleep(600)\n"
    )
    root = str(Path(pool.__file__).parents[3])
    with subprocess.Popen([sys.executable, "-I", "-c", code, root], stdout=subprocess.PIPE) as one:
        assert one.stdout is not None
        workers = one.stdout.readline().decode().split()
        one.kill()
    end = time.monotonic() + 30
    while any(map(is_alive, workers)):
        assert time.monotonic() < end
        time.sleep(0.01)


def is_alive(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
