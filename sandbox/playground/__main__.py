"""Open a shell among leaked keys, with AWS, Bedrock and GitHub on loopback.

    python -m sandbox.playground
    python -m sandbox.playground -- bedrock-key-guard verify

Without a terminal and without a command it prints what a shell has to export, and waits.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, NoReturn

from sandbox.playground.child import run_in
from sandbox.playground.guidance import IN_A_SHELL, IN_ANOTHER_SHELL, WELCOME, exports
from sandbox.playground.playground import open_playground

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from sandbox.playground.playground import Playground

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(argv: Sequence[str] | None = None) -> int:
    """Open the playground until its command or its shell has ended, or a signal ends it."""
    command = _parser().parse_args(argv).command
    for number in ENDING:
        signal.signal(number, _end)
    with open_playground() as playground:
        if command:
            return run_in(playground, command)
        print(WELCOME, file=sys.stderr)
        if sys.stdin.isatty() and sys.stdout.isatty():
            return _offer_shell(playground)
        return _wait(playground)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make sandbox",
        description="Start AWS, Bedrock and GitHub on loopback, and try the guard on leaked keys.",
    )
    parser.add_argument("command", nargs="*", help="run this there and end, instead of a shell")
    return parser


def _offer_shell(playground: Playground) -> int:
    """Let the person type; how their last command ended is not how the playground did."""
    print(IN_A_SHELL, file=sys.stderr)
    run_in(playground, [os.environ.get("SHELL") or "/bin/sh"])
    return 0


def _wait(playground: Playground) -> NoReturn:
    """Say what to export, and wait for a signal."""
    print(IN_ANOTHER_SHELL, file=sys.stderr)
    print(exports(playground), end="", flush=True)
    while True:
        threading.Event().wait()


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """Leave as a shell says it of a signal; from now on nothing interrupts the tidying up."""
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    raise SystemExit(main())
