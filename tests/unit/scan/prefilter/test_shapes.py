from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.scan.prefilter import compressed, dense
from bedrock_key_guard.scan.prefilter.shapes import ASCII_QUAD, BETWEEN, BLOCK, texts

QUAD = re.compile(b"".join(b"[%b]" % letters for letters in ASCII_QUAD))


@given(
    st.lists(
        st.integers(0, 5).map(lambda size: b"-" * size)
        | st.binary(max_size=160).map(lambda data: base64.b64encode(bytes(b & 127 for b in data)))
        | st.sampled_from([b"A" * 143, b"A" * 144, b"a" * 150, b"tYXQ" * 40]),
        max_size=8,
    )
)
def test_base64_of_ascii_is_seen_exactly_where_it_is(pieces: list[bytes]) -> None:
    letters = b"".join(pieces).translate(None, BETWEEN)
    assert set(texts(letters)) == set(_rows_of_quads(letters))


def _rows_of_quads(letters: bytes) -> Iterator[tuple[int, int]]:
    for phase in range(4):
        quads = [letters[at : at + 4] for at in range(phase, len(letters) - 2, 4)]
        shape = "".join("t" if QUAD.match(quad) else "-" for quad in quads)
        for row in re.finditer("t{36,}", shape):
            yield phase + 4 * row.start(), min(phase + 4 * row.end(), len(letters))


@pytest.mark.parametrize("before", [0, 1, 500, 1023])
def test_escapes_are_counted_in_blocks(before: int) -> None:
    escapes = b"%41" * (2 * BLOCK // 3)
    begin = next(iter(dense(b"-" * before + escapes)))
    assert begin % BLOCK == 0
    assert list(dense(b"%41" * 19 + b"-" * BLOCK + b"%41" * 19)) == []


def test_a_run_that_zlib_may_have_made_is_seen_from_its_beginning() -> None:
    run = b"eJw" + b"a" * 60
    assert list(compressed(b"x " + run + b" " + run)) == [(2, 65), (66, 129)]


@given(
    st.lists(
        st.sampled_from([b"eJ", b"eA", b"eJw", b"x", b" ", b"\n", b"a" * 57, b"a" * 58, b"+/" * 31])
        | st.binary(max_size=5),
        max_size=12,
    )
)
def test_runs_are_seen_exactly_where_they_are(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    runs = re.finditer(rb"[0-9A-Za-z_+/-]{60,}", data)
    zlib = (b"eA", b"eF", b"eJ", b"eN")
    expected = [run.span() for run in runs if run[0].startswith(zlib)]
    assert list(compressed(data)) == expected
