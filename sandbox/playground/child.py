"""Run a command or a shell of the person's in the playground, and end it when we are ended."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from sandbox.playground.playground import Playground

PATIENCE = 2  # seconds
NOT_FOUND = 127  # as shells have it


def run_in(playground: Playground, command: Sequence[str]) -> int:
    """Run it in the repository, and give its exit code as a shell would."""
    try:
        child = subprocess.Popen(command, cwd=playground.repository, env=playground.environment())
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return NOT_FOUND
    try:
        with _interrupts_left_to_the_child():
            code = child.wait()
    finally:
        _end(child)
    return code if code >= 0 else 128 - code


@contextlib.contextmanager
def _interrupts_left_to_the_child() -> Iterator[None]:
    """Let Ctrl-C, which the terminal sends to both, end the command and not the playground."""
    before = signal.signal(signal.SIGINT, _pass)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _pass(_number: int, _frame: FrameType | None) -> None:
    """Do nothing; unlike SIG_IGN, a child does not inherit it."""


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a child that still runs; an interactive shell heeds SIGHUP alone."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
        if child.poll() is None:
            child.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(PATIENCE)
