"""Say which repositories a sweep reads, in which shards, and what is left out and why."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003  # JSON is read by it
from typing import TYPE_CHECKING

from bedrock_key_guard import __version__
from bedrock_key_guard.github.visibility import Visibility  # noqa: TC001  # JSON is read by it

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# A repository costs a clone and the start of a scan, however small it is: as much as 2 MB to read.
_OVERHEAD = 2_000


@dataclass(frozen=True, slots=True)
class Planned:
    """Name a repository to read: where it is cloned from, and how large it is, in KB.

    `id` is GitHub's, which a repository keeps when it is renamed, 0 elsewhere. `tips` are commits
    that an earlier sweep has read all of. `texts` tells that what people wrote beside the code is
    read too, and `wiki` that there may be nothing to clone.
    """

    name: str
    address: str
    size: int = 0
    id: int = 0
    visibility: Visibility = "unknown"
    tips: tuple[str, ...] = ()
    texts: bool = False
    wiki: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """Name a repository that is not to be read, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Share out repositories to shards.

    `api` is the address of GitHub's API, "" where the repositories come from a list of addresses.
    `of` tells what it was made from. `unseen` are sentences on what could not be listed, and
    `notes` on what nobody knows.
    """

    made_at: datetime
    shards: tuple[tuple[Planned, ...], ...]
    skipped: tuple[Skipped, ...] = ()
    unseen: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    api: str = ""
    engine: str = __version__
    of: str = ""

    @property
    def repositories(self) -> tuple[Planned, ...]:
        """Return all that is to be read."""
        return tuple(each for shard in self.shards for each in shard)


def packed(repositories: Iterable[Planned], shards: int) -> tuple[tuple[Planned, ...], ...]:
    """Return the repositories in at most so many shards, each about as much work as any other.

    The largest comes first, and each goes to the shard that has least: no shard takes more than a
    third longer than the best division (R. L. Graham, Bounds on Multiprocessing Timing Anomalies).
    """
    each_by_size = sorted(repositories, key=lambda each: (-each.size, each.name))
    loads: list[tuple[int, int, list[Planned]]]
    loads = [(0, number, []) for number in range(min(shards, len(each_by_size)))]
    for repository in each_by_size:
        load, number, held = heapq.heappop(loads)
        held.append(repository)
        heapq.heappush(loads, (load + repository.size + _OVERHEAD, number, held))
    return tuple(tuple(held) for _, _, held in sorted(loads, key=lambda each: each[1]))


def remembering(
    repositories: Iterable[Planned], tips: Mapping[tuple[str, int], tuple[str, ...]]
) -> Sequence[Planned]:
    """Return the repositories with the tips that an earlier sweep read all of, by name and id."""
    return [replace(each, tips=tips.get((each.name, each.id), ())) for each in repositories]
