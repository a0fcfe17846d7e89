"""Run the guard's command line where waiting takes no time: sleeping moves the clocks instead.

    python -I tests/hurry.py respond .

Retries, back-off and deadlines stay what they are, and a test need not sit them out.
"""

from __future__ import annotations

import time
from collections.abc import Callable

_ahead = [0.0]


def _sleep(seconds: float) -> None:
    _ahead[0] += seconds


def _moved(clock: Callable[[], float]) -> Callable[[], float]:
    return lambda: clock() + _ahead[0]


if __name__ == "__main__":
    # Before the guard and its libraries are imported, for some take these names as they find them.
    vars(time).update(sleep=_sleep, monotonic=_moved(time.monotonic), time=_moved(time.time))
    from bedrock_key_guard.cli.main import main

    raise SystemExit(main())
