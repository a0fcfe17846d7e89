from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from bedrock_key_guard.verify.schedule import (
    AFTER_ALL,
    GROUPS_AT_A_TIME,
    STEPS_AT_A_TIME,
    Schedule,
    Steps,
)
from tests.unit.verify.doubles import FakeTime

ONE_GROUP_EACH = 20


def scheduled(time: FakeTime, works: list[Steps[None]], groups: int = 1) -> None:
    Schedule(time.clock, time.sleep).run([works[number::groups] for number in range(groups)])


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def test_all_wait_side_by_side_so_a_run_grows_by_the_longest_wait(time: FakeTime) -> None:
    ended: list[float] = []

    def work(number: int) -> Steps[None]:
        yield 15.0
        yield float(number % 4)
        ended.append(time.clock())

    scheduled(time, [work(number) for number in range(200)])
    assert len(ended) == 200
    assert time.clock() == 18.0
    assert ended == sorted(ended)


@pytest.mark.parametrize("pause", [0.0, 15.0])
def test_nobody_waits_before_everybody_has_begun(time: FakeTime, pause: float) -> None:
    happened: list[str] = []

    def work() -> Steps[None]:
        happened.append("begun")
        yield pause
        happened.append("waited")

    scheduled(time, [work() for _ in range(200)], groups=20)
    assert happened == ["begun"] * 200 + ["waited"] * 200


def test_who_goes_on_after_all_goes_on_before_anyone_waits(time: FakeTime) -> None:
    happened: list[str] = []

    def work(number: int) -> Steps[None]:
        happened.append("first")
        if number % 3:
            yield AFTER_ALL
            happened.append("second")
        if number % 3 == 2:
            yield AFTER_ALL
            happened.append("third")
        yield 0.0
        happened.append("waited")

    scheduled(time, [work(number) for number in range(300)], groups=20)
    assert happened == (["first"] * 300 + ["second"] * 200 + ["third"] * 100 + ["waited"] * 300)


def test_among_those_that_wait_nobody_is_left_to_wait_for(time: FakeTime) -> None:
    ended: list[float] = []

    def work() -> Steps[None]:
        yield 15.0
        yield AFTER_ALL
        ended.append(time.clock())

    scheduled(time, [work(), work()])
    assert ended == [15.0, 15.0]


def test_a_step_that_lasts_holds_up_no_other(time: FakeTime) -> None:
    go_on = threading.Event()

    def slow() -> Steps[None]:
        yield 0.0
        assert go_on.wait(10)

    def quick() -> Steps[None]:
        yield 0.01
        time.sleep(0.01)
        yield 0.0
        go_on.set()

    class Real(FakeTime):
        """Time goes on by itself while something runs."""

        def clock(self) -> float:
            self.slept.append(0.001)
            return super().clock()

    real = Real()
    scheduled(real, [slow(), quick()])
    assert go_on.is_set()


def test_a_wait_is_as_long_as_was_asked_for(time: FakeTime) -> None:
    times: list[float] = []

    def work(pauses: list[float]) -> Steps[None]:
        for pause in pauses:
            began = time.clock()
            yield pause
            times.append(time.clock() - began - pause)

    scheduled(time, [work([0.25, 0.5, 1.0, 15.0]), work([2.0, 15.0]), work([0.1] * 30)])
    assert len(times) == 36
    assert min(times) > -1e-9


def test_no_more_than_ten_groups_are_worked_on_at_a_time(time: FakeTime) -> None:
    at_work, most, lock = dict[int, int](), list[int](), threading.Lock()

    def work(group: int) -> Steps[None]:
        with lock:
            at_work[group] = at_work.get(group, 0) + 1
            most.append(sum(count > 0 for count in at_work.values()))
        threading.Event().wait(0.002)
        with lock:
            at_work[group] -= 1
        yield from ()

    scheduled(time, [work(number % 30) for number in range(90)], groups=30)
    assert len(most) == 90
    assert 1 < max(most) <= GROUPS_AT_A_TIME


def _interrupted() -> float:
    raise KeyboardInterrupt


def _first_steps(begun: list[int]) -> Callable[[int], Steps[None]]:
    def work(number: int) -> Steps[None]:
        begun.append(number)
        yield _interrupted()

    return work


def _later_steps(begun: list[int]) -> Callable[[int], Steps[None]]:
    def work(number: int) -> Steps[None]:
        yield 1.0
        begun.append(number)
        raise KeyboardInterrupt

    return work


@pytest.mark.parametrize("steps", [_first_steps, _later_steps])
def test_what_has_not_begun_when_a_run_is_stopped_never_does(
    steps: Callable[[list[int]], Callable[[int], Steps[None]]], time: FakeTime
) -> None:
    begun: list[int] = []
    work = steps(begun)
    with pytest.raises(KeyboardInterrupt):
        scheduled(time, [work(number) for number in range(400)], groups=20)
    assert 1 <= len(begun) <= GROUPS_AT_A_TIME * STEPS_AT_A_TIME


def test_a_person_who_stops_a_run_while_it_waits_ends_it(time: FakeTime) -> None:
    begun: list[int] = []

    def work() -> Steps[None]:
        yield 15.0
        begun.append(1)

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Schedule(time.clock, interrupted).run([[work()]])
    assert begun == []


def test_steps_may_be_taken_by_any_thread(time: FakeTime) -> None:
    """A result reaches the caller whatever thread took the step."""
    with ThreadPoolExecutor(2):
        results: list[int] = []

        def inner() -> Steps[int]:
            yield 1.0
            return 7

        def work() -> Steps[None]:
            results.append((yield from inner()))

        scheduled(time, [work() for _ in range(10)], groups=5)
    assert results == [7] * 10
