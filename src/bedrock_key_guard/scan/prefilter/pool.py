"""Share work out among worker processes, one for each core."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, TYPE_CHECKING, Generic, TypeVar, cast

from bedrock_key_guard.scan.prefilter.protocol import read_chosen, write_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from typing_extensions import Self

# A worker finds the package where we did, and nothing in any working directory. It needs no `site`.
_PACKAGE_ROOT = Path(__file__).resolve().parents[3]
_PYTHON = ("-I", "-S", "-c")
_CODE = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from bedrock_key_guard.scan.prefilter.{} import main; main(sys.argv[1:])"
)
# Seconds in which a worker ends whose standard input did.
_PATIENCE = 5


@dataclass(frozen=True, slots=True)
class Work:
    """Hold a request, and of how many things it is; the index of each is less."""

    request: bytes
    count: int


W = TypeVar("W", bound=Work)


@dataclass(frozen=True, slots=True)
class Answer(Generic[W]):
    """Say which things of some work were chosen; the last answer has the size of all of them."""

    work: W
    chosen: Sequence[int]
    size: int | None


@dataclass(frozen=True, slots=True)
class Unanswered(Generic[W]):
    """Name the work at which a worker died, or said what is no answer."""

    work: W


class Pool(Generic[W]):
    """Have workers take work, from the start on and each when it has done the one before.

    Where one dies it takes no more. What no worker took is left to whoever asks.
    """

    def __init__(
        self,
        take: Callable[[], W | None],
        worker: str,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        most: int | None = None,
    ) -> None:
        """Start workers, at `most` so many, each the module `worker` with some arguments.

        `take` is called in threads and returns None where there is no more; it may wait for work.
        """
        command = [sys.executable, *_PYTHON, _CODE.format(worker), str(_PACKAGE_ROOT), *arguments]
        self._take = take
        self._said: SimpleQueue[Answer[W] | Unanswered[W] | None] = SimpleQueue()
        cores = os.cpu_count() or 1
        self._workers = [*_started(command, environment, min(cores, most or cores))]
        self._threads = [
            Thread(target=self._serve, args=(each,), daemon=True) for each in self._workers
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End all workers; nothing should wait in `take` any more, and is not waited for long."""
        for worker in self._workers:
            with suppress(OSError):
                cast("IO[bytes]", worker.stdin).close()
        for worker in self._workers:
            _end(worker)
        for thread in self._threads:
            thread.join(_PATIENCE)
        for worker in self._workers:
            cast("IO[bytes]", worker.stdout).close()

    def has_answered(self) -> bool:
        """Return whether an answer waits to be read."""
        return not self._said.empty()

    def answers(self) -> Iterator[Answer[W] | Unanswered[W]]:
        """Yield answers as they come, until the workers take no more."""
        for _ in self._threads:
            while said := self._said.get():
                yield said

    def _serve(self, worker: subprocess.Popen[bytes]) -> None:
        try:
            while (work := self._take()) is not None:
                if not self._ask(worker, work):
                    self._said.put(Unanswered(work))
                    return
        finally:
            self._said.put(None)

    def _ask(self, worker: subprocess.Popen[bytes], work: W) -> bool:
        """Pass on what a worker answers, and return whether that is all that it was asked."""
        try:
            write_frame(cast("IO[bytes]", worker.stdin), work.request)
            while part := read_chosen(cast("IO[bytes]", worker.stdout), work.count):
                self._said.put(Answer(work, *part))
                if part[1] is not None:
                    return True
        except (OSError, ValueError):
            worker.kill()
        return False


def _started(
    command: list[str], environment: Mapping[str, str] | None, count: int
) -> Iterator[subprocess.Popen[bytes]]:
    """Start so many workers, or as many as the system lets us."""
    with suppress(OSError):
        for _ in range(count):
            yield subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )


def _end(worker: subprocess.Popen[bytes]) -> None:
    try:
        worker.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
