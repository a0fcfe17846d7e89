"""Work on many keys side by side, and let no key's waiting hold up another.

The work on a key is a generator: where it has to wait it yields the seconds, and no thread waits
with it. No key waits for time before every key's first step has ended, and those that follow by
AFTER_ALL: first every key is probed and every write is made, and then all wait side by side.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Generator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Result = TypeVar("Result")
Steps = Generator[float, None, Result]
"""What is done about a key: each value is a wait in seconds, the last one is the result."""

AFTER_ALL = -1.0
"""Wait until every key has come as far, and no longer: all go on before anyone waits for time."""

GROUPS_AT_A_TIME = 10
STEPS_AT_A_TIME = 8
"""Of one group: IAM throttles each account by itself."""
_MOST = GROUPS_AT_A_TIME * STEPS_AT_A_TIME


class Schedule:
    """Take every step once it is due; what a step raises ends the run, and no other begins."""

    def __init__(
        self,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        idle: Callable[[], bool] = lambda: False,
    ) -> None:
        """Count seconds by `clock`, and pass them by `sleep` where there is nothing to do.

        Before any pass, the thread that runs this calls `idle`, which returns whether that took
        time itself.
        """
        self._idle = idle
        self._clock = clock
        self._sleep = sleep
        self._waiting: list[tuple[float, int, Steps[None]]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._waits = False

    def run(self, groups: Sequence[Sequence[Steps[None]]]) -> None:
        """Take the first steps, ten groups at a time and eight of each; then those that wait."""
        try:
            while groups:
                groups = self._together(groups)
            self._waits = True
            with ThreadPoolExecutor(_MOST) as pool:
                self._go_on(pool)
        except BaseException:
            self._stopped.set()
            raise

    def _together(self, groups: Sequence[Sequence[Steps[None]]]) -> list[list[Steps[None]]]:
        """Take a step of all, and return those that go on before anyone waits."""
        with ThreadPoolExecutor(GROUPS_AT_A_TIME) as pool:
            taken = [pool.submit(self._begin, group) for group in groups]
            _wait_for(taken)
        return [left for each in taken if (left := each.result())]

    def _begin(self, group: Sequence[Steps[None]]) -> list[Steps[None]]:
        with ThreadPoolExecutor(STEPS_AT_A_TIME) as pool:
            taken = {pool.submit(self._step, steps): steps for steps in group}
            _wait_for(taken)
        return [steps for each, steps in taken.items() if each.result()]

    def _go_on(self, pool: ThreadPoolExecutor) -> None:
        running, passed = set[Future[bool]](), 0.0
        while running or self._waiting:
            room = _MOST - len(running)
            running |= {pool.submit(self._step, steps) for steps in self._due(room, passed)}
            pause = self._pause() if len(running) < _MOST else None
            if running:
                ended, running = wait(running, pause, FIRST_COMPLETED)
                _wait_for(ended)
            elif pause and not self._idle():
                passed = self._clock() + pause  # however coarse the clock is
                self._sleep(pause)

    def _step(self, steps: Steps[None]) -> bool:
        """Take the next step, and return whether one more is to be taken before anyone waits."""
        if self._stopped.is_set():
            return False
        try:
            pause = next(steps)
        except StopIteration:
            return False
        except BaseException:
            self._stopped.set()
            raise
        if pause == AFTER_ALL and not self._waits:
            return True
        with self._lock:
            due = self._clock() + max(pause, 0.0)
            heapq.heappush(self._waiting, (due, next(self._order), steps))
        return False

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


def _wait_for(futures: Iterable[Future[Any]]) -> None:
    """Wait for all, and raise at once what one of them raised."""
    for future in as_completed([*futures]):
        future.result()
