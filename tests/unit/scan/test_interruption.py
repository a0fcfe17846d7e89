"""Interrupt a main thread that waits while another thread takes the signal."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

# The main thread takes no signal itself, as in the moment in which it starts a child.
WAITING = """
import os, signal, threading
from bedrock_key_guard.scan.interruption import interruptible

number = signal.Signals({number})
before = signal.getsignal(number)
nothing, _kept_open = os.pipe()
threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, [number])
try:
    with interruptible():
        print("waits", flush=True)
        os.read(nothing, 1)
except KeyboardInterrupt:
    print("interrupted", signal.getsignal(number) == before, signal.set_wakeup_fd(-1))
"""


# The loop that every door reads by, in the same moment.
READING = """
import os, signal, threading
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.scan import read

nothing, _kept_open = os.pipe()
threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.Signals({number})])

def sources():
    print("waits", flush=True)
    os.read(nothing, 1)
    yield

print("interrupted", read(sources(), AllowList()).interrupted)
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="there nobody can be woken")
@pytest.mark.parametrize(
    ("waiting", "told"), [(WAITING, "interrupted True -1\n"), (READING, "interrupted True\n")]
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_a_signal_that_another_thread_took_interrupts_the_main_one(
    number: int, waiting: str, told: str
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", waiting.format(number=int(number))],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "waits\n"
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)
    assert said == told
