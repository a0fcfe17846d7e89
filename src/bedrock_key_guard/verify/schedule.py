"""Work on many keys side by side, and let no key's waiting hold up another.

The work on a key is a generator: where it has to wait it yields the seconds, and no thread waits
with it. No key's second step begins before every key's first has ended: first every key is probed
and every write is made, and then all wait side by side.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Generator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Result = TypeVar("Result")
Steps = Generator[float, None, Result]
"""What is done about a key: each value is a wait in seconds, the last one is the result."""

GROUPS_AT_A_TIME = 10
STEPS_AT_A_TIME = 8
"""Of one group: IAM throttles each account by itself."""
_MOST = GROUPS_AT_A_TIME * STEPS_AT_A_TIME


class Schedule:
    """Take every step once it is due; what a step raises ends the run, and no other begins."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        """Count seconds by `clock`, and pass them by `sleep` where there is nothing to do."""
        self._clock = clock
        self._sleep = sleep
        self._waiting: list[tuple[float, int, Steps[None]]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def run(self, groups: Sequence[Sequence[Steps[None]]]) -> None:
        """Take the first step of all, ten groups at a time and eight of each, then the others."""
        try:
            with ThreadPoolExecutor(GROUPS_AT_A_TIME) as pool:
                _wait_for(pool.submit(self._begin, group) for group in groups)
            with ThreadPoolExecutor(_MOST) as pool:
                self._go_on(pool)
        except BaseException:
            self._stopped.set()
            raise

    def _begin(self, group: Sequence[Steps[None]]) -> None:
        with ThreadPoolExecutor(STEPS_AT_A_TIME) as pool:
            _wait_for(pool.submit(self._step, steps) for steps in group)

    def _go_on(self, pool: ThreadPoolExecutor) -> None:
        running, passed = set[Future[None]](), 0.0
        while running or self._waiting:
            room = _MOST - len(running)
            running |= {pool.submit(self._step, steps) for steps in self._due(room, passed)}
            pause = self._pause() if len(running) < _MOST else None
            if running:
                ended, running = wait(running, pause, FIRST_COMPLETED)
                _wait_for(ended)
            elif pause:
                passed = self._clock() + pause  # however coarse the clock is
                self._sleep(pause)

    def _step(self, steps: Steps[None]) -> None:
        """Take the next step, and note when the one after it is due."""
        if self._stopped.is_set():
            return
        try:
            pause = next(steps)
        except StopIteration:
            return
        except BaseException:
            self._stopped.set()
            raise
        with self._lock:
            heapq.heappush(self._waiting, (self._clock() + pause, next(self._order), steps))

    def _due(self, most: int, passed: float) -> list[Steps[None]]:
        due, now = list[Steps[None]](), max(self._clock(), passed)
        with self._lock:
            while self._waiting and len(due) < most and self._waiting[0][0] <= now:
                due.append(heapq.heappop(self._waiting)[-1])
        return due

    def _pause(self) -> float | None:
        """Return how long nothing new is due, None for ever."""
        with self._lock:
            return max(self._waiting[0][0] - self._clock(), 0.0) if self._waiting else None


def _wait_for(futures: Iterable[Future[None]]) -> None:
    """Wait for all, and raise at once what one of them raised."""
    for future in as_completed([*futures]):
        future.result()
