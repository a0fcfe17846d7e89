"""Run the guard where waiting takes no time: sleeping moves the clocks instead.

    python -I tests/hurry.py respond .
    python -I tests/hurry.py bedrock_key_guard.action

Retries, back-off and deadlines stay what they are, and a test need not sit them out. The dates of
servers are read as later by as much, for their clocks have moved too. Hosts whose names end with
`NAMELESS_HOSTS` are not in the DNS.
"""

from __future__ import annotations

import email.utils
import os
import runpy
import socket
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

_ahead = [0.0]


def _sleep(seconds: float) -> None:
    _ahead[0] += seconds


def _moved(clock: Callable[[], float]) -> Callable[[], float]:
    return lambda: clock() + _ahead[0]


def _read_date(text: str, read: Callable[[str], datetime] = parsedate_to_datetime) -> datetime:
    return read(text) + timedelta(seconds=_ahead[0])


def _resolve(host: Any, *more: Any, find: Any = socket.getaddrinfo, **named: Any) -> Any:
    nameless = os.environ.get("NAMELESS_HOSTS")
    if nameless and str(host).endswith(nameless):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return find(host, *more, **named)


if __name__ == "__main__":
    # Before the guard and its libraries are imported, for some take these names as they find them.
    vars(time).update(sleep=_sleep, monotonic=_moved(time.monotonic), time=_moved(time.time))
    vars(socket).update(getaddrinfo=_resolve)
    vars(email.utils).update(parsedate_to_datetime=_read_date)
    door = sys.argv.pop(1) if sys.argv[1:2] == ["bedrock_key_guard.action"] else "bedrock_key_guard"
    runpy.run_module(door, run_name="__main__", alter_sys=True)
