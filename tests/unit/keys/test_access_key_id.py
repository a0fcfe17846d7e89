from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.keys.short_term import account_id_of
from tests.keysmith import access_key_id


@given(st.from_regex(r"[0-9]{12}", fullmatch=True), st.sampled_from(["AKIA", "ASIA"]), st.text())
def test_the_account_comes_back_out(account: str, kind: str, seed: str) -> None:
    assert account_id_of(access_key_id(account, kind=kind, seed=seed)) == account  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "account"),
    [
        # The example of "A short note on AWS KEY ID" (Tal Be'ery).
        ("ASIAQNZGKIQY56JQ7WML", "029608264753"),
        # AWS's own example is of the old generation, which would give a wrong number.
        ("AKIAIOSFODNN7EXAMPLE", None),
        # Forty bits can hold a number of thirteen digits, which is no account.
        ("ASIA2226222222222222", "744838846133"),
        ("ASIA7777777777777777", None),
        ("ASIAQNZGKIQY56JQ7WM", None),
        ("ASIAQNZGKIQY56JQ7WML2", None),
        ("ASIAQNZGKIQY56JQ7WM1", None),
        ("ASIAQNZGKIQY56JQ7WMé", None),
        ("", None),
    ],
)
def test_known_ids(text: str, account: str | None) -> None:
    assert account_id_of(text) == account


def test_twelve_digits_are_the_most_that_an_account_has() -> None:
    assert account_id_of(access_key_id("9" * 12)) == "9" * 12
    assert account_id_of(access_key_id("1" + "0" * 12)) is None


@given(st.text(max_size=30))
def test_no_text_is_too_strange(text: str) -> None:
    account = account_id_of(text)
    assert account is None or len(account) == 12
