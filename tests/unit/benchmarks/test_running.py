from __future__ import annotations

import os
import sys
from pathlib import Path
from select import select

import pytest

from benchmarks.running import Job, Memory, anonymous, run

ROLLUP = """\
55d0c0000000-7ffd00000000 ---p 00000000 00:00 0                          [rollup]
Rss:                8232 kB
Anonymous:          3456 kB
AnonHugePages:         0 kB
"""


def python(code: str, folder: Path, **options: bool) -> Job:
    command = [sys.executable, "-I", "-c", code]
    return Job(command, folder, {"PATH": os.environ["PATH"]}, **options)  # type: ignore[arg-type]


def test_a_run_gives_what_was_written_and_the_exit_code(tmp_path: Path) -> None:
    code = "import sys; print('found'); print('why', file=sys.stderr); sys.exit(3)"

    done = run(python(code, tmp_path), 60)

    assert (done.exit_code, done.output, done.said) == (3, "found\n", "why\n")
    assert min(done.seconds, done.processor) > 0
    assert done.memory is None


def test_the_output_of_a_silent_job_is_dropped(tmp_path: Path) -> None:
    assert run(python("print('much')", tmp_path, is_silent=True), 60).output == ""


def test_a_job_reads_its_file(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("one\ntwo\n")
    command = [sys.executable, "-I", "-c", "print(len(input()))"]

    done = run(Job(command, tmp_path, {}, tmp_path / "list"), 60)

    assert done.output == "3\n"


@pytest.mark.parametrize("watch", [False, True])
def test_a_job_is_stopped_at_the_limit_with_all_that_it_started(
    tmp_path: Path, *, watch: bool
) -> None:
    os.mkfifo(tmp_path / "alive")
    code = "import os, signal; held = open('alive', 'w'); os.fork(); signal.pause()"
    alive = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)

    done = run(python(code, tmp_path), 1, watch=watch)

    assert done.exit_code is None
    # A pipe ends with its last writer.
    assert select([alive], [], [], 60)[0] == [alive]
    assert os.read(alive, 1) == b""
    os.close(alive)


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the system has none")
@pytest.mark.parametrize("session", [False, True])
def test_the_memory_of_all_processes_is_added_up(tmp_path: Path, *, session: bool) -> None:
    code = (
        "import subprocess, sys; held = bytearray(b'x') * (40 << 20); "
        "grow = \"held = bytearray(b'x') * (30 << 20); [len(held) for _ in range(10 ** 6)]\"; "
        f"subprocess.run([sys.executable, '-I', '-c', grow], start_new_session={session})"
    )

    done = run(python(code, tmp_path), 60, watch=True)

    assert done.memory is not None
    assert done.memory.all >= 70 << 20
    assert done.memory.own == done.memory.all


def test_anonymous_memory_is_read_from_a_rollup() -> None:
    assert (anonymous(ROLLUP), anonymous("")) == (3456 << 10, 0)


def test_a_peak_is_taken_of_each_number() -> None:
    assert Memory(5, 1).peak(Memory(3, 2)) == Memory(5, 2)
