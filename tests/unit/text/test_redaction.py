from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bedrock_key_guard.keys.key import Secret
from bedrock_key_guard.text.redaction import keep_out, redact
from tests import keysmith
from tests.needles import forms, leaks_in, secret_parts
from tests.rows import each
from tests.spellings import SPELLINGS, letters, pieces, split
from tests.sweeps import sweep

LONG, SHORT = keysmith.long_term(), keysmith.short_term()
SHORTEST_USER = keysmith.long_term("u")


@pytest.mark.parametrize("key", [LONG, SHORT, SHORTEST_USER, LONG.rstrip("=")])
@pytest.mark.parametrize("text", ["{}", "keys/{}.txt", '"{}"', "x{}", "a {} b", "{}/{}"])
def test_a_key_in_other_text_is_taken_out(key: str, text: str) -> None:
    prefix = "ABSK" if key.startswith("ABSK") else "bedrock-api-key-"
    replaced = f"{prefix}[redacted]"
    assert redact(text.format(key, key)) == text.format(replaced, replaced)


@pytest.mark.parametrize("cut", range(1, 100, 7))
def test_a_key_that_was_cut_shows_fewer_than_twelve_characters_of_its_secret(cut: int) -> None:
    secret_starts = len("ABSK") + 24
    secret = SHORTEST_USER[secret_starts:]
    shown = redact(SHORTEST_USER[:-cut])
    assert all(secret[start : start + 12] not in shown for start in range(len(secret) - 11))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ABSK",
        "src/bedrock-api-key-rotation/main/java/com/example/bedrock/RotationServiceTest.java",
        "bedrock-api-key-rotation-for-a-very-long-name-of-a-service-of-ours.md",
        "0" * 64,
        "ABSKxxxxxxxx",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


# ── what was met ────────────────────────────────────────────────────────────────────────────────


def met(seed: str, user: str = "BedrockAPIKey-ex4m") -> str:
    key = keysmith.long_term(user, seed=seed)
    keep_out(Secret(key))
    return key


@each("spelling", SPELLINGS.values())
@each("around", ["{}", "src/{}.txt", "Home/user/a{}", "{}: no such file"])
def test_no_spelling_of_a_key_that_was_met_is_shown(
    spelling: Callable[[str], str], around: str
) -> None:
    key = met("met")
    spelled = spelling(key)
    shown = redact(around.format(spelled))
    # The second half of each spelling is all of the secret.
    assert pieces(letters(spelled[len(spelled) // 2 :])).isdisjoint(pieces(letters(shown)))
    assert not leaks_in(key, shown.encode())
    assert "[redacted]" in shown


@pytest.mark.parametrize("was_met", [False, True])
def test_no_part_of_a_key_of_an_unknown_service_is_shown(was_met: bool) -> None:
    key = keysmith.long_term(prefix=keysmith.UNKNOWN, seed=f"unknown {was_met}")
    if was_met:
        keep_out(Secret(key))
    texts = (key, *secret_parts(key), key[30:]) if was_met else (key,)
    for text in texts:
        for around in ("{}", "src/{}.txt"):
            assert not leaks_in(key, redact(around.format(text)).encode())


@pytest.mark.parametrize(
    "key",
    sweep([SHORT, keysmith.short_term(kind="AKIA")], quick=lambda key: key != SHORT),
    ids=["with a token", "without"],
)
def test_no_part_of_a_short_term_key_that_was_met_is_shown(key: str) -> None:
    keep_out(Secret(key))
    body = key.removeprefix("bedrock-api-key-")
    for text in (*secret_parts(key), key, body, base64.b64decode(body).decode()):
        for spelled, form in forms(text):
            shown = redact(spelled.decode("latin-1"))
            assert not leaks_in(key, shown.encode()), form


@pytest.mark.parametrize("cut", range(80, 119, 3))
def test_what_is_left_of_a_key_that_was_cut_is_kept_out_as_well(cut: int) -> None:
    key = keysmith.long_term(seed="cut")
    keep_out(Secret(key[:cut]))
    shown = redact(base64.b64decode(key[4:cut][: (cut - 4) // 4 * 4]).decode())
    assert not leaks_in(key[: cut // 4 * 4], shown.encode())


@given(
    seed=st.text(max_size=4),
    user=st.text("abcdXYZ019_+=,.@-", min_size=1, max_size=30),
    spelling=st.sampled_from(list(SPELLINGS)),
    around=st.tuples(st.text(max_size=20), st.text(max_size=20)),
    begin=st.integers(0, 120),
    size=st.integers(24, 400),
)
@example("", "00000", "the end of the body", ("", ""), 22, 24)
def test_no_piece_of_any_key_is_shown_wherever_it_begins(
    seed: str, user: str, spelling: str, around: tuple[str, str], begin: int, size: int
) -> None:
    key = met(seed, user=user)
    spelled = SPELLINGS[spelling](key)[begin : begin + size]
    assert not leaks_in(key, redact(spelled.join(around)).encode("utf-8", "replace"))


@given(st.text(max_size=300))
@example(f"user BedrockAPIKey-ex4m, alias {keysmith.alias_of('BedrockAPIKey-ex4m')}")
@example("arn:aws:iam::111122223333:user/BedrockAPIKey-ex4m")
@example("src/main/java/com/example/bedrock/keys/rotation/service/RotationServiceTest.java")
@example(f"since commit {'0123456789abcdef' * 4}, {base64.b64encode(bytes(range(90))).decode()}")
def test_ordinary_text_is_left_untouched(text: str) -> None:
    met("ordinary")
    assert redact(text) == text


def test_the_public_part_of_a_key_that_was_met_is_told() -> None:
    key = met("public")
    alias = keysmith.alias_of("BedrockAPIKey-ex4m")
    assert redact(f"{alias}:{secret_parts(key)[0]}").startswith(f"{alias}:")
    public = base64.b64encode(f"{alias}:".encode()).decode()
    assert redact(f"keys/{public}") == f"keys/{public}"


def test_a_key_that_nobody_met_is_found_in_the_name_in_any_encoding() -> None:
    key = keysmith.long_term(seed="unmet")
    for spelled in (key, key.encode().hex(), base64.b64encode(key.encode()).decode()):
        assert not leaks_in(key, redact(f"{spelled}.txt").encode())


@pytest.mark.parametrize(
    "key", [keysmith.long_term(seed="unmet"), keysmith.short_term(account="123456789012")]
)
@pytest.mark.parametrize("by", ["/", "\u200b", "\\", " ", "."])
def test_a_key_that_nobody_met_is_found_in_the_name_though_it_is_split(key: str, by: str) -> None:
    assert not leaks_in(key, redact(split(key, 50, by)).encode())


def test_redacting_what_is_redacted_changes_nothing() -> None:
    key = met("twice")
    for spelling in SPELLINGS.values():
        once = redact(spelling(key))
        assert redact(once) == once


def test_the_shortest_key_that_somebody_decoded_is_blotted_out_unmet() -> None:
    body = keysmith.long_term("q").removeprefix(keysmith.BEDROCK_LONG_TERM)
    decoded = base64.b64decode(body + "=" * (-len(body) % 4)).decode()
    alias, _, secret = decoded.partition(":")
    assert len(decoded) == 78
    assert redact(decoded) == f"{alias}:[redacted]"
    assert secret not in redact(f"{decoded}\n")
