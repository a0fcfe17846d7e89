from __future__ import annotations

from datetime import timedelta

import pytest

from bedrock_key_guard.doctor.clock_check import check_clock
from bedrock_key_guard.model.evidence import Clock
from bedrock_key_guard.model.times import utc_now


@pytest.mark.parametrize(
    ("ahead", "state", "said"),
    [
        (None, "unknown", "no server"),
        (timedelta(), "works", "right"),
        (timedelta(minutes=5), "works", "ahead of"),
        (timedelta(minutes=6), "wrong", "360 seconds ahead of"),
        (timedelta(hours=-1), "wrong", "3600 seconds behind"),
    ],
)
def test_a_clock_is_held_against_the_servers(
    ahead: timedelta | None, state: str, said: str
) -> None:
    check = check_clock(Clock(utc_now(), ahead=ahead))
    assert check.state == state
    assert said in check.said
