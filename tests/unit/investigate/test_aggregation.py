from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.investigate.aggregation import Aggregation, Sums
from bedrock_key_guard.investigate.calls import Call
from bedrock_key_guard.model.usage import Breakdown, EventPoint
from tests.unit.investigate.records import GUARD, NOW

names = st.sampled_from(("", "a", "b", "c", "d", "e", "f", "g", "h"))
calls = st.builds(
    Call,
    seen=st.builds(
        EventPoint,
        time=st.integers(0, 90 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes)),
        event_id=st.uuids().map(str),
    ),
    event=st.sampled_from(("InvokeModel", "Converse", "ListFoundationModels")),
    region=st.sampled_from(("us-east-1", "eu-west-1")),
    address=names,
    agent=names | st.just(GUARD),
    model=names,
    error=st.sampled_from(("", "", "ValidationException", "AccessDenied")),
)


def made(number: int = 0, **values: Any) -> Call:
    seen = EventPoint(NOW - timedelta(minutes=number), f"e-{number}")
    return Call(seen, **{"event": "Converse", "region": "us-east-1", **values})


def folded(some: Iterable[Call], most: int = 4096) -> Sums:
    aggregation = Aggregation(most_values=most)
    for call in some:
        aggregation.add(call)
    return aggregation.facts()


def pages(some: list[Call], size: int, order: random.Random) -> Iterator[Call]:
    """Give calls page by page, the pages in any order."""
    begins = [*range(0, len(some), size)]
    order.shuffle(begins)
    for begin in begins:
        yield from some[begin : begin + size]


@given(st.lists(calls, max_size=60), st.integers(1, 7), st.integers(1, 9), st.randoms())
def test_the_order_of_pages_changes_nothing(
    some: list[Call], size: int, most: int, order: random.Random
) -> None:
    assert folded(pages(some, size, order), most) == folded(some, most)


@given(st.lists(calls, max_size=40), st.integers(1, 9))
def test_every_call_is_counted_once(some: list[Call], most: int) -> None:
    facts = folded(some, most)
    used = [call for call in some if not call.is_probe]
    assert (facts.total.calls if facts.total else 0) == len(used)
    assert (facts.probes.calls if facts.probes else 0) == len(some) - len(used)
    assert sum(hour.calls for hour in facts.hours) == len(used)
    for name, values in facts.values.items():
        told_apart = sum(tally.calls for tally in values.tallies)
        assert told_apart + values.rest == sum(bool(call.value(name)) for call in used)
        assert len(values.tallies) <= most


def test_counts_point_to_the_first_and_the_last() -> None:
    facts = folded([made(5), made(9, error="AccessDenied"), made(1)])
    (tally,) = facts.of("event")
    assert (tally.value, tally.calls, tally.errors) == ("Converse", 3, 1)
    assert (tally.first.event_id, tally.last.event_id) == ("e-9", "e-1")
    assert facts.total is not None
    assert (facts.total.first, facts.total.last) == (tally.first, tally.last)


def test_failures_of_calls_to_models_are_counted_by_how_they_failed() -> None:
    errors = ("", "ValidationException", "AccessDenied", "AccessDeniedException", "Throttling")
    calls = [made(n, error=error) for n, error in enumerate(errors)]
    facts = folded([*calls, made(9, event="CreateGuardrail", error="AccessDenied")])
    assert {how: tally.calls for how, tally in facts.failures.items()} == {
        "denied": 2,
        "invalid": 1,
    }
    assert facts.failures["denied"].errors == 2


def test_calls_are_counted_by_the_hour() -> None:
    facts = folded([made(1), made(2), made(59), made(61, error="AccessDenied")])
    assert [(hour.begin.hour, hour.calls, hour.errors) for hour in facts.hours] == [
        (4, 1, 1),
        (5, 3, 0),
    ]


def test_calls_since_the_leak_are_counted_apart_where_its_time_is_known() -> None:
    calls = [made(minutes) for minutes in (90, 60, 30)]
    counted = Aggregation(NOW - timedelta(minutes=60))
    unknown = Aggregation()
    for each in calls:
        counted.add(each)
        unknown.add(each)
    assert counted.facts().since_leak == 2
    assert unknown.facts().since_leak is None


def test_probes_are_in_no_other_count() -> None:
    facts = folded([made(1, event="ListModels", agent=GUARD)])
    assert facts.probes is not None
    assert (facts.total, facts.hours, facts.of("event")) == (None, (), ())


def test_a_fold_is_empty_until_it_has_seen_anything() -> None:
    aggregation = Aggregation()
    assert aggregation.empty
    aggregation.add(made(1, event="ListModels", agent=GUARD))
    assert not aggregation.empty


@pytest.mark.parametrize(
    ("most", "shown", "more", "more_calls"),
    [
        (1, ["a"], 2, 3),
        (2, ["a", "b"], 1, 1),
        (3, ["a", "b", "c"], 0, 0),
        (9, ["a", "b", "c"], 0, 0),
    ],
)
def test_the_most_used_come_first_and_the_others_are_counted(
    most: int, shown: list[str], more: int, more_calls: int
) -> None:
    used = ["c", "b", "b", "a", "a", "a"]
    facts = folded(made(number, address=value) for number, value in enumerate(used))
    breakdown = facts.values["address"].most_used(most)
    assert [tally.value for tally in breakdown.tallies] == shown
    assert (breakdown.more, breakdown.more_calls, breakdown.at_least) == (more, more_calls, False)


def test_beyond_what_is_told_apart_no_call_is_lost() -> None:
    facts = folded((made(number, address=f"a-{number % 50}") for number in range(100)), most=10)
    breakdown = facts.values["address"].most_used(3)
    assert [tally.calls for tally in breakdown.tallies] == [2, 2, 2]
    assert (breakdown.more, breakdown.more_calls, breakdown.at_least) == (8, 94, True)


def test_nothing_breaks_down_to_nothing() -> None:
    assert folded([]).values["model"].most_used(5) == Breakdown()
