from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise

import pytest

from bedrock_key_guard.model.evidence import Plane
from bedrock_key_guard.respond.confirm import (
    DEADLINE_SECONDS,
    INTERVAL_SECONDS,
    Confirmation,
    Heard,
    PlaneInRegion,
    Shows,
    confirm,
    confirmation_from,
    places_for,
)
from tests.unit.verify.doubles import NOW, FakeTime, answer, done, long_term, short_term

FIRST, SECOND = PlaneInRegion("bedrock", "us-east-1"), PlaneInRegion("bedrock-mantle", "us-east-1")
BOTH = (FIRST, SECOND)
ELSEWHERE = PlaneInRegion("bedrock", "us-west-2", 0.0, INTERVAL_SECONDS)
SHOWN: dict[str, Shows] = {"refused": "refused", "accepted": "accepted", "unknown": "nothing"}
LETTERS = {"r": "refused", "a": "accepted", "-": "unknown"}


def heard(place: PlaneInRegion, said: str, at: float) -> Heard:
    when = NOW + timedelta(seconds=at)
    return Heard(place, answer(place.plane, said, region=place.region, at=when), SHOWN[said], at)


def told(place: PlaneInRegion, *answers: str) -> list[Heard]:
    """Read answers such as `r15`: refused after 15 seconds; `a` is accepted, `-` is silence."""
    return [heard(place, LETTERS[each[0]], float(each[1:])) for each in answers]


# ── what answers prove ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answers", "since", "at"),
    [
        (["r0"], 0, None),
        (["r0", "r0"], 0, None),
        (["r0", "r14.9"], 0, None),
        (["r0", "r15"], 0, 15),
        (["a0", "r1", "r16"], 1, 16),
        (["a0", "r1", "r15.9"], 1, None),
        # What lets the key in between begins the time anew.
        (["r0", "a1", "r15"], 15, None),
        (["r0", "a1", "r15", "r30"], 15, 30),
        (["r0", "r15", "a16"], None, None),
        # Silence is no refusal, and takes none back.
        (["-0", "-15"], None, None),
        (["r0", "-15"], 0, None),
        (["r0", "-15", "r16"], 0, 16),
        (["-0", "r15"], 15, None),
        (["r0", "-1", "a2", "-3", "r4", "-19", "r20"], 4, 20),
        (["a0"], None, None),
        (["a0", "-1"], None, None),
        ([], None, None),
    ],
    ids=str,
)
def test_a_plane_has_refused_a_key_for_good_when_it_did_twice_and_some_time_apart(
    answers: list[str], since: float | None, at: float | None
) -> None:
    found = confirmation_from(told(FIRST, *answers), [FIRST])
    assert found.refused_since == (None if since is None else NOW + timedelta(seconds=since))
    assert found.confirmed_at == (None if at is None else NOW + timedelta(seconds=at))
    assert (found.confirmed_at is None) == bool(found.accepting or found.missing)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (["r0", "r15"], ["r2", "r17"], ((), (), 2, 17)),
        (["r0", "r15"], ["a0", "r9", "r24"], ((), (), 9, 24)),
        (["r0", "r15"], ["a0", "a15"], (("bedrock-mantle said accepted",), (), 0, None)),
        (
            ["r0", "r15"],
            ["a0", "-15"],
            (
                ("bedrock-mantle said accepted, then bedrock-mantle: bedrock-mantle said unknown",),
                (),
                0,
                None,
            ),
        ),
        (["r0", "r15"], ["-0", "-15"], ((), ("bedrock-mantle said unknown",), 0, None)),
        (["-0"], ["-0"], ((), ("bedrock said unknown", "bedrock-mantle said unknown"), None, None)),
        (
            ["a0"],
            ["-0"],
            (("bedrock said accepted",), ("bedrock-mantle said unknown",), None, None),
        ),
        (["r0", "r15"], [], ((), ("it was not asked",), 0, None)),
    ],
    ids=str,
)
def test_a_key_is_dead_when_every_plane_has_refused_it_for_good(
    first: list[str],
    second: list[str],
    expected: tuple[tuple[str, ...], tuple[str, ...], float | None, float | None],
) -> None:
    accepting, missing, since, at = expected
    found = confirmation_from([*told(FIRST, *first), *told(SECOND, *second)], BOTH)
    assert [each.partition(": ")[2] for each in found.accepting] == [*accepting]
    assert [each.partition(": ")[2] for each in found.missing] == [*missing]
    assert found.refused_since == (None if since is None else NOW + timedelta(seconds=since))
    assert found.confirmed_at == (None if at is None else NOW + timedelta(seconds=at))


@pytest.mark.parametrize(
    ("elsewhere", "since", "at"),
    [
        (["r15"], 0, 15),  # once is enough, and says nothing about when it began
        (["a15"], 0, None),
        (["a15", "r20"], 20, 20),
        (["-15"], 0, None),
        (["-15", "r16"], 0, 16),
        ([], 0, None),
    ],
    ids=str,
)
def test_a_second_region_has_to_refuse_it_once(
    elsewhere: list[str], since: float, at: float | None
) -> None:
    answers = [*told(FIRST, "r0", "r15"), *told(ELSEWHERE, *elsewhere)]
    found = confirmation_from(answers, [FIRST, ELSEWHERE])
    assert found.refused_since == NOW + timedelta(seconds=since)
    assert found.confirmed_at == (None if at is None else NOW + timedelta(seconds=at))
    assert all("in us-west-2" in each for each in (*found.accepting, *found.missing))


# ── where and when it is asked ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("region", "second"),
    [("us-east-1", "us-west-2"), ("us-gov-west-1", "us-gov-east-1"), ("cn-north-1", None)],
)
def test_a_long_term_key_is_refused_in_a_second_region_of_its_partition(
    region: str, second: str | None
) -> None:
    asked = [(place.plane, place.region) for place in places_for(long_term(), region)]
    regions = [region, *filter(None, [second])]
    planes: list[Plane] = ["bedrock", "bedrock-mantle"]
    assert asked == [(plane, each) for each in regions for plane in planes]


def test_a_short_term_key_works_in_no_region_but_its_own() -> None:
    key = short_term()
    assert {place.region for place in places_for(key, key.region)} == {key.region}


class Bedrock:
    """Answer each place by its script, the last line for ever; each question takes `seconds`."""

    def __init__(
        self, time: FakeTime, scripts: dict[PlaneInRegion, str], seconds: float = 0.0
    ) -> None:
        self.time = time
        self.seconds = seconds
        self.asked: dict[PlaneInRegion, list[float]] = {place: [] for place in scripts}
        self._scripts = scripts

    def __call__(self, places: Sequence[PlaneInRegion]) -> list[Heard]:
        return [self._answer(place) for place in places]

    def _answer(self, place: PlaneInRegion) -> Heard:
        script, asked = self._scripts[place], self.asked[place]
        said = LETTERS[script[min(len(asked), len(script) - 1)]]
        asked.append(self.time.clock())
        if self.seconds:
            self.time.sleep(self.seconds)
        return heard(place, said, self.time.clock())


@pytest.fixture
def confirmed() -> Callable[..., tuple[Confirmation, Bedrock]]:
    def confirmed(
        scripts: dict[PlaneInRegion, str], seconds: float = 0.0
    ) -> tuple[Confirmation, Bedrock]:
        bedrock = Bedrock(FakeTime(), scripts, seconds)
        return done(confirm(bedrock, [*scripts], bedrock.time.clock), bedrock.time), bedrock

    return confirmed


Confirmed = Callable[..., tuple[Confirmation, Bedrock]]


def test_a_plane_is_asked_twice_fifteen_seconds_apart_and_a_second_region_once(
    confirmed: Confirmed,
) -> None:
    found, bedrock = confirmed({FIRST: "r", SECOND: "r", ELSEWHERE: "r"})
    assert bedrock.asked == {FIRST: [0.0, 15.0], SECOND: [0.0, 15.0], ELSEWHERE: [15.0]}
    assert found == Confirmation((), (), NOW, NOW + timedelta(seconds=15))


def test_the_time_that_a_probe_takes_makes_no_interval_shorter(confirmed: Confirmed) -> None:
    _, bedrock = confirmed({FIRST: "r"}, seconds=8.0)
    first, second = bedrock.asked[FIRST]
    assert second - first == 8.0 + INTERVAL_SECONDS


def test_a_plane_that_still_accepts_it_is_asked_often_and_then_less(confirmed: Confirmed) -> None:
    found, bedrock = confirmed({FIRST: "aaaar", SECOND: "r"})
    assert bedrock.asked[FIRST] == [0.0, 0.25, 0.75, 1.75, 3.75, 18.75]
    assert bedrock.asked[SECOND] == [0.0, 15.0]
    assert found.refused_since == NOW + timedelta(seconds=3.75)


def test_the_waits_grow_up_to_a_bound_and_end(confirmed: Confirmed) -> None:
    found, bedrock = confirmed({FIRST: "a"})
    asked = bedrock.asked[FIRST]
    waits = [after - before for before, after in pairwise(asked)]
    assert waits[:7] == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0]
    assert set(waits[7:]) == {15.0}
    assert DEADLINE_SECONDS - 15 < asked[-1] <= DEADLINE_SECONDS
    assert found.accepting == ("bedrock: bedrock said accepted",)


def test_a_plane_that_answers_nothing_is_given_up_at_the_deadline(confirmed: Confirmed) -> None:
    found, bedrock = confirmed({FIRST: "r", SECOND: "-", ELSEWHERE: "r"})
    assert found.missing == ("bedrock-mantle: bedrock-mantle said unknown",)
    assert (found.accepting, found.refused_since, found.confirmed_at) == ((), NOW, None)
    assert len(bedrock.asked[FIRST]) == 2
    assert bedrock.asked[SECOND][-1] <= DEADLINE_SECONDS


def test_a_plane_that_refused_it_once_and_fell_silent_has_not_confirmed_it(
    confirmed: Confirmed,
) -> None:
    found, _ = confirmed({FIRST: "r-"})
    assert found == Confirmation((), ("bedrock: bedrock said unknown",), NOW, None)


@pytest.mark.parametrize("script", ["ra" * 400, "rr-a" * 200, "-a"])
def test_a_key_that_flickers_is_not_waited_for_much_longer_than_the_deadline(
    script: str, confirmed: Confirmed
) -> None:
    found, bedrock = confirmed({FIRST: script, SECOND: "ra" * 400})
    assert found.confirmed_at is None
    assert bedrock.time.clock() <= DEADLINE_SECONDS + INTERVAL_SECONDS


def test_a_refusal_at_the_last_moment_is_still_confirmed(confirmed: Confirmed) -> None:
    _, still = confirmed({FIRST: "a"})
    tries = len(still.asked[FIRST])
    found, bedrock = confirmed({FIRST: "a" * (tries - 1) + "r"})
    assert bedrock.asked[FIRST][-1] > DEADLINE_SECONDS
    assert found.confirmed_at is not None


def test_time_that_the_probes_take_counts(confirmed: Confirmed) -> None:
    found, bedrock = confirmed({FIRST: "a"}, seconds=60.0)
    assert (len(bedrock.asked[FIRST]), bool(found.accepting)) == (3, True)


def test_an_answer_without_words_is_told_by_its_state() -> None:
    speechless = heard(FIRST, "accepted", 0.0)
    assert str(speechless) == "bedrock: bedrock said accepted"
