from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bedrock_key_guard.investigate import indicators
from bedrock_key_guard.investigate.aggregation import Sums
from bedrock_key_guard.investigate.calls import Call
from bedrock_key_guard.investigate.indicators import MOST_EVENTS, indicators_of
from bedrock_key_guard.model.usage import EventPoint, Indicator, UserChange
from tests.unit.investigate.records import NOW
from tests.unit.investigate.test_aggregation import folded

LEAK = NOW - timedelta(days=2)
DAY, HOUR, MINUTE = 24 * 60, 60, 1
BEFORE, AFTER = 3 * DAY, 1 * DAY


def used(minutes: int, number: int = 1, **values: Any) -> list[Call]:
    """Make calls so many minutes ago, at once."""
    time = NOW - timedelta(minutes=minutes)
    common: dict[str, Any] = {
        "event": "Converse",
        "region": "us-east-1",
        "address": "a",
        "agent": "g",
        **values,
    }
    return [Call(EventPoint(time, f"e-{minutes}-{n}"), **common) for n in range(number)]


def changed(name: str, minutes: int = AFTER, **more: object) -> UserChange:
    seen = EventPoint(NOW - timedelta(minutes=minutes), f"i-{minutes}")
    return UserChange(name, seen, "arn", "a", "g", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("calls", "leaked_at", "sentence"),
    [
        (
            [*used(BEFORE), *used(AFTER, 3, address="b")],
            LEAK,
            "1 not seen before the leak, 3 calls",
        ),
        ([*used(BEFORE), *used(AFTER)], LEAK, None),
        ([*used(BEFORE), *used(AFTER, 3, address="b")], None, None),
        (used(AFTER, 3, address="b"), LEAK, None),
        (used(BEFORE), LEAK, None),
        ([], LEAK, None),
    ],
)
def test_an_address_is_new_that_was_not_there_before_the_leak(
    calls: list[Call], leaked_at: datetime | None, sentence: str | None
) -> None:
    found = indicators.new_address(folded(calls), leaked_at)
    assert (found.sentence if found else None) == sentence


def test_a_new_program_points_to_its_first_and_last_event() -> None:
    calls = [*used(BEFORE), *used(1440, agent="b"), *used(700, agent="b"), *used(10, agent="b")]
    found = indicators.new_agent(folded(calls), LEAK)
    assert found is not None
    assert [seen.event_id for seen in found.events] == ["e-1440-0", "e-10-0"]
    assert found.more == 1


def regions(*minutes: int) -> list[Call]:
    return [call for n, when in enumerate(minutes) for call in used(when, region=f"r-{n}")]


@pytest.mark.parametrize(
    ("calls", "leaked_at", "sentence"),
    [
        (regions(100, 98, 95, 92), LEAK, "4 regions in 8 minutes"),
        (regions(100, 95, 90, 85), None, "4 regions in 15 minutes"),
        (regions(100, 95, 90, 84), LEAK, None),
        (regions(100, 98, 95), LEAK, None),
        (regions(5000, 4999, 4998, 4997), LEAK, None),
        (regions(900, 100, 99, 98, 97, 96), LEAK, "5 regions in 4 minutes"),
        ([*regions(5000, 4999, 4998, 4997), *regions(100, 99, 98, 97)], LEAK, None),
    ],
)
def test_many_regions_are_a_sweep_only_within_minutes_and_for_the_first_time(
    calls: list[Call], leaked_at: datetime | None, sentence: str | None
) -> None:
    found = indicators.many_regions(folded(calls), leaked_at)
    assert (found.sentence if found else None) == sentence


@pytest.mark.parametrize(
    ("calls", "events"),
    [
        (used(10, 100), 1),
        (used(10, 99), 0),
        ([*used(600, 10), *used(10, 100)], 1),
        ([*used(600, 11), *used(10, 100)], 0),
        ([*used(600, 11), *used(10, 110)], 1),
        ([*used(900, 500), *used(600, 500), *used(10, 500)], 0),
        ([*used(900, 5), *used(600, 500), *used(10, 5), *used(300, 500), *used(1500, 5)], 2),
    ],
)
def test_a_burst_is_ten_times_the_usual_and_a_hundred_calls(calls: list[Call], events: int) -> None:
    found = indicators.burst(folded(calls), LEAK)
    assert (len(found.events) if found else 0) == events


def failed(error: str, number: int, event: str = "InvokeModel", models: int = 1) -> list[Call]:
    return [
        call
        for n in range(number)
        for call in used(n, event=event, error=error, model=f"m-{n % models}")
    ]


@pytest.mark.parametrize(
    ("calls", "suspicious"),
    [
        (failed("ValidationException", 5), True),
        (failed("ValidationException", 4), False),
        (failed("ValidationException", 5, "ConverseStream"), True),
        (failed("ValidationException", 50, "CreateGuardrail"), False),
        (failed("AccessDenied", 5, models=3), True),
        (failed("AccessDeniedException", 6, models=3), True),
        (failed("AccessDenied", 50, models=2), False),
        (failed("ThrottlingException", 50, models=5), False),
        (failed("", 50, models=5), False),
    ],
)
def test_calls_that_are_meant_to_fail_are_probing(calls: list[Call], suspicious: bool) -> None:
    assert (indicators.probing(folded(calls), LEAK) is not None) == suspicious


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("PutFoundationModelEntitlement", "entitlement"),
        ("CreateFoundationModelAgreement", "entitlement"),
        ("Subscribe", "entitlement"),
        ("CreateProvisionedModelThroughput", "spending"),
        ("CreateModelInvocationJob", "spending"),
        ("DeleteModelInvocationLoggingConfiguration", "concealment"),
        ("GetModelInvocationLoggingConfiguration", "concealment"),
        ("DeleteGuardrail", "concealment"),
        ("Converse", None),
        ("ListFoundationModels", None),
    ],
)
def test_some_calls_tell_what_they_are_for(event: str, name: str | None) -> None:
    found = indicators_of(folded(used(AFTER, event=event)), (), LEAK)
    assert [each.name for each in found] == ([name] if name else [])


@pytest.mark.parametrize(
    ("change", "suspicious"),
    [
        (changed("CreateAccessKey"), True),
        (changed("CreateLoginProfile"), True),
        (changed("UpdateLoginProfile"), True),
        (changed("AttachUserPolicy"), True),
        (changed("AddUserToGroup"), True),
        (changed("CreateServiceSpecificCredential"), True),
        (changed("CreateServiceSpecificCredential", of_key=True), False),
        (changed("UpdateServiceSpecificCredential Inactive"), False),
        (changed("CreateAccessKey", BEFORE), False),
        (changed("CreateAccessKey", error="AccessDenied"), False),
        (changed("AttachUserPolicy", by_guard=True), False),
    ],
)
def test_what_is_added_to_the_user_after_the_leak_is_a_sign(
    change: UserChange, suspicious: bool
) -> None:
    found = indicators.persistence([change], LEAK)
    assert (found is not None) == suspicious
    if found is not None:
        assert found.events == (change.seen,)


def test_what_is_added_counts_too_where_the_leak_has_no_time() -> None:
    assert indicators.persistence([changed("CreateAccessKey", BEFORE)], None) is not None


MADE = changed("CreateServiceSpecificCredential", BEFORE, of_key=True)


@pytest.mark.parametrize(
    ("change", "suspicious"),
    [
        (changed("AttachUserPolicy", BEFORE - 1), False),
        (changed("AttachUserPolicy", BEFORE + 1), False),
        (changed("AttachUserPolicy", BEFORE - 16), True),
        (replace(changed("AttachUserPolicy", BEFORE - 1), actor="another"), True),
    ],
)
def test_what_the_maker_of_a_key_did_for_it_is_no_sign(
    change: UserChange, suspicious: bool
) -> None:
    found = indicators.persistence(iter([MADE, change]), None)
    assert (found is not None) == suspicious


def test_the_events_behind_a_sign_are_bounded_and_counted() -> None:
    added = [changed("CreateAccessKey", minutes) for minutes in range(1, MOST_EVENTS + 6)]
    found = indicators.persistence(added, LEAK)
    assert found is not None
    assert (len(found.events), found.more) == (MOST_EVENTS, 5)
    assert [*found.events] == sorted(found.events)


Look = Callable[[Sums, "datetime | None"], "Indicator | None"]


@pytest.mark.parametrize("look", indicators._LOOKS)
@pytest.mark.parametrize("leaked_at", [None, LEAK])
def test_no_use_is_no_sign(look: Look, leaked_at: datetime | None) -> None:
    assert look(folded([]), leaked_at) is None
