"""Confirm with Bedrock itself that a key is dead.

A change of IAM travels, and hosts hear of it one by one. So a plane has to refuse the key twice, on
fresh connections and some time apart, and nothing may have let it in between. How the answers add
up is decided here without asking anybody: `confirmation_from` says what is known, `due` when a
place is worth asking again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.aws.regions import further_regions
from bedrock_key_guard.keys.key import LongTermKey, WholeKey
from bedrock_key_guard.verify.bedrock import PLANES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bedrock_key_guard.model.evidence import BedrockAnswer, Plane
    from bedrock_key_guard.verify.schedule import Steps

INTERVAL_SECONDS = 15.0
DEADLINE_SECONDS = 180.0
_FIRST_WAIT, _LONGEST_WAIT = 0.25, 15.0
_SHORTEST_WAIT = 0.01

Shows = Literal["refused", "accepted", "nothing"]


@dataclass(frozen=True, slots=True)
class PlaneInRegion:
    """Name where a key has to be refused.

    `interval` seconds lie between the refusals that count; `after` is when it is first asked, in
    seconds from the first question of all.
    """

    plane: Plane
    region: str
    interval: float = INTERVAL_SECONDS
    after: float = 0.0

    def __str__(self) -> str:
        """Return its name; of a second region it says which."""
        return f"{self.plane} in {self.region}" if self.after else self.plane


@dataclass(frozen=True, slots=True)
class Heard:
    """Hold what a place answered, what that shows, and when it came by a clock of seconds."""

    place: PlaneInRegion
    answer: BedrockAnswer
    shows: Shows
    at: float

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.place}: {self.answer.detail or self.answer.state}"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Say what is known: who last let the key in, who has not refused it enough, and since when.

    `refused_since` is about the places that answered; `confirmed_at` is None until all have.
    """

    accepting: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    refused_since: datetime | None = None
    confirmed_at: datetime | None = None


def places_for(key: WholeKey, region: str) -> tuple[PlaneInRegion, ...]:
    """Return where a key has to be refused: a short-term key works in no region but its own."""
    home = tuple(PlaneInRegion(plane, region) for plane in PLANES)
    further = further_regions(region)[:1] if isinstance(key, LongTermKey) else ()
    return (
        *home,
        *(PlaneInRegion(p, second, 0.0, INTERVAL_SECONDS) for second in further for p in PLANES),
    )


def confirmation_from(heard: Sequence[Heard], places: Sequence[PlaneInRegion]) -> Confirmation:
    """Decide what the answers prove together; they stand in the order in which they came."""
    accepting, missing, since, at = list[str](), list[str](), list[datetime](), list[datetime]()
    for place in places:
        answers = _of(place, heard)
        words, refusals = _words(answers), _refusals(answers)
        if refusals and (refusals != words or not place.after):
            since.append(refusals[0].answer.asked_at)
        if _is_confirmed(place, refusals):
            at.append(refusals[-1].answer.asked_at)
        elif words and not refusals:
            last = () if answers[-1] == words[-1] else (answers[-1],)
            accepting.append(", then ".join(map(str, (words[-1], *last))))
        else:
            missing.append(str(answers[-1]) if answers else f"{place}: it was not asked")
    return Confirmation(
        accepting=tuple(accepting),
        missing=tuple(missing),
        refused_since=max(since, default=None),
        confirmed_at=None if accepting or missing else max(at, default=None),
    )


def due(place: PlaneInRegion, heard: Sequence[Heard], started: float) -> float:
    """Return when a place is to be asked next: never, once it has refused the key for good."""
    answers = _of(place, heard)
    if not answers:
        return started + place.after
    refusals = _refusals(answers)
    if _is_confirmed(place, refusals):
        return math.inf
    vain = sum(1 for _ in takewhile(lambda each: each.shows != "refused", answers[::-1]))
    wait = min(_FIRST_WAIT * 2 ** (vain - 1), _LONGEST_WAIT) if vain else 0.0
    return max(answers[-1].at + wait, refusals[0].at + place.interval if refusals else -math.inf)


def confirm(
    ask: Callable[[Sequence[PlaneInRegion]], Sequence[Heard]],
    places: Sequence[PlaneInRegion],
    clock: Callable[[], float],
) -> Steps[Confirmation]:
    """Ask until every place has refused the key for good, or until the deadline.

    Only what shows a refusal counts as one: throttling, a proxy's page or silence mean asking
    again. A place that refuses as the deadline comes is still asked for the second time.
    """
    started, heard = clock(), list[Heard]()
    while True:
        heard += ask([place for place in places if due(place, heard, started) <= clock()])
        times = [due(place, heard, started) for place in places if _is_open(place, heard, started)]
        if not times:
            return confirmation_from(heard, places)
        yield max(min(times) - clock(), _SHORTEST_WAIT)


def _is_open(place: PlaneInRegion, heard: Sequence[Heard], started: float) -> bool:
    """Return whether a place is worth asking again."""
    time, answers = due(place, heard, started), _of(place, heard)
    refused = bool(answers) and answers[-1].shows == "refused"
    return time < math.inf and (refused or time <= started + DEADLINE_SECONDS)


def _of(place: PlaneInRegion, heard: Sequence[Heard]) -> list[Heard]:
    return [each for each in heard if each.place == place]


def _words(answers: Sequence[Heard]) -> list[Heard]:
    return [each for each in answers if each.shows != "nothing"]


def _refusals(answers: Sequence[Heard]) -> list[Heard]:
    """Return the refusals since a place last let the key in: silence takes none of them back."""
    latest = takewhile(lambda each: each.shows == "refused", reversed(_words(answers)))
    return [*latest][::-1]


def _is_confirmed(place: PlaneInRegion, refusals: Sequence[Heard]) -> bool:
    return bool(refusals) and refusals[-1].at - refusals[0].at >= place.interval
