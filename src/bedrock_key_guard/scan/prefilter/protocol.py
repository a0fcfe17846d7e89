"""Ask a worker process which of many things need the scanner, over its standard input and output.

All that is said is frames: four bytes that tell the length, the lowest first, and so many bytes. A
request is one frame, names with NUL between. Its answer is frames of numbers: the indexes of what
was chosen, and at last the size of what was searched. An answer never says what anything holds.

The end of its standard input ends a worker at once, whatever it is at: it dies with whoever asks.
The system is asked for what makes this faster; where it has none of it, nothing else changes.
"""

from __future__ import annotations

import os
import sys
from array import array

# A process of its own starts sooner without `typing`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import IO

    Tell = Callable[[Iterable[int]], None]
    # Takes a request, may tell some indexes early, and returns the size and the other indexes.
    Choose = Callable[[bytes, Tell], tuple[int, Iterable[int]]]

_PREFIX = 4
_LONGEST = (1 << 32) - 1
_MORE, _LAST = b"+", b"."
_NUMBER = 8


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Write one frame, and leave nothing of it in a buffer."""
    stream.write(len(body).to_bytes(_PREFIX, "little") + body)
    stream.flush()


def read_frame(stream: IO[bytes], longest: int = _LONGEST) -> bytes | None:
    """Return the next frame, None where the stream ends. Raises ValueError for a longer one."""
    prefix = stream.read(_PREFIX)
    if len(prefix) < _PREFIX:
        return None
    length = int.from_bytes(prefix, "little")
    if length > longest:
        raise ValueError(f"a frame of {length} bytes is none")
    body = stream.read(length)
    return body if len(body) == length else None


def write_chosen(stream: IO[bytes], chosen: Iterable[int], size: int | None = None) -> None:
    """Write a part of an answer; the last one has a size."""
    numbers = array("Q", chosen) if size is None else array("Q", (size, *chosen))
    write_frame(stream, (_MORE if size is None else _LAST) + numbers.tobytes())


def read_chosen(stream: IO[bytes], count: int) -> tuple[list[int], int | None] | None:
    """Return the next part of an answer about `count` things: indexes, and at last the size.

    None where the stream ends. Raises ValueError for what is no answer.
    """
    body = read_frame(stream, 1 + _NUMBER * (count + 1))
    if body is None:
        return None
    numbers = array("Q")
    numbers.frombytes(body[1:])
    chosen, size = numbers.tolist(), None
    if body[:1] == _LAST and chosen:
        size, *chosen = chosen
    elif body[:1] != _MORE:
        raise ValueError("a part of an answer is of no known kind")
    if max(chosen, default=-1) >= count:
        raise ValueError("an index is of nothing that was asked about")
    return chosen, size


def serve(choose: Choose, stop: Callable[[], None] | None = None) -> None:
    """Answer requests until standard input ends; then `stop` what was started, and end at once.

    A request is worked on in a thread, so that the end is seen while it is. Only whoever asks is
    interrupted from a terminal.
    """
    # Not `signal` and `threading`: these cost more than all else that is imported.
    import _signal  # type: ignore[import-not-found]
    from _thread import start_new_thread

    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    while (request := read_frame(asked)) is not None:
        start_new_thread(_answer, (choose, request, answers))
    if stop:
        stop()
    os._exit(0)


def _answer(choose: Choose, request: bytes, answers: IO[bytes]) -> None:
    """Answer, or end the process: whoever asks would wait for ever."""
    try:
        size, chosen = choose(request, lambda some: write_chosen(answers, some))
        write_chosen(answers, chosen, size)
    except BaseException:  # noqa: BLE001  # its text may quote what is searched
        os._exit(1)


_F_SETPIPE_SZ = 1031
_PIPE = 1 << 20


def widen(descriptor: int) -> None:
    """Let a pipe hold a lot, on Linux: both ends then wait for each other far less often."""
    try:
        import fcntl

        fcntl.fcntl(descriptor, _F_SETPIPE_SZ, _PIPE)
    except (ImportError, OSError):
        return


def ask_for_no_haste() -> None:
    """Have Linux run Git on, and not us for each piece that it writes, a few kilobytes.

    We are then woken a twentieth as often (sched(7), SCHED_BATCH; Git inherits it).
    """
    try:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except (AttributeError, OSError):
        return
