"""End a run whose time is over, wherever it waits."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

# Seconds between two signals, for one that comes just before a read wakes nobody; and seconds in
# which a run tidies up.
_AGAIN = 0.05
_GRACE = 5.0


@contextmanager
def deadline(seconds: float, last_words: str) -> Iterator[threading.Event]:
    """Raise KeyboardInterrupt within after some seconds, and then set the event that is lent.

    A run that does not end for that, because the system lets nobody wake it, says `last_words` and
    exits with 1.
    """
    over, ended = threading.Event(), threading.Event()

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        over.set()
        raise KeyboardInterrupt

    has_alarm = hasattr(signal, "SIGALRM")
    before = signal.signal(signal.SIGALRM, end) if has_alarm else None
    watch = threading.Thread(
        target=_watch, args=(seconds, last_words, over, ended, has_alarm), daemon=True
    )
    watch.start()
    try:
        yield over
    finally:
        ended.set()
        watch.join()
        if has_alarm:
            signal.signal(signal.SIGALRM, before)


def _watch(
    seconds: float,
    last_words: str,
    over: threading.Event,
    ended: threading.Event,
    has_alarm: bool,  # noqa: FBT001  # a thread's target
) -> None:
    if ended.wait(seconds):
        return
    if has_alarm:
        while not over.is_set() and not ended.wait(_AGAIN):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGALRM)
    else:
        over.set()
        _thread.interrupt_main()
    if not ended.wait(_GRACE):
        sys.stderr.write(last_words)
        sys.stderr.flush()
        os._exit(1)
