from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.keys import envelope
from bedrock_key_guard.keys.key import Secret
from tests import keysmith


@given(st.binary())
def test_what_was_encoded_comes_back_with_and_without_padding(payload: bytes) -> None:
    text = envelope.encode(payload)
    assert envelope.decode(text.rstrip("=").encode()) == payload


@given(st.binary(), st.integers(0, 8))
def test_a_body_that_is_cut_gives_the_bytes_that_are_whole(payload: bytes, cut: int) -> None:
    text = envelope.encode(payload).rstrip("=").encode()
    start = envelope.decode(text[: max(len(text) - cut, 0)])
    assert payload.startswith(start)
    assert len(start) >= len(payload) - cut


@given(st.binary())
def test_no_bytes_are_too_strange(noise: bytes) -> None:
    assert isinstance(envelope.decode(noise), bytes)


@given(st.from_regex(r"A[A-Z0-9]{3}(?:[A-Z0-9]{4})?", fullmatch=True))
def test_the_secret_behind_a_prefix_that_no_family_has_is_told_apart(prefix: str) -> None:
    key = keysmith.long_term(prefix=prefix)
    payload = envelope.payload_of(key)
    assert payload.endswith(b"BedrockAPIKey-ex4m-at-111122223333:" + payload[-60:])
    assert envelope.secret_parts(Secret(key)) == (payload[-60:],)
