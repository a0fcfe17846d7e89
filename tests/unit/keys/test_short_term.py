from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.keys.families import BEDROCK_SHORT_TERM as BEDROCK
from bedrock_key_guard.keys.families import CLAUDE_PLATFORM_SHORT_TERM as CLAUDE
from bedrock_key_guard.keys.families import Family
from bedrock_key_guard.keys.key import MalformedKey, ShortTermKey
from bedrock_key_guard.keys.short_term import parse
from tests.contexts import ISSUED_AT
from tests.keysmith import (
    ACCOUNT,
    access_key_id,
    claude_platform_short_term,
    fingerprint_of,
    short_term,
)

TOKEN = short_term(issued_at=ISSUED_AT)
URL = base64.b64decode(TOKEN.removeprefix(BEDROCK.prefix)).decode()


def read(url: str, family: Family = BEDROCK) -> ShortTermKey | None:
    key = parse(family, base64.b64encode(url.encode()))
    return key if isinstance(key, ShortTermKey) else None


@pytest.mark.parametrize("kind", ["AKIA", "ASIA"])
@pytest.mark.parametrize("region", ["us-east-1", "ap-northeast-3", "us-gov-west-1"])
@pytest.mark.parametrize("lifetime", [timedelta(seconds=1), timedelta(hours=12)])
def test_what_the_generator_makes_is_read(
    kind: Literal["AKIA", "ASIA"], region: str, lifetime: timedelta
) -> None:
    token = short_term("123456789012", region, kind=kind, lifetime=lifetime, issued_at=ISSUED_AT)
    key = parse(BEDROCK, token.removeprefix(BEDROCK.prefix).encode())
    assert isinstance(key, ShortTermKey)
    assert key.secret.unseal() == token
    assert key.fingerprint == fingerprint_of(token)
    assert key.access_key_id == access_key_id("123456789012", kind=kind)
    assert (key.account_id, key.region) == ("123456789012", region)
    assert (key.issued_at, key.expires_at) == (ISSUED_AT, ISSUED_AT + lifetime)
    assert key.has_session_token == (kind == "ASIA")


def test_a_token_of_this_moment_is_read() -> None:
    token = short_term()
    key = parse(BEDROCK, token.removeprefix(BEDROCK.prefix).encode())
    assert isinstance(key, ShortTermKey)
    assert key.fingerprint == fingerprint_of(token)


def test_the_parameters_may_stand_in_any_order() -> None:
    host, _, query = URL.removesuffix("&Version=1").partition("?")
    sorted_as_javascript_does = sorted(query.split("&"))
    for parameters in (sorted_as_javascript_does, sorted_as_javascript_does[::-1]):
        key = read(f"{host}?{'&'.join(parameters)}&Version=1")
        assert key
        assert (key.account_id, key.expires_at) == (ACCOUNT, ISSUED_AT + timedelta(hours=12))


@given(st.permutations(URL.partition("/?")[2].split("&")), st.text("=. ,\n\"'-_%", max_size=2))
def test_the_version_may_stand_anywhere_too(parameters: list[str], after: str) -> None:
    url = f"bedrock.amazonaws.com/?{'&'.join(parameters)}"
    body = base64.b64encode(url.encode()).decode()
    key = parse(BEDROCK, (body + after).encode())
    assert isinstance(key, ShortTermKey)
    assert key.fingerprint == fingerprint_of(BEDROCK.prefix + body)


def test_the_twin_for_claude_platform_is_its_own_family() -> None:
    token = claude_platform_short_term(issued_at=ISSUED_AT)
    body = token.removeprefix(CLAUDE.prefix).encode()
    key = parse(CLAUDE, body)
    assert isinstance(key, ShortTermKey)
    assert key.secret.unseal() == token
    assert not isinstance(parse(BEDROCK, body), ShortTermKey)


@given(
    st.sampled_from(
        ["", "=", "==", "%3D", "&#61;", '"', "'", "\\n", "\n", " ", ",", "</p>", "..."]
    ),
    st.sampled_from(["", "xyz", "=", ".", "_", "-"]),
)
def test_whatever_follows_a_token_ends_it(end: str, after: str) -> None:
    body = TOKEN.removeprefix(BEDROCK.prefix).rstrip("=")
    key = parse(BEDROCK, (body + end + after).encode())
    assert isinstance(key, ShortTermKey)
    assert key.fingerprint == fingerprint_of(TOKEN)


def test_an_access_key_id_of_the_old_generation_tells_no_account() -> None:
    key = read(URL.replace(access_key_id(kind="ASIA"), "AKIAIOSFODNN7EXAMPLE"))
    assert key
    assert (key.access_key_id, key.account_id) == ("AKIAIOSFODNN7EXAMPLE", None)


def test_a_token_may_live_for_a_week() -> None:
    key = read(URL.replace("X-Amz-Expires=43200", "X-Amz-Expires=604800"))
    assert key
    assert key.expires_at == ISSUED_AT + timedelta(days=7)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bedrock.amazonaws.com/", "bedrock.example.com/"),
        ("/?", "/x?"),
        ("Action=CallWithBearerToken", "Action=CallWithBearerToken2"),
        ("Action=CallWithBearerToken&", ""),
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
        ("%2Fbedrock%2F", "%2Fs3%2F"),
        ("aws4_request", "aws5_request"),
        ("%2Fus-east-1%2F", "%2Fx%40127.0.0.1%3A8000%2F%23%2F"),
        ("%2Fus-east-1%2F", "%2Fus-%D0%B5ast-1%2F"),
        ("%2Fus-east-1%2F", "%2FUS-EAST-1%2F"),
        ("%2Fus-east-1%2F", "%2F%2F"),
        ("X-Amz-Credential=ASIA", "X-Amz-Credential=asia"),
        ("X-Amz-Date=2026", "X-Amz-Date=2O26"),
        ("X-Amz-Date=20261102", "X-Amz-Date=20261399"),
        ("X-Amz-Expires=43200", "X-Amz-Expires=604801"),
        ("X-Amz-Expires=43200", "X-Amz-Expires=-1"),
        ("X-Amz-Expires=43200", "X-Amz-Expires=%D9%A3"),
        ("X-Amz-Expires=43200", "X-Amz-Expires="),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        ("&Version=1", ""),
        ("&Version=1", "&Version="),
        ("&Version=1", "&Version=2"),
    ],
)
def test_what_aws_would_not_accept_is_no_token(old: str, new: str) -> None:
    assert old in URL
    assert read(URL)
    assert read(URL.replace(old, new, 1)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("&X-Amz-SignedHeaders=host", "&X-Amz-Date=20270101T000000Z"),
        ("&Version=1", "&X-Amz-Credential=x&Version=1"),
        ("&Version=1", "&X-Amz-Expires=x&Version=1"),
        ("Action=CallWithBearerToken", "Action=x&Action=CallWithBearerToken"),
        ("&Version=1", "&X-Amz-Signature=0&Version=1"),
        ("&Version=1", "&Version=2&Version=1"),
        ("&Version=1", "&Version=1&Version=1"),
    ],
)
def test_what_bedrock_might_take_is_a_token_of_unknown_expiry(old: str, new: str) -> None:
    assert old in URL
    key = read(URL.replace(old, new, 1))
    assert key
    assert key.is_ambiguous
    assert (
        key.secret.unseal()
        == BEDROCK.prefix + base64.b64encode(URL.replace(old, new, 1).encode()).decode()
    )
    assert (key.account_id, key.region) == (ACCOUNT, "us-east-1")


def test_a_token_with_two_dates_spans_both() -> None:
    key = read(URL.replace("&Version=1", "&X-Amz-Date=20270101T000000Z&X-Amz-Expires=60&Version=1"))
    assert key
    assert key.issued_at == ISSUED_AT
    assert key.expires_at == datetime(2027, 1, 1, 12, tzinfo=timezone.utc)


def test_a_token_that_is_cut_is_malformed_and_tells_its_access_key_id() -> None:
    body = TOKEN.removeprefix(BEDROCK.prefix).encode()
    for end in range(200, len(body) - 16, 7):
        key = parse(BEDROCK, body[:end])
        assert isinstance(key, MalformedKey)
        assert key.clue == access_key_id(kind="ASIA")


@pytest.mark.parametrize("kind", ["AKIA", "ASIA"])
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "us-gov-west-1"])
def test_a_token_that_lost_a_letter_of_its_end_is_malformed(
    kind: Literal["AKIA", "ASIA"], region: str
) -> None:
    token = short_term(ACCOUNT, region, kind=kind, issued_at=ISSUED_AT)
    body = token.removeprefix(BEDROCK.prefix).rstrip("=")
    for at in range(len(body) - 110, len(body)):
        assert isinstance(parse(BEDROCK, (body[:at] + body[at + 1 :]).encode()), MalformedKey)


@pytest.mark.parametrize("left", ["&", "&V", "&Version", "&Version="])
def test_a_token_whose_last_parameter_is_cut_is_malformed(left: str) -> None:
    assert read(URL.removesuffix("&Version=1") + left) is None


@pytest.mark.parametrize(
    "body", ["", "...", "xxxxxxxxxxxx", "YmVkcm9jay5hbWF6b25hd3MuY29t", "${x}"]
)
def test_placeholders_and_rules_of_scanners_are_nothing(body: str) -> None:
    assert parse(BEDROCK, body.encode()) is None


@given(st.binary(max_size=900))
def test_noise_is_never_a_token(noise: bytes) -> None:
    assert not isinstance(parse(BEDROCK, noise), ShortTermKey)
    assert not isinstance(parse(BEDROCK, base64.b64encode(noise)), ShortTermKey)


@given(st.integers(0, len(TOKEN) - len(BEDROCK.prefix) - 5), st.characters(codec="ascii"))
def test_an_altered_token_is_never_taken_for_the_same(at: int, letter: str) -> None:
    body = TOKEN.removeprefix(BEDROCK.prefix)
    altered = body[:at] + letter + body[at + 1 :]
    key = parse(BEDROCK, altered.encode())
    if isinstance(key, ShortTermKey) and altered != body:
        assert key.fingerprint != fingerprint_of(TOKEN)


def test_the_slack_bits_of_base64_make_no_difference() -> None:
    body = TOKEN.removeprefix(BEDROCK.prefix)
    assert body.endswith("PTE=")
    key = parse(BEDROCK, body.replace("PTE=", "PTF=").encode())
    assert isinstance(key, ShortTermKey)
    assert key.fingerprint == fingerprint_of(TOKEN)
