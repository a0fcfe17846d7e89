from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.aws.trail_record import Record, read_record
from tests.unit.investigate.records import ARN, NOW, parsed, record

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
