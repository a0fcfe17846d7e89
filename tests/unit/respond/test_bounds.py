from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bedrock_key_guard.respond.responder import Bounds


def test_nobody_changes_one_thing_beside_another() -> None:
    bounds, everyone = Bounds(0), threading.Barrier(3)
    inside: list[tuple[str, str]] = []
    met: list[bool] = []

    def work(place: tuple[str, str]) -> None:
        with bounds.alone(*place):
            met.append(place in inside)
            inside.append(place)
            everyone.wait(10)  # three different things are changed at once
            inside.remove(place)

    places = [("1", "role x"), ("2", "role x"), ("1", "user x")] * 4
    with ThreadPoolExecutor(len(places)) as pool:
        list(pool.map(work, places))
    assert met == [False] * len(places)


def test_a_turn_is_given_back_after_an_error() -> None:
    bounds = Bounds(0)

    def fail() -> None:
        raise RuntimeError

    for _ in range(3):
        with pytest.raises(RuntimeError), bounds.alone("1", "x"):
            fail()


def test_as_many_changes_are_given_as_there_are() -> None:
    bounds = Bounds(3)
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: bounds.take_one(), range(12)))
    assert given.count(True) == 3
