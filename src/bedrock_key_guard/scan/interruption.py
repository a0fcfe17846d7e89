"""End a scan early, with what was found until then, when a person or the system wants it to end."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from bedrock_key_guard.model.findings import NotScanned

if TYPE_CHECKING:
    from collections.abc import Iterator


INTERRUPTED = NotScanned("the rest", "missing", "interrupted before all was read")


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM do within what Ctrl-C does: raise KeyboardInterrupt.

    Only the main thread can ask for a signal, and one that is ignored stays so.
    """
    here = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM) if here else None
    if before in (None, signal.SIG_IGN):
        yield
        return
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
