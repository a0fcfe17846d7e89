from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.model.findings import Finding
from bedrock_key_guard.model.origins import Stdin
from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.scan.limits import Budget
from bedrock_key_guard.scan.matching.windows import LONGEST_LINE, WINDOW, Content
from tests.contexts import CONTEXTS, ISSUED_AT, Context
from tests.keysmith import fingerprint_of, long_term, short_term
from tests.sweeps import sweep

LONG = long_term("bob")
SHORT = short_term(issued_at=ISSUED_AT)
Found = list[tuple[int, int, str]]


def findings(data: bytes, window: int = WINDOW) -> list[Finding]:
    content = Content(Stdin(), Budget(), matches, window=window)
    found = list(content.findings(io.BytesIO(data)))
    assert content.bytes_read == len(data)
    return found


def places(data: bytes, window: int = WINDOW) -> Found:
    return [
        (finding.location.line, finding.location.column, finding.key.fingerprint)
        for finding in findings(data, window)
        if finding.confidence == "exact"
    ]


def expected(text: str, *keys: str) -> Found:
    """Say where keys are, by counting characters in text that was never encoded."""
    found, at = [], 0
    for key in keys:
        at = text.index(key, at)
        line, start = text.count("\n", 0, at) + 1, text.rfind("\n", 0, at)
        found.append((line, at - start, fingerprint_of(key)))
        at += 1
    return found


# Lone surrogates cannot be encoded; A, a, b and M could begin another key; a BOM is no character.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="AabM\ufeff"))


@given(TEXT, TEXT, st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]), st.booleans())
def test_lines_and_columns_are_counted_in_characters(
    before: str, between: str, encoding: str, bom: bool
) -> None:
    if encoding != "utf-8":
        # U+0A00 and its neighbours look like line breaks between two others in UTF-16.
        before, between = (part.encode("ascii", "ignore").decode() for part in (before, between))
    text = f"{before}{LONG}\n{between}{SHORT}"
    data = (("\ufeff" if bom else "") + text).encode(encoding)
    assert places(data) == expected(text, LONG, SHORT)


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.path)
@pytest.mark.parametrize("window", sweep([500, 4096, 50_001], quick=lambda size: size == 500))
def test_every_context_is_the_same_through_small_windows(context: Context, window: int) -> None:
    assert findings(context.data, window) == findings(context.data)


@given(
    st.lists(
        st.sampled_from([LONG, SHORT, LONG[:50], "\n", "é", "x\n", "ABSK", "-" * 30_000, "é" * 9]),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
    st.integers(3_000, 90_000),
)
def test_windows_of_any_size_find_the_same(pieces: list[str], encoding: str, window: int) -> None:
    data = "|".join(pieces).encode(encoding)
    assert findings(data, window) == findings(data)


@pytest.mark.parametrize("window", [1000, WINDOW])
@pytest.mark.parametrize("before", [LONGEST_LINE - 2, LONGEST_LINE, LONGEST_LINE + 1])
def test_beyond_a_very_long_line_columns_are_counted_in_bytes(window: int, before: int) -> None:
    data = b"\n" + "é".encode() + b"-" * (before - 2) + LONG.encode()
    column = before if before <= LONGEST_LINE else before + 1
    assert places(data, window) == [(2, column, fingerprint_of(LONG))]


def test_a_line_that_is_not_utf_8_is_counted_in_bytes() -> None:
    assert places("é: ".encode("latin-1") + LONG.encode()) == [(1, 4, fingerprint_of(LONG))]


@pytest.mark.parametrize("window", [200, WINDOW])
def test_a_pragma_allows_its_own_line(window: int) -> None:
    text = f"a={LONG} # pragma: allowlist secret\nb={LONG}\n# pragma: allowlist secret\n"
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        allowed = [finding.allowed for finding in findings(text.encode(encoding), window)]
        assert allowed == ["pragma: allowlist secret", None]


def test_what_is_malformed_is_graded_so() -> None:
    assert [finding.confidence for finding in findings(LONG[:60].encode())] == ["malformed"]


def test_a_large_file_is_read_in_windows() -> None:
    class Zeros:
        """Give clean bytes without holding them."""

        def __init__(self) -> None:
            self.left = 8 << 20

        def read(self, size: int, /) -> bytes:
            size = min(size, self.left)
            self.left -= size
            return b"-" * size

    content = Content(Stdin(), Budget(), matches, window=1 << 18)
    tracemalloc.start()
    try:
        assert list(content.findings(Zeros())) == []
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert content.bytes_read == 8 << 20
    assert peak < 2 << 20
