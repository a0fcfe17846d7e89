"""Have files sorted out by one process for each core, where there are enough of them."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bedrock_key_guard.scan.prefilter.batches import Batches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A process finds the package where we did, and nothing in any working directory.
_BATCHES = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from bedrock_key_guard.scan.prefilter.batches import main; "
    "raise SystemExit(main(sys.argv[1:]))"
)
_PACKAGE_ROOT = Path(__file__).resolve().parents[3]
# So much is sooner searched than others are started for it. Where there are many files, they are
# started before anything is known of their sizes.
_ALONE = 8 << 20
_MANY = 4096
_SHARE = 256

Sorted = tuple[list[int], int, int]


@dataclass(slots=True)
class _Worker:
    """Hold the two ends of a process's pipes, and which share it has."""

    questions: IO[bytes]
    answers: IO[bytes]
    share: int = 0

    def close(self) -> None:
        """Close both, which ends a process that waits for a question."""
        for end in (self.questions, self.answers):
            with suppress(OSError):
                end.close()


def sort_out(paths: Sequence[bytes]) -> Iterator[Sorted]:
    """Yield, for some files after the others, what `Batches.select` says of them.

    That is: which of `paths` need the scanner, how many others were read, and how many bytes these
    have. The parts come in any order.
    """
    batches, shares, done = Batches(), iter(range(0, len(paths), _SHARE)), 0
    for share in shares:
        yield (result := _sorted_out(share, batches, paths))
        done += result[2]
        if done >= _ALONE or len(paths) >= _MANY:
            yield from _share_out(paths, shares, batches)


def _sorted_out(share: int, batches: Batches, paths: Sequence[bytes]) -> Sorted:
    return _placed(share, batches.select(paths[share : share + _SHARE]), paths)


def _placed(share: int, answer: tuple[list[int], int], paths: Sequence[bytes]) -> Sorted:
    suspects, size = answer
    count = min(_SHARE, len(paths) - share) - len(suspects)
    return [share + each for each in suspects], count, size


def _share_out(paths: Sequence[bytes], shares: Iterator[int], batches: Batches) -> Iterator[Sorted]:
    """Give each process a share, and the next one when it has answered."""
    leader, workers = _start(min(os.cpu_count() or 1, -(-len(paths) // _SHARE)))
    try:
        with selectors.DefaultSelector() as selector:
            for worker in workers:
                _ask(selector, worker, paths, shares)
            yield from _while_they_start(paths, shares, batches, selector)
            while selector.get_map():
                for key, _ in selector.select():
                    selector.unregister(key.fileobj)
                    share, answer = key.data.share, _answer(key.data)
                    if answer is None:
                        # It died. What it did not do is done here, and it gets no more.
                        yield _sorted_out(share, batches, paths)
                    else:
                        _ask(selector, key.data, paths, shares)
                        yield _placed(share, answer, paths)
        for share in shares:
            yield _sorted_out(share, batches, paths)
    except BaseException:
        _kill(leader)
        raise
    finally:
        for worker in workers:
            worker.close()
        leader.wait()


def _while_they_start(
    paths: Sequence[bytes],
    shares: Iterator[int],
    batches: Batches,
    selector: selectors.BaseSelector,
) -> Iterator[Sorted]:
    """Work until one of them answers: so long there is a processor for us."""
    while not selector.select(0) and (share := next(shares, None)) is not None:
        yield _sorted_out(share, batches, paths)


def _start(count: int) -> tuple[subprocess.Popen[bytes], list[_Worker]]:
    """Start a process that becomes so many, and that only we interrupt."""
    pipes = [(*os.pipe(), *os.pipe()) for _ in range(count)]
    theirs = [end for pipe in pipes for end in (pipe[0], pipe[3])]
    leader = subprocess.Popen(
        [sys.executable, "-I", "-c", _BATCHES, str(_PACKAGE_ROOT), *map(str, theirs)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=theirs,
        start_new_session=True,
    )
    for end in theirs:
        os.close(end)
    return leader, [_Worker(os.fdopen(w, "wb"), os.fdopen(r, "rb")) for _, w, r, _ in pipes]


def _ask(
    selector: selectors.BaseSelector,
    worker: _Worker,
    paths: Sequence[bytes],
    shares: Iterator[int],
) -> None:
    share = next(shares, None)
    if share is None:
        return
    worker.share = share
    names = b"\0".join(paths[share : share + _SHARE])
    # Where it has died, the end of its answers will say so.
    with suppress(OSError):
        worker.questions.write(b"%d\n%b" % (len(names), names))
        worker.questions.flush()
    selector.register(worker.answers, selectors.EVENT_READ, worker)


def _answer(worker: _Worker) -> tuple[list[int], int] | None:
    line = worker.answers.readline()
    if not line.endswith(b"\n"):
        return None
    size, *suspects = map(int, line.split())
    return suspects, size


def _kill(leader: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it became."""
    with suppress(OSError):
        os.killpg(leader.pid, signal.SIGKILL)
