from __future__ import annotations

import pytest

from bedrock_key_guard.investigate.calls import Call, Kind
from bedrock_key_guard.investigate.subject import SignedKey, UserKey, signed_by, user_key
from bedrock_key_guard.model.usage import Sighting
from tests.unit.investigate.records import ACCOUNT, NOW, SESSION
from tests.unit.report.samples import evidence, iam_found, long_term, short_term

KEY = "ASIAQNZGKIQYEXAMPLE2"


def call(kind: Kind | None = None, access_key_id: str = "", principal: str = "") -> Call:
    seen = Sighting(NOW, "e")
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
