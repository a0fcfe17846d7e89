"""Define what an issue remembers of the places of a key, whichever run and repository saw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Sighting:
    """Hold where a key was seen, in the words in which people are told it.

    `place` is path, line and column, `inside` what had to be opened or undone there. `commit` of
    `repository` has `path` at `line`, or without a commit `path` is one of its pages; it is empty
    where no link leads there. `since` is the
    commit that brought it, and `gone` tells that no branch has it any more.
    """

    repository: str
    place: str
    inside: str = ""
    commit: str = ""
    path: str = ""
    line: int = 1
    since: str = ""
    gone: bool = False


def merged(known: Iterable[Sighting], seen: Iterable[Sighting]) -> tuple[Sighting, ...]:
    """Return what is known and what is seen now: a run adds and corrects, and forgets nothing.

    What tells of the commit behind a place says more than what does not.
    """
    found = {_where(each): each for each in known}
    for each in seen:
        before = found.get(_where(each))
        if before is None or each.since or not before.since:
            found[_where(each)] = each
    return tuple(found.values())


def _where(sighting: Sighting) -> tuple[str, str, str]:
    return sighting.repository, sighting.place, sighting.inside
