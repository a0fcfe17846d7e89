from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.scan.decoding import blocks
from bedrock_key_guard.scan.decoding.blocks import from_base64, from_decimal, from_hex
from bedrock_key_guard.scan.decoding.layer import Layer, Regular

# What hex is, said slowly: pairs, and what may stand between two of them.
RUN = re.compile(
    rb"(?<![0-9A-Fa-f])(?:0[xX])?[0-9A-Fa-f]{2}"
    rb"(?:[ \t:,-]{0,8}(?:\r?\n[ \t]{0,40})?(?:0[xX])?[0-9A-Fa-f]{2}){39,}"
)
PAIR = re.compile(rb"(?:0[xX])?([0-9A-Fa-f]{2})")
ROWS = [b"41", b"4142", b"414", b"4", b"ab" * 45, b"ab" * 45 + b"c", b"0x41", b"0X4a"]
BETWEEN = [b" ", b", ", b":", b"-", b"\n", b"\r\n    ", b"\n\n", b"\t", b"g", b"x", b" " * 9, b"\\"]
KINDS = [
    (ROWS, BETWEEN),
    (ROWS[:2], BETWEEN[:6]),
    (ROWS[:3], [b"", b" ", b"\n"]),
    (ROWS[6:], [b", ", b",\n  "]),
]


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    rows, between = draw(st.sampled_from(KINDS))
    pieces = st.lists(st.sampled_from([a + b for a in rows for b in between]), max_size=200)
    return b"".join(draw(pieces))


def places_of(layer: Layer) -> dict[int, int]:
    return {layer.origin(position): byte for position, byte in enumerate(layer.data)}


@given(texts())
def test_every_pair_of_a_long_run_of_hex_is_read_where_it_stands(data: bytes) -> None:
    read = [places_of(layer) for layer in from_hex(Layer(data, Regular(0)))]
    for run in RUN.finditer(data):
        pairs = PAIR.finditer(data, run.start(), run.end())
        written = {pair.start(): int(pair[1], 16) for pair in pairs}
        assert any(written.items() <= places.items() for places in read)


@given(texts())
def test_what_is_read_as_hex_is_written_so(data: bytes) -> None:
    for layer in from_hex(Layer(data, Regular(0))):
        places = [layer.origin(position) for position in range(len(layer.data))]
        assert places == sorted(set(places))
        for place, byte in zip(places, layer.data, strict=True):
            digits = data[place:].lower().removeprefix(b"0x").translate(None, b" \t:,-\r\n")
            assert int(digits[:2], 16) == byte


class Asked:
    """Stand in for an expression, and note each stretch that it is put to."""

    def __init__(self) -> None:
        self.stretches: list[tuple[int, int]] = []

    def finditer(self, data: bytes, begin: int = 0, end: int | None = None) -> list[None]:
        self.stretches.append((begin, len(data) if end is None else end))
        return []


@pytest.mark.parametrize(
    ("name", "decode", "row"),
    [
        ("_BASE64", from_base64, b"A" * 80),
        ("_BASE64_URL", from_base64, b"A" * 80),
        ("_NUMBERS", from_decimal, b"65, " * 40),
    ],
)
def test_an_expression_is_put_to_long_rows_alone(
    name: str,
    decode: Callable[[Layer], Iterator[Layer]],
    row: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = Asked()
    monkeypatch.setattr(blocks, name, asked)
    code = b"(a, b) = f(c, d); // and so on\n" * 50
    list(decode(Layer(code + row + code, Regular(0))))
    assert sum(end - begin for begin, end in asked.stretches) < 2 * len(row)
