"""Share files out to one worker process for each core, where there are enough of them."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.prefilter.batches import Batches
from bedrock_key_guard.scan.prefilter.pool import Answer, Pool, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# So much is sooner searched than others are started for it. Where there are many files, they are
# started before anything is known of their sizes.
_ALONE = 8 << 20
_MANY = 4096
_SHARE = 256

Sorted = tuple[list[int], int, int]


@dataclass(frozen=True, slots=True)
class _Share(Work):
    """Hold the number of the first file of a share among all."""

    first: int


def sort_out(paths: Sequence[bytes]) -> Iterator[Sorted]:
    """Yield, for some files after the others, what `Batches.select` says of them.

    That is: which of `paths` need the scanner, how many others were read, and how many bytes these
    have. The parts come in any order.
    """
    begins, done = deque(range(0, len(paths), _SHARE)), 0

    def take() -> _Share | None:
        """Return the next files, None where there are no more. Any thread may ask."""
        with suppress(IndexError):
            begin = begins.popleft()
            some = paths[begin : begin + _SHARE]
            return _Share(b"\0".join(some), len(some), begin)
        return None

    while len(paths) < _MANY and done < _ALONE and (share := take()):
        yield (result := _sorted_out(share))
        done += result[2]
    if share := take():
        yield from _share_out(share, take, most=max(1, len(begins)))


def _share_out(
    share: _Share | None, take: Callable[[], _Share | None], most: int
) -> Iterator[Sorted]:
    """Work until a worker answers: so long there is a processor for us."""
    with Pool(take, "batches", most=most) as workers:
        while share:
            yield _sorted_out(share)
            share = None if workers.has_answered() else take()
        for answer in workers.answers():
            yield _placed(answer) if isinstance(answer, Answer) else _sorted_out(answer.work)
        while share := take():
            yield _sorted_out(share)


def _sorted_out(share: _Share) -> Sorted:
    suspects, size = Batches().select(share.request.split(b"\0"))
    return _placed(Answer(share, suspects, size))


def _placed(answer: Answer[_Share]) -> Sorted:
    share, suspects = answer.work, answer.chosen
    return [share.first + each for each in suspects], share.count - len(suspects), answer.size or 0
