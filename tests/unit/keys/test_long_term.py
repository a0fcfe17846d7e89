from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bedrock_key_guard.keys.families import BEDROCK_LONG_TERM as BEDROCK
from bedrock_key_guard.keys.families import CLOUDWATCH_LOGS
from bedrock_key_guard.keys.key import LongTermKey, MalformedKey
from bedrock_key_guard.keys.long_term import parse, user_name_candidates
from tests.keysmith import ACCOUNT, alias_of, fingerprint_of, long_term

# IAM's alphabet and quota for user names: reference_iam-quotas in the IAM user guide.
USER_NAMES = st.text(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-",
    min_size=1,
    max_size=64,
)
ACCOUNTS = st.from_regex(r"[0-9]{12}", fullmatch=True)


def body(key: str) -> bytes:
    return key.removeprefix("ABSK").encode()


def forged(payload: bytes) -> bytes:
    return base64.b64encode(payload)


@given(USER_NAMES, ACCOUNTS, st.none() | st.integers(1, 99))
def test_every_user_name_that_iam_allows_is_read(user: str, account: str, n: int | None) -> None:
    text = long_term(user, account, n=n)
    key = parse(BEDROCK, body(text))
    assert isinstance(key, LongTermKey)
    assert key.secret.unseal() == text
    assert key.fingerprint == fingerprint_of(text)
    assert (key.alias, key.account_id) == (alias_of(user, account, n=n), account)
    assert user in key.user_name_candidates


@given(USER_NAMES, st.text("!\"'`,;.&<>()[]{}|\\ \t\r\n%*~$#@^_:-", min_size=1), st.booleans())
def test_whatever_follows_a_key_ends_it(user: str, after: str, padded: bool) -> None:
    text = long_term(user)
    written = text if padded else text.rstrip("=")
    key = parse(BEDROCK, body(written + after))
    assert isinstance(key, LongTermKey)
    assert key.fingerprint == fingerprint_of(text)


@given(USER_NAMES, st.text("ABCXYZabcxyz0123456789", min_size=1, max_size=300))
@example("000000000000000", "9")  # which decodes to a second "="
def test_letters_that_follow_directly_are_no_part_of_it(user: str, after: str) -> None:
    text = long_term(user)
    key = parse(BEDROCK, body(text.rstrip("=") + after))
    assert isinstance(key, LongTermKey)
    assert key.fingerprint == fingerprint_of(text)


@pytest.mark.parametrize("length", range(40, 101, 4))
def test_only_a_secret_of_todays_length_makes_a_whole_key(length: int) -> None:
    text = long_term(secret_length=length)
    key = parse(BEDROCK, body(text))
    assert isinstance(key, LongTermKey if length in BEDROCK.secret_lengths else MalformedKey)
    assert key.secret.unseal().rstrip("=") == text.rstrip("=")


@pytest.mark.parametrize(
    ("name", "candidates"),
    [
        ("alice", ("alice",)),
        ("alice+1", ("alice", "alice+1")),
        ("alice+1+2", ("alice+1", "alice+1+2")),
        ("alice+", ("alice+",)),
        ("+1", ("+1",)),
        ("a+b", ("a+b",)),
        ("x" * 64 + "+1", ("x" * 64,)),
        ("x" * 63 + "+1", ("x" * 63,)),
        ("x" * 65, ()),
    ],
)
def test_a_numbered_alias_may_be_a_second_key_or_a_name(
    name: str, candidates: tuple[str, ...]
) -> None:
    assert user_name_candidates(name) == candidates


def test_the_rightmost_account_counts() -> None:
    key = parse(BEDROCK, body(long_term("bob-at-210987654321", ACCOUNT)))
    assert isinstance(key, LongTermKey)
    assert (key.user_name_candidates, key.account_id) == (("bob-at-210987654321",), ACCOUNT)


ALIAS = b"bob-at-111122223333"
SECRET = b"A" * 59 + b"="


def test_a_secret_of_todays_length_needs_its_padding_to_end_before_more_text() -> None:
    assert isinstance(parse(BEDROCK, forged(ALIAS + b":" + b"A" * 60)), LongTermKey)
    assert isinstance(parse(BEDROCK, forged(ALIAS + b":" + b"A" * 60 + b"Zz more")), MalformedKey)
    key = parse(BEDROCK, forged(ALIAS + b":" + SECRET + b"Zz more"))
    assert isinstance(key, LongTermKey)
    assert key.secret.unseal() == "ABSK" + forged(ALIAS + b":" + SECRET).decode()


@pytest.mark.parametrize(
    "payload",
    [
        ALIAS + b"::" + SECRET,
        ALIAS + b":" + SECRET[:39],
        ALIAS + b":" + b"A" * 30 + b"=" + b"A" * 29,
        ALIAS + b":" + b"A" * 58 + b"-=",
        ALIAS + b":",
        ALIAS,
        b"x" * 65 + b"-at-111122223333:" + SECRET,
    ],
    ids=[
        "two colons",
        "short secret",
        "padding inside",
        "foreign letter",
        "no secret",
        "no colon",
        "name too long",
    ],
)
def test_what_decodes_in_part_is_malformed_and_tells_the_alias_alone(payload: bytes) -> None:
    key = parse(BEDROCK, forged(payload))
    assert isinstance(key, MalformedKey)
    assert payload.startswith(key.clue.encode())
    assert key.clue.endswith("-at-111122223333")


@pytest.mark.parametrize(
    "payload",
    [
        b"bob-at-11112222333:" + SECRET,
        b"bob-at-1111222233334:" + SECRET[:20],
        b"-at-111122223333:" + SECRET,
        b"bob@111122223333:" + SECRET,
        "böb-at-111122223333:".encode() + SECRET,
        b"bo b-at-111122223333:" + SECRET,
        b"xxxxxxxxxxxxxxxxxxxx",
        bytes(range(200)),
    ],
    ids=[
        "11 digits",
        "13 digits",
        "no name",
        "no -at-",
        "not ASCII",
        "a blank",
        "placeholder",
        "noise",
    ],
)
def test_what_names_no_credential_is_no_key(payload: bytes) -> None:
    assert not isinstance(parse(BEDROCK, forged(payload)), LongTermKey)


def test_the_start_of_a_console_users_alias_is_a_clue() -> None:
    key = parse(BEDROCK, body(long_term("BedrockAPIKey-ab12"))[:22])
    assert isinstance(key, MalformedKey)
    assert key.clue == "BedrockAPIKey…"
    assert parse(CLOUDWATCH_LOGS, body(long_term("BedrockAPIKey-ab12"))[:22]) is None


@given(USER_NAMES, st.data())
def test_a_key_that_is_cut_is_never_taken_for_the_whole(user: str, data: st.DataObject) -> None:
    text = long_term(user)
    end = data.draw(st.integers(4, len(text.rstrip("=")) - 1))
    key = parse(BEDROCK, body(text[:end]))
    if isinstance(key, LongTermKey):
        # A secret may have any length that base64 gives without padding: 40, 44 ... 56. Most of
        # such cuts are seen, because they are inside a byte.
        secret = base64.b64decode(body(key.secret.unseal())).partition(b":")[2]
        assert len(secret) in range(40, 60, 4)
        assert key.secret.unseal().rstrip("=") == text[:end]
        assert key.fingerprint != fingerprint_of(text)


@given(USER_NAMES, st.sampled_from(["...", "..", "…", "****", "...=="]), st.data())
def test_a_key_that_ends_in_dots_is_not_whole(user: str, dots: str, data: st.DataObject) -> None:
    text = long_term(user)
    end = data.draw(st.integers(4, len(text.rstrip("=")) - 1))
    assert not isinstance(parse(BEDROCK, body(text[:end] + dots)), LongTermKey)
    assert isinstance(parse(BEDROCK, body(text + dots)), LongTermKey)


@given(USER_NAMES, st.data())
def test_a_key_that_lost_a_letter_is_not_whole(user: str, data: st.DataObject) -> None:
    text = long_term(user).rstrip("=")
    at = data.draw(st.integers(4, len(text) - 1))
    assert not isinstance(parse(BEDROCK, body(text[:at] + text[at + 1 :])), LongTermKey)


@given(USER_NAMES, st.data())
def test_an_altered_alias_is_another_identity_or_no_key(user: str, data: st.DataObject) -> None:
    text = long_term(user)
    at = data.draw(st.integers(4, 4 + len(alias_of(user))))
    letter = data.draw(st.characters(exclude_categories=["Cs"], exclude_characters=text[at]))
    key = parse(BEDROCK, body(text[:at] + letter + text[at + 1 :]))
    if isinstance(key, LongTermKey):
        assert key.alias != alias_of(user) or key.secret.unseal() != text


@given(st.binary(max_size=600))
def test_noise_is_never_a_key(noise: bytes) -> None:
    assert not isinstance(parse(BEDROCK, noise), LongTermKey)
    assert not isinstance(parse(BEDROCK, base64.b64encode(noise)), LongTermKey)
