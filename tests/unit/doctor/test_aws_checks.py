from __future__ import annotations

from datetime import timedelta

import pytest

from bedrock_key_guard.doctor.aws_checks import check_clock, of_answer, regions_to_reach
from bedrock_key_guard.model.evidence import BedrockAnswer, Clock
from bedrock_key_guard.model.times import utc_now
from bedrock_key_guard.verify.classify import read_presence

HOME = ("us-east-1", "us-west-2", "eu-central-1")
PAGE = b"<html>Sign in</html>"


@pytest.mark.parametrize(
    ("partition", "configured", "regions"),
    [
        ("aws", None, HOME),
        ("aws", "us-west-2", HOME),
        ("aws", "sa-east-1", (*HOME, "sa-east-1")),
        ("aws", "atlantis-1", HOME),
        ("aws-us-gov", "us-gov-east-1", ("us-gov-west-1", "us-gov-east-1")),
    ],
)
def test_a_region_is_reached_where_keys_are_probed(
    partition: str, configured: str | None, regions: tuple[str, ...]
) -> None:
    assert regions_to_reach(partition, configured) == regions


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (403, b'{"message": "Missing Authentication Token"}', "works"),
        (401, b'{"error": {"code": "invalid_api_key", "message": "No key"}}', "works"),
        (403, PAGE, "unknown"),
        (200, PAGE, "unknown"),
        (302, b"", "unknown"),
        (407, PAGE, "unknown"),
        (503, b"{}", "unknown"),
        (200, b'{"modelSummaries": [{"modelId": "x"}]}', "wrong"),
    ],
)
def test_only_a_refusal_in_the_planes_own_words_shows_that_it_is_there(
    status: int, body: bytes, state: str
) -> None:
    asked = BedrockAnswer("bedrock", "us-east-1", "unknown", utc_now())
    check = of_answer(read_presence(asked, status, body))
    assert check.state == state
    assert check.said


def test_a_plane_that_a_region_does_without_is_nothing_wrong() -> None:
    answer = BedrockAnswer("bedrock-mantle", "mx-central-1", "not-offered", utc_now())
    assert of_answer(answer).state == "works"


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
