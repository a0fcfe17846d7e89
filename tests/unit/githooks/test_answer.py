from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from bedrock_key_guard.githooks.answer import deadline

STUCK = """
import signal, sys, time
{prelude}
from bedrock_key_guard.githooks import answer
answer._GRACE = 0.2
with answer.deadline(0.1, "the time is over"):
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            pass
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="there nobody can be woken")
def test_who_waits_for_a_pipe_is_woken_when_the_time_is_over() -> None:
    read, write = os.pipe()
    with os.fdopen(write, "wb"), os.fdopen(read, "rb") as nobody_writes:
        with deadline(0.1, "") as over, pytest.raises(KeyboardInterrupt):
            nobody_writes.read()
        assert over.is_set()


def test_who_is_done_in_time_hears_nothing() -> None:
    with deadline(0.2, "") as over:
        pass
    time.sleep(0.4)
    assert not over.is_set()


@pytest.mark.parametrize(
    "prelude", ["", "del signal.pthread_kill"], ids=["never ends", "a system that wakes nobody"]
)
def test_a_run_that_does_not_end_says_so_and_is_ended(prelude: str) -> None:
    script = STUCK.format(prelude=prelude)
    done = subprocess.run(
        [sys.executable, "-I", "-c", script],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "the time is over")
