from __future__ import annotations

import base64

import pytest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.keys.prefixes import PREFIXES
from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.scan.limits import ATTEMPT, DECODED, Budget
from bedrock_key_guard.scan.matching.matcher import LONGEST
from bedrock_key_guard.scan.prefilter import may_hold_key
from tests import keysmith
from tests.contexts import ISSUED_AT
from tests.keysmith import fingerprint_of, long_term, short_term
from tests.sweeps import sweep

KEYS = {
    "bedrock-long-term": long_term("bob"),
    "bedrock-short-term": short_term(issued_at=ISSUED_AT),
    "claude-platform-long-term": long_term(prefix=keysmith.CLAUDE_PLATFORM_LONG_TERM),
    "claude-platform-short-term": keysmith.claude_platform_short_term(issued_at=ISSUED_AT),
    "cloudwatch-logs": long_term(prefix=keysmith.CLOUDWATCH_LOGS),
    "cloudwatch-metrics": long_term(prefix=keysmith.CLOUDWATCH_METRICS),
    "aws-long-term": long_term(prefix=keysmith.UNKNOWN),
}
UNKNOWN = "aws-long-term"
# Text that holds no letter of the prefixes, so that a key stays the only one.
AROUND = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="AabM"))
AFTER = st.text(st.sampled_from("\"'`,;.&<>()[]{}|\\ \t\r\n%*~$#@^_:-!?/+=é\0"))


# What may stand behind a key that is cut, with which a reader might take it for whole.
BEHIND_A_CUT = (
    "",
    '"',
    "\n",
    ",",
    " more text",
    "xyz",
    "=",
    "==",
    "...",
    "\nAAAA",
    "\\n",
    "/",
    "_",
)


# A key that is short-lived is long: a change tries every ninth cut of it, and the last ones.
CUTS = [
    *sweep(
        [(family, after, 1) for family in KEYS for after in BEHIND_A_CUT],
        quick=lambda row: "short" not in row[0],
    ),
    *((family, after, 9) for family in KEYS if "short" in family for after in ("", "\\n")),
]


@pytest.mark.parametrize(("family", "after", "step"), CUTS)
def test_no_cut_of_a_key_is_taken_for_a_whole_one(family: str, after: str, step: int) -> None:
    key = KEYS[family].rstrip("=")
    for end in sorted({*range(1, len(key), step), *range(len(key) - 30, len(key))}):
        found = matches(f"key={key[:end]}{after}".encode())
        assert "exact" not in [match.confidence for match in found], end


@given(st.text("abcXYZ019+=,.@_-", min_size=1, max_size=64), st.integers(1, 200), st.booleans())
def test_no_cut_of_any_users_key_is_taken_for_a_whole_one(user: str, left: int, wide: bool) -> None:
    key = long_term(user).rstrip("=")
    text = f"key={key[: max(len(key) - left, 1)]},".encode("utf-16-le" if wide else "utf-8")
    assert "exact" not in [match.confidence for match in matches(text)]


WIDTHS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


@pytest.mark.parametrize("encoding", WIDTHS)
@pytest.mark.parametrize("family", KEYS)
def test_a_key_of_every_family_is_found_in_every_encoding(family: str, encoding: str) -> None:
    (match,) = matches(f"é = '{KEYS[family]}'".encode(encoding))
    assert match.key.family.name == family
    assert match.confidence == "exact"
    assert match.key.fingerprint == fingerprint_of(KEYS[family])
    assert match.encodings == (() if encoding == "utf-8" else (encoding,))
    assert match.key.secret.unseal() == KEYS[family]


@given(AROUND, AFTER, st.sampled_from(sorted({*KEYS} - {UNKNOWN})), st.booleans())
def test_whatever_stands_around_a_key_it_is_found_whole(
    before: str, after: str, family: str, padded: bool
) -> None:
    key = KEYS[family]
    data = f"{before}{key if padded else key.rstrip('=')}{after}".encode()
    (match,) = matches(data)
    assert match.offset == len(before.encode())
    assert (match.confidence, match.key.fingerprint) == ("exact", fingerprint_of(key))


@given(st.lists(st.sampled_from(sorted(KEYS)), max_size=5), st.sampled_from([",", " ", "\n", "=="]))
def test_keys_in_a_row_are_all_found_in_their_order(families: list[str], between: str) -> None:
    found = matches(between.join(KEYS[family] for family in families).encode())
    assert [match.key.family.name for match in found] == families


def test_keys_of_both_widths_beside_each_other_are_found() -> None:
    key = KEYS["bedrock-long-term"]
    data = key.encode() + b"\n" + key.encode("utf-16-le") + key.encode("utf-16-be")
    # At an odd offset one byte order looks like the other; the key is the same.
    found = [(match.offset, match.key.fingerprint) for match in matches(data)]
    assert found == [(at, fingerprint_of(key)) for at in (0, 113, 113 + 2 * len(key) + 1)]


def test_a_key_of_a_very_long_session_is_found_and_no_longer_than_the_overlap() -> None:
    session = Credentials(keysmith.access_key_id(kind="ASIA"), "secret", "x" * 11_000)
    data = short_term(credentials=session, issued_at=ISSUED_AT).encode("utf-16-le")
    (match,) = matches(data)
    assert (match.confidence, match.encodings) == ("exact", ("utf-16-le",))
    assert len(data) <= LONGEST


@pytest.mark.parametrize(
    "text",
    [
        *PREFIXES,
        "ABSKxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "ABSK" + "A" * 128,
        "AWS_BEARER_TOKEN_BEDROCK=${api-key}",
        "export AWS_BEARER_TOKEN_BEDROCK=bedrock-api-key-...",
        "bedrock-api-key-<your key>",
        "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t",
        r"ABSK[A-Za-z0-9+/]{109,269}={0,2}",
        r"(?<![A-Za-z0-9+/=])ABSK[A-Za-z0-9+/]{109,269}={0,2}(?![A-Za-z0-9+/=])",
        r"\b(bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t)\b",
        "ABSKQmVkcm9ja0FQSUtleS1...",
        "ABSKQmVkcm9ja0FQSUtleS14eHh4LWF0LTExMTEyMjIyMzMzMzp****************",
        f"{long_term()[:60]}...",
        f"{long_term()[:40]}[REDACTED]",
        f"bedrock-api-key-{short_term(issued_at=ISSUED_AT)[16:200]}...",
        "ABSK" + base64.b64encode(b"user-at-111122223333:EXAMPLE").decode(),
        "ABSK" + base64.b64encode(b"x" * 95).decode(),
    ],
)
def test_look_alikes_are_never_exact(text: str) -> None:
    assert [match for match in matches(text.encode()) if match.confidence == "exact"] == []


@pytest.mark.parametrize("encoding", WIDTHS)
def test_a_key_that_is_cut_is_malformed_in_text_of_every_width(encoding: str) -> None:
    (match,) = matches(f"'{long_term()[:100]}...'".encode(encoding))
    assert match.confidence == "malformed"
    assert match.encodings == (() if encoding == "utf-8" else (encoding,))


def test_a_key_that_is_cut_is_noise_where_it_was_decoded() -> None:
    assert matches(base64.b64encode(f"key: '{long_term()[:100]}...'".encode())) == []


@given(st.lists(st.binary(max_size=200) | st.sampled_from([p.encode() for p in PREFIXES])))
def test_noise_is_never_exact_and_never_breaks_the_matcher(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    found = matches(data)
    assert [match for match in found if match.confidence == "exact"] == []
    assert may_hold_key(data) or not found


@given(st.binary(min_size=150, max_size=400), st.sampled_from(PREFIXES))
def test_random_base64_behind_a_prefix_is_never_exact(noise: bytes, prefix: str) -> None:
    text = prefix.encode() + base64.b64encode(noise)
    assert [match for match in matches(text) if match.confidence == "exact"] == []


@given(st.sampled_from(sorted(KEYS)), st.data())
def test_a_letter_that_is_no_base64_breaks_a_key(family: str, data: st.DataObject) -> None:
    key = KEYS[family]
    at = data.draw(st.integers(len(key) // 4, len(key) // 2))
    letter = data.draw(st.sampled_from("*._-é\0 \n"))
    found = matches((key[:at] + letter + key[at + 1 :]).encode())
    assert [match for match in found if match.confidence == "exact"] == []


# ── prefixes that no family has ─────────────────────────────────────────────────────────────────


@given(st.text(st.characters(categories=["P", "S", "Z", "Cc"])), AFTER)
def test_a_key_of_an_unknown_service_is_found_where_a_word_begins(before: str, after: str) -> None:
    for prefix in (keysmith.UNKNOWN, "AXRYAX42"):
        key = long_term(prefix=prefix)
        (match,) = matches(f"{before}{key}{after}".encode())
        assert (match.key.family.name, match.key.family.prefix) == (UNKNOWN, prefix)
        assert match.key.fingerprint == fingerprint_of(key)


@pytest.mark.parametrize(
    "prefix",
    ["", "A", "AX", "AXR", "BSK", "XBSK", "XAXRY", "AXRY4", "AXRYAX4", "AXRYAX429", "axry", "Axry"],
)
def test_what_begins_as_no_id_of_aws_does_is_no_key(prefix: str) -> None:
    assert matches(f"key={long_term(prefix=prefix)}".encode()) == []


@pytest.mark.parametrize("family", [family for family in KEYS if family != UNKNOWN])
def test_a_key_of_a_known_family_is_of_no_other(family: str) -> None:
    (match,) = matches(KEYS[family].encode())
    assert match.key.family.name == family


def test_half_a_key_of_an_unknown_service_is_no_part_of_one() -> None:
    """Of so little, text and noise have as much."""
    key = KEYS[UNKNOWN].rstrip("=")
    assert [end for end in range(1, len(key)) if matches(f"key={key[:end]}".encode())] == []


def test_whole_keys_in_plain_text_cost_no_decoding() -> None:
    keys = (KEYS["bedrock-long-term"], KEYS["claude-platform-long-term"], KEYS["cloudwatch-logs"])
    text = "\n".join(f"KEY={key}" for key in keys).encode()
    budget = Budget(size=len(text))
    assert len(matches(text, budget=budget)) == len(keys)
    assert budget.spent <= DECODED * len(text) + ATTEMPT * len(keys)


@pytest.mark.parametrize("family", KEYS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_what_is_encoded_beside_whole_keys_is_decoded_all_the_same(
    family: str, encoding: str
) -> None:
    plain, hidden = long_term("ann"), KEYS[family].encode()
    for written in (base64.b64encode(hidden).decode(), hidden.hex()):
        text = f"{plain}\n{written}\n{plain}".encode(encoding)
        found = {match.key.fingerprint for match in matches(text) if match.confidence == "exact"}
        assert found == {fingerprint_of(plain), fingerprint_of(KEYS[family])}
