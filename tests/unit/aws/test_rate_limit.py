from __future__ import annotations

import threading

import pytest

from bedrock_key_guard.aws.rate_limit import RateLimiter
from tests.unit.investigate.records import Time


def test_the_first_goes_at_once_and_the_others_half_a_second_apart() -> None:
    time = Time()
    limiter = RateLimiter(time.clock, time.sleep)
    went = []
    for _ in range(4):
        limiter.wait("us-east-1")
        went.append(time.now - 1000)
    assert went == [0, 0.5, 1.0, 1.5]


def test_lanes_do_not_wait_for_each_other() -> None:
    time = Time()
    limiter = RateLimiter(time.clock, time.sleep)
    for lane in ("us-east-1", "eu-west-1", "ap-south-1"):
        limiter.wait(lane)
    assert time.slept == []


def test_time_that_passed_by_itself_counts_and_is_not_saved_up() -> None:
    time = Time()
    limiter = RateLimiter(time.clock, time.sleep)
    limiter.wait("lane")
    time.now += 60
    limiter.wait("lane")
    assert time.slept == []
    limiter.wait("lane")
    assert time.slept == [0.5]


@pytest.mark.parametrize("seconds", [1.0, 8.0])
def test_a_lane_that_is_held_waits_and_no_other(seconds: float) -> None:
    time = Time()
    limiter = RateLimiter(time.clock, time.sleep)
    limiter.wait("held")
    limiter.hold("held", seconds)
    limiter.wait("other")
    assert time.slept == []
    limiter.wait("held")
    assert time.slept == [0.5 + seconds]


def test_callers_from_many_threads_get_turns_of_their_own() -> None:
    slept: list[float] = []
    limiter = RateLimiter(lambda: 0.0, slept.append)
    threads = [threading.Thread(target=limiter.wait, args=("lane",)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slept) == [turn / 2 for turn in range(1, 10)]
