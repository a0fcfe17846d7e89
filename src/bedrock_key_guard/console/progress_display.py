"""Show people how far a scan has come, while it goes on: a bar on a terminal, lines in CI.

A scan that is over within a second shows nothing. What is shown are numbers alone.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from bedrock_key_guard.console.standard_streams import has_colours, in_ci, is_capable
from bedrock_key_guard.report.report import plural, size
from bedrock_key_guard.scan.source import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

FIRST_ON_A_TERMINAL = 1.0
BETWEEN_LINES = 10.0


@dataclass(slots=True)
class Sum:
    """Add up what was read so far; `expected` are all bytes that are known of."""

    expected: int = 0
    objects: int = 0
    bytes: int = 0
    findings: int = 0

    def __str__(self) -> str:
        """Say it in words."""
        known = self.expected > self.bytes
        share = f" ({self.bytes * 100 // self.expected} %)" if known else ""
        of = f" of {size(self.expected)}{share}" if known else ""
        parts = (plural(self.objects, "object"), f"{size(self.bytes)}{of}")
        return ", ".join((*parts, plural(self.findings, "finding")))


class Display(Protocol):
    """Show a sum now and then, and take away what should not stay."""

    def show(self, so_far: Sum) -> None:
        """Show it."""

    def close(self) -> None:
        """Take it away."""


def watching(
    stream: TextIO,
    environment: Mapping[str, str],
    *,
    clock: Callable[[], float] = time.monotonic,
) -> AbstractContextManager[Progress]:
    """Return what takes the progress of one scan, and shows it on `stream` as suits it.

    Where neither a person nor a log of CI is at the other end nothing is shown.
    """
    if not (in_ci(environment) or stream.isatty()):
        return nullcontext(silent)
    if in_ci(environment) or not is_capable(stream, environment):
        return _shown(lambda: _Lines(stream, clock), clock, BETWEEN_LINES)
    bar = partial(_bar_or_lines, stream, clock, colours=has_colours(stream, environment))
    return _shown(bar, clock, FIRST_ON_A_TERMINAL)


@contextmanager
def _shown(
    display: Callable[[], Display], clock: Callable[[], float], first: float
) -> Iterator[Progress]:
    """Add up what is reported, from any thread, and show it from the `first` second on.

    The display is made when there is something to show: importing one takes time.
    """
    so_far, lock, begin = Sum(), threading.Lock(), clock()
    shown: list[Display] = []

    def add(*, expected: int = 0, objects: int = 0, size: int = 0, findings: int = 0) -> None:
        with lock, suppress(OSError, ValueError):
            so_far.expected += expected
            so_far.objects += objects
            so_far.bytes += size
            so_far.findings += findings
            if clock() - begin >= first:
                if not shown:
                    shown.append(display())
                shown[0].show(so_far)

    try:
        yield add
    finally:
        with suppress(OSError, ValueError):
            for each in shown:
                each.close()


class _Lines:
    """Write a line, and then none for a while."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._next = float("-inf")

    def show(self, so_far: Sum) -> None:
        now = self._clock()
        if now >= self._next:
            self._next = now + BETWEEN_LINES
            self._stream.write(f"Scanning: {so_far}\n")
            self._stream.flush()

    def close(self) -> None:
        """Leave the lines where they are."""


def _bar_or_lines(stream: TextIO, clock: Callable[[], float], *, colours: bool) -> Display:
    try:
        return _Bar(stream, colours=colours)
    except ImportError:
        return _Lines(stream, clock)


class _Bar:
    """Draw a bar that goes away in the end. Raises ImportError where rich is not installed."""

    def __init__(self, stream: TextIO, *, colours: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        console = Console(file=stream, no_color=not colours)
        spinner = "line" if console.options.ascii_only else "dots"
        columns = (SpinnerColumn(spinner), BarColumn(), TextColumn("{task.description}"))
        self._progress: Any = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task("", total=None)
        self._progress.start()

    def show(self, so_far: Sum) -> None:
        total = so_far.expected or None
        self._progress.update(
            self._task, total=total, completed=so_far.bytes, description=str(so_far)
        )

    def close(self) -> None:
        self._progress.stop()
