from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bedrock_key_guard.model import BedrockAnswer
from bedrock_key_guard.respond.confirm import DEADLINE_SECONDS, Confirmation, confirm
from tests.unit.verify.doubles import FakeTime, answer


class Rounds:
    """Answer round by round, the last round for ever; each takes `seconds`."""

    def __init__(self, time: FakeTime, *rounds: tuple[str, str], seconds: float = 0.0) -> None:
        self._time = time
        self._seconds = seconds
        self._rounds: Sequence[tuple[str, str]] = rounds
        self._spent = 0.0
        self.asked = 0

    def __call__(self) -> tuple[BedrockAnswer, ...]:
        first, second = self._rounds[min(self.asked, len(self._rounds) - 1)]
        self.asked += 1
        self._spent += self._seconds
        return answer("bedrock", first), answer("bedrock-mantle", second)

    def clock(self) -> float:
        """Read a clock that began long before, as a monotonic one does."""
        return 86_400.0 + self._time.clock() + self._spent


def confirmed(
    rounds: Rounds, time: FakeTime, *, deadline: float = DEADLINE_SECONDS
) -> Confirmation:
    return confirm(rounds, clock=rounds.clock, sleep=time.sleep, deadline=deadline)


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


NO, YES = ("refused", "refused"), ("accepted", "accepted")


@pytest.mark.parametrize(
    ("rounds", "asked", "waits"),
    [
        ([NO], 2, []),
        ([("refused", "not offered")], 2, []),
        ([YES, NO], 3, [0.25]),
        ([YES, YES, YES, NO], 5, [0.25, 0.5, 1.0]),
        # Each plane has to refuse twice running; what interrupts it begins anew.
        ([("refused", "accepted"), NO], 3, [0.25]),
        ([("accepted", "refused"), NO], 3, [0.25]),
        ([NO, ("refused", "unknown"), NO], 4, [0.25]),
        ([NO, ("unknown", "refused"), NO], 4, [0.25]),
        ([NO, ("accepted", "refused"), NO], 4, [0.25]),
        ([NO, ("expired", "refused"), NO], 4, [0.25]),
        ([("denied", "refused"), NO], 3, [0.25]),
        ([("denied bearer", "denied bearer"), NO], 3, [0.25]),
        ([("unknown", "unknown")] * 3 + [NO], 5, [0.25, 0.5, 1.0]),
    ],
)
def test_a_key_is_dead_when_each_plane_has_refused_it_twice_running(
    rounds: list[tuple[str, str]], asked: int, waits: list[float], time: FakeTime
) -> None:
    script = Rounds(time, *rounds)
    assert confirmed(script, time).dead
    assert (script.asked, time.slept) == (asked, waits)


@pytest.mark.parametrize(
    "last",
    [
        YES,
        ("accepted", "refused"),
        ("refused", "accepted"),
        ("unknown", "unknown"),
        ("refused", "unknown"),
        ("denied bearer", "denied bearer"),
        ("denied", "refused"),
        ("expired", "expired"),
    ],
)
def test_what_is_no_refusal_never_becomes_one(last: tuple[str, str], time: FakeTime) -> None:
    script = Rounds(time, last)
    confirmation = confirmed(script, time)
    assert not confirmation.dead
    assert (
        confirmation.last
        == f"bedrock: bedrock said {last[0]}; bedrock-mantle: bedrock-mantle said {last[1]}"
    )
    assert DEADLINE_SECONDS - 15 < time.clock() <= DEADLINE_SECONDS


def test_an_answer_without_words_is_told_by_its_state(time: FakeTime) -> None:
    def speechless() -> tuple[BedrockAnswer, ...]:
        return tuple(replace(each, detail="") for each in Rounds(time, YES)())

    confirmation = confirm(speechless, clock=time.clock, sleep=time.sleep)
    assert confirmation.last == "bedrock: accepted; bedrock-mantle: accepted"


def test_the_waits_grow_up_to_a_bound(time: FakeTime) -> None:
    confirmed(Rounds(time, YES), time)
    assert time.slept[:7] == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0]
    assert set(time.slept[7:]) == {15.0}


def test_a_key_that_flickers_is_not_waited_for_longer_than_the_deadline(time: FakeTime) -> None:
    script = Rounds(time, *[NO, YES] * 400)
    assert not confirmed(script, time, deadline=10.0).dead
    assert time.clock() <= 10.0


def test_time_that_the_probes_take_counts(time: FakeTime) -> None:
    script = Rounds(time, YES, seconds=60.0)
    assert not confirmed(script, time).dead
    assert script.asked == 3


def test_a_refusal_at_the_last_moment_is_still_confirmed(time: FakeTime) -> None:
    script = Rounds(time, *[YES] * 6, NO)
    assert confirmed(script, time, deadline=16.0).dead
