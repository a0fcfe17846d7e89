from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bedrock_key_guard.investigate.calls import Call, Kind
from bedrock_key_guard.investigate.subject import (
    SignedKey,
    UserKey,
    issued_to,
    signed_by,
    user_key,
    window_of,
)
from bedrock_key_guard.model.findings import Incident
from bedrock_key_guard.model.usage import EventPoint
from tests.unit.investigate.records import ACCOUNT, NOW, SESSION, at, parsed
from tests.unit.report.samples import at as place
from tests.unit.report.samples import evidence, iam_found, long_term, short_term

KEY = "ASIAQNZGKIQYEXAMPLE2"


def call(kind: Kind | None = None, access_key_id: str = "", principal: str = "") -> Call:
    seen = EventPoint(NOW, "e")
    return Call(seen, "Converse", "r", kind=kind, access_key_id=access_key_id, principal=principal)


@pytest.mark.parametrize(
    ("made", "of_key"),
    [(call(), True), (call("long-term"), True), (call("short-term"), False)],
)
def test_a_users_call_is_a_long_term_keys_unless_it_is_a_short_term_ones(
    made: Call, of_key: bool
) -> None:
    assert UserKey(("alice",)).made(made) == of_key


@pytest.mark.parametrize(
    ("made", "by_key", "by_session"),
    [
        (call("short-term", KEY), True, True),
        (call(None, KEY), True, True),
        (call("long-term", KEY), False, False),
        (call("short-term", "ASIAOTHER"), False, False),
        (call("short-term", "ASIAOTHER", SESSION), False, False),
        (call("short-term", "", SESSION), False, True),
        (call("short-term", "", SESSION + "x"), False, False),
        (call("short-term"), False, False),
    ],
)
def test_a_short_term_keys_calls_hold_its_access_key_or_are_its_sessions(
    made: Call, by_key: bool, by_session: bool
) -> None:
    assert SignedKey(KEY).made(made) == by_key
    assert SignedKey(KEY, SESSION).made(made) == by_session


def test_a_user_is_called_as_iam_says() -> None:
    key = long_term()
    found = user_key(key, evidence(key, iam=iam_found()))
    assert found == UserKey(("BedrockAPIKey-ex4m",), "ACCAQNZGKIQYEXAMPLE22")


def test_a_renamed_user_is_looked_up_by_the_new_name() -> None:
    key = long_term()
    found = user_key(key, evidence(key, iam=iam_found(user_name="new")))
    assert (found.names, found.renamed) == (("new",), True)


def test_without_iam_a_user_may_be_called_by_any_name_of_the_key() -> None:
    key = long_term(user_name_candidates=("foo", "foo+1"))
    assert user_key(key, evidence(key)) == UserKey(("foo", "foo+1"))


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        (SESSION, "i-0123"),
        (f"arn:aws:iam::{ACCOUNT}:user/team/alice", "alice"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/bob", "bob"),
        (f"arn:aws:iam::{ACCOUNT}:root", "root"),
        ("nonsense", None),
    ],
)
def test_cloudtrail_lists_a_session_by_its_own_name(arn: str, name: str | None) -> None:
    found = signed_by(short_term(), arn)
    assert (found[1] if found else None) == name
    if found is not None:
        assert found[0] == SignedKey(KEY, arn)


KEY = "ASIAQNZGKIQYEXAMPLE2"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
GIVEN = {"credentials": {"accessKeyId": KEY}}


@pytest.mark.parametrize(
    ("response", "arn"),
    [
        ({**GIVEN, "assumedRoleUser": {"arn": SESSION}}, SESSION),
        ({**GIVEN, "federatedUser": {"arn": FEDERATED}}, FEDERATED),
        (GIVEN, USER),
        ({"credentials": {"accessKeyId": "ASIAOTHER"}, "assumedRoleUser": {"arn": SESSION}}, None),
        ({"assumedRoleUser": {"arn": SESSION}}, None),
        ({"credentials": KEY}, None),
        (None, None),
        ("text", None),
    ],
)
def test_an_access_key_is_traced_to_whom_it_was_given(response: Any, arn: str | None) -> None:
    event = parsed({"responseElements": response, "userIdentity": {"arn": USER}})
    assert issued_to(event, KEY) == arn


def test_an_event_without_a_caller_names_nobody() -> None:
    assert issued_to(parsed({"responseElements": GIVEN}), KEY) is None


OLDEST = at(days=90)


def leaked(*times: datetime | None) -> Incident:
    key = long_term()
    places = tuple(place(f"f{n}", author_time=t) for n, t in enumerate(times))
    return Incident(key.fingerprint, key, "exact", places)


@pytest.mark.parametrize(
    ("times", "since", "begin", "leaked_at"),
    [
        ([at(days=20), at(days=10)], None, at(days=27), at(days=20)),
        ([None, at(days=10)], None, at(days=17), at(days=10)),
        ([at(days=85)], None, OLDEST, at(days=85)),
        ([at(days=400)], None, OLDEST, at(days=400)),
        ([None], None, OLDEST, None),
        ([None], at(days=3), at(days=3), at(days=3)),
        ([at(days=10)], at(days=3), at(days=3), at(days=10)),
        ([at(days=10)], at(days=300), OLDEST, at(days=10)),
        ([at(days=-1)], None, OLDEST, None),
        ([at(days=-1), at(days=2)], None, at(days=9), at(days=2)),
        ([None], at(days=-5), NOW, at(days=-5)),
    ],
)
def test_a_look_begins_a_week_before_the_leak_or_where_it_was_told_to(
    times: list[datetime | None],
    since: datetime | None,
    begin: datetime,
    leaked_at: datetime | None,
) -> None:
    window = window_of(leaked(*times), long_term(), since, NOW)
    assert (window.begin, window.end, window.leaked_at) == (begin, NOW, leaked_at)


@pytest.mark.parametrize(
    ("created", "leak", "begin"),
    [
        (at(days=5), None, at(days=5, minutes=10)),
        (at(days=5), at(days=2), at(days=5, minutes=10)),
        (at(days=50), at(days=2), at(days=9)),
        (at(days=500), None, OLDEST),
    ],
)
def test_no_look_begins_before_there_was_a_credential(
    created: datetime, leak: datetime | None, begin: datetime
) -> None:
    assert window_of(leaked(leak), long_term(), None, NOW, created).begin == begin


@pytest.mark.parametrize(
    ("issued", "hours", "begin", "end"),
    [
        (at(hours=2), 12, at(hours=2, minutes=10), NOW),
        (at(days=5), 1, at(days=5, minutes=10), at(days=5) + timedelta(hours=1, minutes=10)),
        (at(days=200), 12, OLDEST, OLDEST),
    ],
)
def test_a_short_term_key_is_looked_for_while_it_lives(
    issued: datetime, hours: int, begin: datetime, end: datetime
) -> None:
    key = short_term(issued_at=issued, expires_at=issued + timedelta(hours=hours))
    window = window_of(leaked(None), key, None, NOW)
    assert (window.begin, window.end) == (begin, end)
