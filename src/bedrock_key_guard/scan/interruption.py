"""Let a scan be stopped wherever it waits.

Python runs the handler of a signal in the main thread, and only while that thread is awake. A
signal that another thread took, or that came just before a read, wakes nobody
(https://docs.python.org/3/library/signal.html#execution-of-python-signal-handlers), and to read
what Git prints may take minutes.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NoReturn

from bedrock_key_guard.system import STOPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    Handler = Callable[[int, FrameType | None], object]

# Seconds in which a main thread that is awake has run the handler.
_PATIENCE = 0.05


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM raise KeyboardInterrupt within, also in a main thread that waits.

    Only the main thread can ask for a signal; one that is ignored, or that somebody else handles,
    stays so. Within another one it does nothing.
    """
    free = signal.SIG_DFL, signal.default_int_handler
    there = (getattr(signal, name) for name in STOPS if hasattr(signal, name))
    taken = [each for each in there if signal.getsignal(each) in free]
    if not taken or threading.current_thread() is not threading.main_thread():
        yield
        return
    noticed = threading.Event()

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        noticed.set()
        raise KeyboardInterrupt

    with ExitStack() as undo:
        for number in taken:
            _handle(number, interrupt, undo)
        if hasattr(signal, "pthread_kill"):
            _wake(taken, noticed, undo)
        yield


def _handle(number: int, handler: Handler, undo: ExitStack) -> None:
    undo.callback(signal.signal, number, signal.signal(number, handler))


def _wake(taken: Sequence[int], noticed: threading.Event, undo: ExitStack) -> None:
    """Start a thread that wakes the main one until it has noticed one of the signals."""
    heard, tell = os.pipe()
    os.set_blocking(tell, False)
    # A signal that nobody minds, but that ends a wait as any other does once it is handled.
    _handle(signal.SIGURG, lambda *_: None, undo)
    watch = threading.Thread(target=_watch, args=(heard, taken, noticed), daemon=True)
    watch.start()
    undo.callback(watch.join)
    undo.callback(os.close, tell)
    undo.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(tell, warn_on_full_buffer=False))


def _watch(heard: int, taken: Sequence[int], noticed: threading.Event) -> None:
    with open(heard, "rb", buffering=0) as numbers:
        while number := numbers.read(1):
            while number[0] in taken and not noticed.wait(_PATIENCE):
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGURG)
