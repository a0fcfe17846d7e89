from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.scan.prefilter import protocol
from bedrock_key_guard.scan.prefilter.protocol import (
    read_chosen,
    read_frame,
    write_chosen,
    write_frame,
)

COUNT = 50
CHOSEN = st.lists(st.integers(0, COUNT - 1), max_size=COUNT)
SIZES = st.none() | st.integers(0, (1 << 64) - 1)


@given(st.lists(st.binary(max_size=300)))
def test_frames_are_read_as_they_were_written(bodies: list[bytes]) -> None:
    stream = io.BytesIO()
    for body in bodies:
        write_frame(stream, body)
    stream.seek(0)
    assert [read_frame(stream) for _ in bodies] == bodies
    assert read_frame(stream) is None


@pytest.mark.parametrize("size", [0, 1, 255, 256, 65_535, 65_536, 65_537, 1 << 20, (1 << 24) + 1])
def test_a_frame_of_any_size_goes_through_a_pipe(size: int) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "from bedrock_key_guard.scan.prefilter.protocol import read_frame, write_frame; "
        "write_frame(sys.stdout.buffer, read_frame(sys.stdin.buffer)[::-1])"
    )
    root = str(Path(protocol.__file__).parents[3])
    body = (bytes(range(256)) * (size // 256 + 1))[:size]
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", code, root],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        write_frame(cast("IO[bytes]", process.stdin), body)
        assert read_frame(cast("IO[bytes]", process.stdout)) == body[::-1]


@given(st.binary(max_size=50), st.integers(1, 60))
def test_a_frame_that_is_cut_is_the_end(body: bytes, cut: int) -> None:
    stream = io.BytesIO()
    write_frame(stream, body)
    assert read_frame(io.BytesIO(stream.getvalue()[:-cut])) is None


@given(CHOSEN, SIZES)
def test_parts_of_an_answer_are_read_as_they_were_written(
    chosen: list[int], size: int | None
) -> None:
    stream = io.BytesIO()
    write_chosen(stream, chosen, size)
    assert read_chosen(io.BytesIO(stream.getvalue()), COUNT) == (chosen, size)


@given(st.binary(max_size=100) | CHOSEN.map(bytes))
def test_garbage_is_no_answer_or_one_about_what_was_asked(garbage: bytes) -> None:
    try:
        part = read_chosen(io.BytesIO(garbage), 3)
    except ValueError:
        return
    assert part is None or set(part[0]) <= {0, 1, 2}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b".",
        b"?" + bytes(8),
        b"+" + bytes(7),
        b"+" + (3).to_bytes(8, sys.byteorder),
        b"." + bytes(8) + (3).to_bytes(8, sys.byteorder),
        b"+" + bytes(8 * 5),
    ],
    ids=["empty", "no size", "no kind", "half a number", "not asked", "not asked last", "too many"],
)
def test_what_is_no_part_of_an_answer_is_refused(body: bytes) -> None:
    stream = io.BytesIO()
    write_frame(stream, body)
    with pytest.raises(ValueError, match=r"frame|answer|index|bytes length"):
        read_chosen(io.BytesIO(stream.getvalue()), 3)


def worker(code: str) -> subprocess.Popen[bytes]:
    """Start a worker that chooses as `choose` in some code does."""
    serve = (
        "import os, sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from bedrock_key_guard.scan.prefilter.protocol import serve\n"
        f"{code}\nserve(choose)"
    )
    root = str(Path(protocol.__file__).parents[3])
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", serve, root],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_worker_answers_one_request_after_the_other() -> None:
    with worker("choose = lambda request, tell: (tell([0]), (len(request), [1]))[1]") as process:
        asked, answers = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        for size in (0, 7, 100_000):
            write_frame(asked, b"x" * size)
            assert read_chosen(answers, 2) == ([0], None)
            assert read_chosen(answers, 2) == ([1], size)
        asked.close()
        assert process.wait(timeout=30) == 0


def test_the_end_of_its_input_ends_a_worker_whatever_it_is_at() -> None:
    code = "def choose(request, tell):\n    tell([])\n    time.sleep(600)"
    with worker(code) as process:
        asked, answers = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        write_frame(asked, b"")
        assert read_chosen(answers, 0) == ([], None)
        asked.close()
        assert process.wait(timeout=30) == 0


def test_a_worker_that_fails_ends_and_says_nothing_of_what_it_saw() -> None:
    code = "def choose(request, tell):\n    tell([])\n    raise KeyError(request)"
    with worker(code) as process:
        write_frame(cast("IO[bytes]", process.stdin), b"a secret")
        assert process.wait(timeout=30) == 1
        assert cast("IO[bytes]", process.stdout).read() == b"\x01\0\0\0+"
        assert cast("IO[bytes]", process.stderr).read() == b""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no signal to one process")
def test_a_worker_goes_on_when_a_terminal_interrupts_all() -> None:
    code = "def choose(request, tell):\n    os.kill(os.getpid(), 2)\n    return 3, [0]"
    with worker(code) as process:
        write_frame(cast("IO[bytes]", process.stdin), b"")
        assert read_chosen(cast("IO[bytes]", process.stdout), 1) == ([0], 3)
