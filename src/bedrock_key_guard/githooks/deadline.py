"""End a run whose time is over, wherever it waits."""

from __future__ import annotations

import _thread
import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.interruption import interruptible

if TYPE_CHECKING:
    from collections.abc import Iterator

# Seconds in which a run tidies up.
_GRACE = 5.0


@contextmanager
def deadline(seconds: float, last_words: str) -> Iterator[threading.Event]:
    """Raise KeyboardInterrupt within after some seconds, and then set the event that is lent.

    A run that does not end for that, because the system lets nobody wake it, says `last_words` and
    exits with 1.
    """
    over, ended = threading.Event(), threading.Event()

    def watch() -> None:
        if ended.wait(seconds):
            return
        over.set()
        _thread.interrupt_main()
        if not ended.wait(_GRACE):
            sys.stderr.write(last_words)
            sys.stderr.flush()
            os._exit(1)

    thread = threading.Thread(target=watch, daemon=True)
    with interruptible():
        thread.start()
        try:
            yield over
        finally:
            ended.set()
            thread.join()
