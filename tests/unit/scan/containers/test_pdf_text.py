from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.containers.formats.pdf_text import TOO_MUCH
from bedrock_key_guard.scan.containers.reading import read_file
from bedrock_key_guard.scan.limits import LIMITS
from tests.keysmith import long_term, short_term
from tests.rows import each
from tests.typeset import MAPS, document, font, in_order, of_chars, shown
from tests.unit.scan.readings import KEY, places, read

TEXT = f"the key is {KEY}"
FONT = font(TEXT)
PAGE, MAP = shown(TEXT, FONT), of_chars(FONT)
FOUND = [(("pdf:text",), 1, 12)]


@each("width", [1, 2])
@each("name", MAPS)
def test_a_key_in_a_font_of_its_own_codes_is_found_by_its_map(name: str, width: int) -> None:
    for codes in (font(TEXT, width), in_order(TEXT)):
        to_unicode = MAPS[name](codes, width)
        reading = read(document(shown(TEXT, codes, width=width), to_unicode))
        assert places(reading) == FOUND
        assert reading.missed == ()


ROWS: dict[str, bytes] = {
    "its map before it": document(MAP, PAGE),
    "its map behind other pages": document(PAGE, *[b"BT (word) Tj ET"] * 30, MAP),
    "not compressed": document(PAGE, MAP, filters="/ASCIIHexDecode"),
    "in pieces": document(shown(TEXT, FONT, 15, 16, 80), MAP),
    "a letter at a time": document(shown(TEXT, FONT, *range(1, len(TEXT))), MAP),
    "beside a font of one byte": document(PAGE.replace(b"BT", b"BT /F2 9.5 Tf (odd) Tj", 1), MAP),
    "its font chosen before": document(PAGE.replace(b"72 720", b"ET BT 72 720"), MAP),
    "a map of nothing": document(of_chars({}), PAGE, MAP),
    "its map far into its stream": document(
        PAGE, b"%" * 65_530 + b"\n" + MAP[MAP.index(b"beginbf") :]
    ),
    "a map that ends too early": document(PAGE, MAP.rpartition(b"endbf")[0]),
    "a literal string": document(
        b"BT /F1 12 Tf (%b) Tj ET"
        % b"".join(b"\\%03o\\%03o" % divmod(FONT[letter], 256) for letter in TEXT),
        MAP,
    ),
}


@each("name", ROWS)
def test_a_map_is_found_wherever_it_stands(name: str) -> None:
    reading = read(ROWS[name])
    assert [place[0] for place in places(reading)] == [("pdf:text",)]
    assert reading.missed == ()


def test_what_stands_in_for_a_ligature_is_no_code() -> None:
    key = shown(KEY, font(KEY)).partition(b"Td")[2]
    for actual in (b"(ffi)", b"<FEFF006600660069>"):
        ligature = b"BT /F1 6 Tf /Span <</ActualText %b>> BDC <13B1> Tj EMC" % actual
        found = places(read(document(ligature + key, of_chars(font(KEY)))))
        assert found == [(("pdf:text",), 1, 2)]


def test_each_font_is_spelled_by_its_own_map() -> None:
    other = long_term("eve")
    fonts = font(TEXT, seed=1), font(other, seed=1)
    pages = shown(TEXT, fonts[0]), shown(other, fonts[1])
    reading = read(document(*pages, *map(of_chars, fonts)))
    assert [place[0] for place in places(reading)] == [("pdf:text",)]
    assert [place[0] for place in places(reading, other)] == [("pdf:text",)]


def test_lines_of_a_wrapped_key_follow_one_another() -> None:
    pages = b"".join(shown(part, FONT) for part in (KEY[:60], KEY[60:120], KEY[120:]))
    assert [place[:2] for place in places(read(document(pages, MAP)))] == [(("pdf:text",), 1)]


def test_text_that_is_read_as_it_is_is_found_once() -> None:
    codes = {letter: ord(letter) for letter in TEXT}
    for width in (1, 2):
        page = shown(TEXT, codes, 30, width=width)
        found = places(read(document(page, of_chars(codes, width))))
        assert [place[0] for place in found] == [("pdf:object 4", "text")]


@given(
    st.integers(0, 1 << 32),
    st.sampled_from([1, 2]),
    st.sampled_from([long_term("bob"), short_term()]),
    st.lists(st.integers(1, 131), max_size=9, unique=True),
    st.booleans(),
)
def test_a_key_is_found_in_any_font(
    seed: int, width: int, key: str, cuts: list[int], is_first: bool
) -> None:
    codes = font(key, width, seed)
    page, to_unicode = shown(key, codes, *sorted(cuts), width=width), of_chars(codes, width)
    streams = (page, to_unicode) if is_first else (to_unicode, page)
    assert [place[0] for place in places(read(document(*streams)), key)] == [("pdf:text",)]


@pytest.mark.parametrize("cut", range(1, len(KEY), 7))
def test_no_cut_of_a_key_is_exact(cut: int) -> None:
    for text in (KEY[:cut] + KEY[cut + 1 :], KEY[:cut], KEY[:cut] + "é" + KEY[cut + 1 :]):
        codes = font(KEY + "é")
        found = read(document(shown(text, codes), of_chars(codes))).findings
        assert [each for each in found if each.confidence == "exact"] == []


def test_what_looks_alike_raises_no_alarm() -> None:
    text = "ABSK... bedrock-api-key-<yours> AEAA ACWL " + KEY[4:60]
    reading = read(document(shown(text, font(text)), of_chars(font(text))))
    assert (reading.findings, reading.missed) == ((), ())


def test_text_beyond_the_memory_for_it_is_told() -> None:
    data = document(shown("key " * 80, FONT) * 9, PAGE, MAP)
    reading = read_file(io.BytesIO(data), WorkTree("a.pdf"), replace(LIMITS, held=4000))
    assert [(gap.kind, gap.reason) for gap in reading.missed] == [("missing", TOO_MUCH)]


def test_text_without_maps_takes_no_memory_that_is_told() -> None:
    data = document(shown("key " * 80, FONT) * 9, PAGE)
    assert read_file(io.BytesIO(data), WorkTree("a.pdf"), replace(LIMITS, held=4000)).missed == ()
