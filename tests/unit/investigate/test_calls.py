from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.investigate.calls import LONGEST, Call, read_call
from tests.unit.investigate.records import (
    AGENT,
    ARN,
    GUARD,
    MODEL,
    NOW,
    Record,
    iam,
    mantle,
    of_session,
    parsed,
    record,
)

FLAG = {"callWithBearerToken": True}
MARKETPLACE: dict[str, Any] = {
    "eventSource": "aws-marketplace.amazonaws.com",
    "eventName": "Subscribe",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda part: (
        st.lists(part, max_size=2) | st.dictionaries(st.text(max_size=5), part, max_size=2)
    ),
    max_leaves=5,
)
FIELDS = (
    "userIdentity",
    "eventTime",
    "eventName",
    "awsRegion",
    "requestParameters",
    "additionalEventData",
    "eventID",
    "userAgent",
)


def call(of: Record) -> Call:
    read = read_call(parsed(of))
    assert read is not None
    return read


def test_a_call_on_bedrock_tells_everything() -> None:
    read = call(record(event_id="e-9", errorCode="AccessDenied"))
    assert (read.seen.time, read.seen.event_id) == (NOW, "e-9")
    assert (read.event, read.region, read.address) == ("Converse", "us-east-1", "198.51.100.7")
    assert (read.agent, read.model, read.inference_region) == (AGENT, MODEL, "us-west-2")
    assert (read.error, read.principal, read.kind) == ("AccessDenied", ARN, None)


@pytest.mark.parametrize(
    ("said", "made_in"),
    [("true", "the AWS console"), ("false", ""), (None, "")],
)
def test_a_key_that_was_made_in_the_console_is_told(said: str | None, made_in: str) -> None:
    assert call(record(sessionCredentialFromConsole=said)).made_in == made_in


@pytest.mark.parametrize(
    ("of", "kept"),
    [
        (record(), True),
        (mantle(), True),
        (of_session(), True),
        (record(additionalEventData={"callWithBearerToken": "true"}), True),
        (record(additionalEventData={"callWithBearerToken": "True"}), True),
        (record(additionalEventData=None, requestParameters=FLAG), True),
        (mantle(requestParameters={"model": "x"}), False),
        (record(additionalEventData={"callWithBearerToken": False}), False),
        (record(additionalEventData={"callWithBearerToken": "false"}), False),
        (record(additionalEventData={"callWithBearerToken": 1}), False),
        (record(additionalEventData={}), False),
        (record(additionalEventData=None), False),
        (record(additionalEventData="callWithBearerToken"), False),
        (record(responseElements=FLAG, additionalEventData={}), False),
        (iam("CreateAccessKey"), False),
        (
            record(
                additionalEventData=None,
                userIdentity={"type": "IAMUser", "invokedBy": "bedrock.amazonaws.com"},
                **MARKETPLACE,
            ),
            True,
        ),
        (record(additionalEventData=None, **MARKETPLACE), False),
    ],
)
def test_only_calls_with_a_key_are_kept(of: Record, kept: bool) -> None:
    assert (read_call(parsed(of)) is not None) == kept


@pytest.mark.parametrize(
    ("of", "kind"),
    [
        (mantle(), "long-term"),
        (mantle(requestParameters={**FLAG, "bearerTokenType": "LONG_TERM"}), "long-term"),
        (mantle(requestParameters={**FLAG, "bearerTokenType": "SHORT_TERM"}), "short-term"),
        (mantle(requestParameters={**FLAG, "bearerTokenType": "bedrock-api-key-"}), "short-term"),
        (mantle(requestParameters={**FLAG, "bearerTokenType": "NEW"}), None),
        (record(additionalEventData={**FLAG, "bearerTokenType": "SHORT_TERM"}), "short-term"),
        (record(), None),
        (
            record(userIdentity={"type": "IAMUser", "sessionContext": {"attributes": {}}}),
            "short-term",
        ),
        (record(userIdentity={"type": "IAMUser", "sessionContext": {}}), None),
        (of_session(), "short-term"),
        (record(userIdentity={"type": "FederatedUser"}), "short-term"),
        (record(userIdentity={}), None),
    ],
)
def test_the_kind_of_key_is_told_where_the_record_tells_it(of: Record, kind: str | None) -> None:
    assert call(of).kind == kind


def test_the_model_may_stand_under_either_name() -> None:
    assert call(mantle(requestParameters={**FLAG, "model": "openai.gpt-oss-120b"})).model == (
        "openai.gpt-oss-120b"
    )


@pytest.mark.parametrize(
    ("event", "agent", "probe"),
    [
        ("ListFoundationModels", GUARD, True),
        ("ListModels", GUARD, True),
        ("Converse", GUARD, False),
        ("ListFoundationModels", AGENT, False),
        ("ListFoundationModels", f"curl/8 {GUARD}", False),
    ],
)
def test_only_what_lists_models_under_our_name_is_a_probe(
    event: str, agent: str, probe: bool
) -> None:
    assert call(record(eventName=event, userAgent=agent)).is_probe == probe


def test_values_are_cut_to_a_length() -> None:
    assert len(call(record(userAgent="x" * 5000)).agent) == LONGEST


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_record_is_too_strange(changes: dict[str, Any]) -> None:
    read = read_call(parsed(record() | changes))
    assert read is None or isinstance(read, Call)
