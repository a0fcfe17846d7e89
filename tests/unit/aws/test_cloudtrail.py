from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.aws.cloudtrail import PAGE, Query, Record, Trail, read_record
from bedrock_key_guard.model.usage import TrailGap
from tests.unit.investigate.records import (
    ARN,
    NOW,
    USER,
    FakeSession,
    FakeTrail,
    Time,
    at,
    listed,
    parsed,
    record,
    refusal,
)

QUERY = Query("us-east-1", "Username", USER, at(days=7), NOW)
THROTTLED = refusal("ThrottlingException")


class Reader:
    """Read one query of a fake trail, and keep what it hands over."""

    def __init__(self, trail: FakeTrail, most_events: int = 100_000) -> None:
        self.time = Time()
        self.taken: list[str] = []
        session = FakeSession(trail, limiter=self.time.limiter())
        self.trail = Trail(session)  # type: ignore[arg-type]
        self._most = most_events

    def read(self, query: Query = QUERY) -> TrailGap | None:
        gaps: list[TrailGap | None] = []
        for item in self.trail.look_up(replace(query, most=self._most)):
            if isinstance(item, TrailGap):
                gaps.append(item)
            else:
                assert not gaps, "a gap comes last"
                self.taken.append(item.text("eventID"))
        (gap,) = gaps or [None]
        return gap


def events(number: int) -> list[dict[str, Any]]:
    return [record(at(minutes=n), f"e-{n}") for n in range(number)]


def trail(number: int, *faults: Exception) -> FakeTrail:
    made = FakeTrail(faults={"us-east-1": [*faults]})
    made.put(*events(number))
    return made


@pytest.mark.parametrize(("number", "requests"), [(0, 1), (1, 1), (49, 1), (50, 2), (120, 3)])
def test_every_page_is_read(number: int, requests: int) -> None:
    cloudtrail = trail(number)
    reader = Reader(cloudtrail)
    assert reader.read() is None
    assert sorted(reader.taken) == sorted(f"e-{n}" for n in range(number))
    assert cloudtrail.asked == [("us-east-1", "Username", USER)] * requests


def test_two_requests_are_made_in_a_second() -> None:
    reader = Reader(trail(4 * PAGE))
    assert reader.read() is None
    assert reader.time.slept == [0.5] * 4


@pytest.mark.parametrize("throttles", [1, 2, 5])
def test_a_throttled_page_is_asked_for_again_and_later_each_time(throttles: int) -> None:
    reader = Reader(trail(3, *[THROTTLED] * throttles))
    assert reader.read() is None
    assert len(reader.taken) == 3
    assert reader.time.slept == [0.5 + 2**n for n in range(throttles)]


def test_a_region_that_throttles_for_ever_is_a_gap() -> None:
    reader = Reader(trail(3, *[THROTTLED] * 6))
    reason = "cloudtrail:LookupEvents was throttled away (ThrottlingException)"
    assert reader.read() == TrailGap("us-east-1", reason, "throttled")


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnrecognizedClientException"])
def test_a_region_that_refuses_is_a_gap_and_is_asked_once(code: str) -> None:
    cloudtrail = trail(3, refusal(code))
    assert Reader(cloudtrail).read() == TrailGap(
        "us-east-1", f"cloudtrail:LookupEvents failed ({code})"
    )
    assert len(cloudtrail.asked) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EndpointConnectionError(endpoint_url="x"), "EndpointConnectionError"),
        (refusal("ServiceUnavailable", 503), "ServiceUnavailable"),
        (refusal("InternalFailure", 500), "InternalFailure"),
    ],
)
def test_a_region_that_gives_no_answer_is_asked_again_and_then_is_a_gap(
    error: Exception, code: str
) -> None:
    answering, silent = Reader(trail(3, error, error)), Reader(trail(3, *[error] * 3))
    assert answering.read() is None
    assert len(answering.taken) == 3
    reason = f"cloudtrail:LookupEvents failed ({code})"
    assert silent.read() == TrailGap("us-east-1", reason, "unanswered")
    assert silent.time.slept == [1.5, 2.5]


def test_what_was_read_before_a_refusal_counts_and_the_gap_says_from_when_on() -> None:
    cloudtrail = trail(120)
    reader = Reader(cloudtrail)
    read, real = [0], cloudtrail.look_up

    def look_up(region: str, **asked: Any) -> dict[str, Any]:
        read[0] += 1
        if read[0] == 3:
            raise refusal("ExpiredTokenException")
        return real(region, **asked)

    cloudtrail.look_up = look_up  # type: ignore[method-assign]
    gap = reader.read()
    assert len(reader.taken) == 2 * PAGE
    assert gap is not None
    assert gap.what == f"us-east-1 before {at(minutes=99):%Y-%m-%d %H:%M} UTC"


def test_a_bound_on_events_is_a_gap_where_there_are_more() -> None:
    reader = Reader(trail(3 * PAGE), most_events=2 * PAGE)
    gap = reader.read()
    assert len(reader.taken) == 2 * PAGE
    assert gap is not None
    assert (gap.reason, gap.kind) == ("it has more than 100 events", "bound")


def test_a_bound_that_is_not_met_is_no_gap() -> None:
    assert Reader(trail(PAGE - 1), most_events=PAGE).read() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"', "null"])
def test_an_event_that_is_no_record_is_counted_and_the_others_are_read(text: str) -> None:
    cloudtrail = FakeTrail()
    odd = listed(record(at(minutes=1))) | {"CloudTrailEvent": text}
    cloudtrail.put(odd, record(NOW, "e-0"), record(at(minutes=2), "e-2"))
    reader = Reader(cloudtrail)
    assert reader.read() == TrailGap("us-east-1", "1 events are no JSON", "unreadable")
    assert reader.taken == ["e-0", "e-2"]


def test_only_what_is_in_the_window_is_asked_for() -> None:
    cloudtrail = FakeTrail()
    cloudtrail.put(record(at(days=8), "old"), record(at(days=6), "new"))
    reader = Reader(cloudtrail)
    reader.read()
    assert reader.taken == ["new"]


def test_a_read_that_is_given_up_asks_for_no_other_page() -> None:
    cloudtrail = trail(3 * PAGE)
    found = [*islice(Reader(cloudtrail).trail.look_up(QUERY), PAGE)]
    assert len(found) == PAGE
    assert len(cloudtrail.asked) == 1


def test_whoever_reads_an_account_in_a_run_shares_its_pace_in_each_region() -> None:
    time = Time()
    session = FakeSession(trail(PAGE - 1), limiter=time.limiter())
    for query in (QUERY, replace(QUERY, region="eu-west-1"), replace(QUERY, value="other"), QUERY):
        assert all(not isinstance(item, TrailGap) for item in Trail(session).look_up(query))  # type: ignore[arg-type]
    assert time.slept == [0.5, 0.5]


def test_a_gap_of_a_search_for_an_event_names_it() -> None:
    cloudtrail = trail(0, refusal("AccessDenied"))
    query = Query("us-east-1", "EventName", "CreateAccessKey", at(days=90), NOW)
    gap = Reader(cloudtrail).read(query)
    assert gap is not None
    assert gap.what == "CreateAccessKey in us-east-1"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda part: st.lists(part, max_size=2) | st.dictionaries(st.text(max_size=5), part),
    max_leaves=8,
)


def test_a_record_says_who_did_what_when_with_which_program() -> None:
    read = parsed(record(NOW, "e-9", userAgent="x" * 5000 + " bedrock-key-guard/0.1"))
    assert (read.name, read.actor, read.failed) == ("Converse", ARN, False)
    assert (read.seen.time, read.seen.event_id) == (NOW, "e-9")
    assert read.agent.endswith(" bedrock-key-guard/0.1")


def test_the_time_is_in_utc_wherever_the_machine_is() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-8)))
    read = read_record({"EventTime": there, "CloudTrailEvent": "{}"})
    assert read is not None
    assert (read.time, read.time.utcoffset()) == (NOW, timedelta())


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"EventTime": NOW},
        {"CloudTrailEvent": "{}"},
        *({"EventTime": NOW, "CloudTrailEvent": text} for text in ("", "{", "[]", "null", "7")),
    ],
)
def test_what_is_no_record_is_none(item: dict[str, Any]) -> None:
    assert read_record(item) is None


@pytest.mark.parametrize(
    ("changes", "failed"),
    [({}, False), ({"errorCode": "AccessDenied"}, True), ({"errorMessage": "x"}, False)],
)
def test_an_error_code_marks_what_failed(changes: dict[str, Any], failed: bool) -> None:
    assert parsed(record(**changes)).failed is failed


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"a": {"b": "x"}}, "x"),
        ({"a": {"b": 7}}, ""),
        ({"a": {"b": None}}, ""),
        ({"a": {}}, ""),
        ({"a": "x"}, ""),
        ({"a": None}, ""),
        ({}, ""),
    ],
)
def test_text_of_a_strange_type_counts_as_missing(body: dict[str, Any], text: str) -> None:
    assert Record(NOW, body).text("a", "b") == text


@given(st.dictionaries(st.sampled_from(("userIdentity", "eventName", "userAgent")), JSON))
def test_no_record_is_too_strange(body: dict[str, Any]) -> None:
    read = read_record(
        {"EventTime": datetime.now(timezone.utc), "CloudTrailEvent": json.dumps(body)}
    )
    assert read is not None
    assert all(isinstance(text, str) for text in (read.name, read.actor, read.agent))
    assert isinstance(read.part("userIdentity"), dict)
