"""Define what an issue remembers of a key and its places, whichever run and repository told it.

A run sees a part of what there is. So it adds and corrects, and what it does not know it leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


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


What = Literal["leaked", "found", "verified", "disabled", "confirmed", "restored", "used"]
KeyState = Literal["", "working", "doubtful", "denied", "dead"]
"""What a key was when somebody last knew; "" for nothing known."""
Standing = Literal["Active", "Inactive", "Expired", "gone"]
"""What IAM calls a credential; `gone` where it lists it no more."""

MOST_MILESTONES = 40
_CLOCKS_DIFFER = timedelta(days=1)
_ONCE: frozenset[What] = frozenset(("leaked", "found"))
_SAYS_NOTHING: frozenset[KeyState] = frozenset(("", "doubtful"))
_STOPPED: frozenset[What] = frozenset(("disabled", "confirmed"))


@dataclass(frozen=True, slots=True)
class Milestone:
    """Say what happened to a key and when, and in which repository it was found, if it was."""

    when: datetime
    what: What
    repository: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """Hold what is known of a key apart from the key.

    `credential` is the id of its credential in `account`: None where nobody has said, "" where its
    status tells nothing of the key, as after a reset. `expires_at` is that of a short-term key.
    """

    places: tuple[Sighting, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    state: KeyState = ""
    account: str = ""
    credential: str | None = None
    expires_at: datetime | None = None

    @property
    def outline(self) -> Memory:
        """Return what strangers may read: that it happened, and when; not where, nor to whom."""
        told = (replace(each, repository="") for each in self.milestones if each.what != "leaked")
        found = [each for each in self.milestones if each.what == "found"][:1]
        kept = (e for e in told if e.what != "found" or e.when == found[0].when)
        return Memory(milestones=_bounded([*dict.fromkeys(kept)]), state=self.state)


def together(known: Memory, seen: Memory) -> Memory:
    """Return what is known with what is seen now, which is right where both say something."""
    knows_credential = seen.credential is not None
    return Memory(
        places=merged(known.places, seen.places),
        milestones=_followed(known.milestones, seen.milestones),
        state=known.state or seen.state if seen.state in _SAYS_NOTHING else seen.state,
        account=seen.account if knows_credential else known.account,
        credential=seen.credential if knows_credential else known.credential,
        expires_at=seen.expires_at or known.expires_at,
    )


def _followed(known: Sequence[Milestone], seen: Sequence[Milestone]) -> tuple[Milestone, ...]:
    """Return what happened, each turn once: that nothing has changed is no news.

    The first leak and the first find in each repository count. Of all else only a turn does, and
    nothing that a run saw before another one has told what came after.
    """
    latest = max((each.when for each in seen), default=None)
    # What is said to come later nobody has seen: whoever may edit the issue has written it.
    events = [each for each in known if latest is None or each.when < latest + _CLOCKS_DIFFER]
    told = _last_turn(events)
    for each in seen:
        if each.what in _ONCE:
            _keep_first(events, each)
        elif told is None or _follows(told, each):
            events += _turn(_last_turn(events), each)
    return _bounded(sorted(events, key=lambda each: each.when))


def _follows(told: Milestone, now: Milestone) -> bool:
    """Return whether a turn came after another; in one and the same second a key is stopped."""
    stops = now.what in _STOPPED and told.what not in _STOPPED
    return told.when < now.when or (told.when == now.when and stops)


def _last_turn(events: Sequence[Milestone]) -> Milestone | None:
    return next((each for each in reversed(events) if each.what not in _ONCE), None)


def _turn(last: Milestone | None, now: Milestone) -> list[Milestone]:
    """Return what is news: where a stopped key works, somebody has switched it on again."""
    was = last.what if last else None
    if was == now.what or (now.what == "used" and was not in (*_STOPPED, "restored")):
        return []
    again = now.what == "verified" and was in _STOPPED
    return [*((Milestone(now.when, "restored"),) * again), now]


def _keep_first(events: list[Milestone], one: Milestone) -> None:
    """Add what happens once, or correct it where it was earlier than anybody knew."""
    kinds = [(each.what, each.repository) for each in events]
    place = kinds.index((one.what, one.repository)) if (one.what, one.repository) in kinds else None
    if place is None:
        events.append(one)
    elif one.when < events[place].when:
        events[place] = one


def _bounded(events: list[Milestone]) -> tuple[Milestone, ...]:
    """Return how it began, and how it ended."""
    half = MOST_MILESTONES // 2
    return tuple(events if len(events) <= MOST_MILESTONES else events[:half] + events[-half:])
