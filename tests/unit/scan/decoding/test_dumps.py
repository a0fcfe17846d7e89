from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.scan.decoding.dumps import from_dump
from bedrock_key_guard.scan.decoding.layer import Layer, Regular
from bedrock_key_guard.scan.matching.matcher import Match
from bedrock_key_guard.scan.prefilter import may_hold_key
from tests.hiding.dumps import DUMPS
from tests.hiding.hidden import BOTH, FAMILIES, Hidden, hide, key_of, text
from tests.keysmith import fingerprint_of


def exact(data: bytes) -> list[Match]:
    return [match for match in matches(data) if match.confidence == "exact"]


@given(
    st.sampled_from(sorted(DUMPS)),
    st.sampled_from(FAMILIES),
    # Letters might make a file of it, or base64, and such a key stands where all of that does.
    st.lists(st.sampled_from(b"\0\1\n\r\t :;#\x80\xc3\xff"), max_size=99).map(bytes),
    st.text("\n ab=", max_size=40),
)
def test_a_key_is_found_in_a_dump_of_any_kind_where_its_first_byte_is(
    style: str, family: str, before: bytes, after: str
) -> None:
    key = key_of("a dump", family)
    hidden = hide(key, text(before + b"\n", "\n" + after), DUMPS[style])
    (match,) = exact(b"$ dump key\n" + hidden.data + b"\n")
    assert match.key.fingerprint == fingerprint_of(key)
    assert match.offset == len("$ dump key\n") + hidden.at
    assert match.encodings == hidden.encodings


@given(st.sampled_from(sorted(DUMPS)), st.sampled_from(BOTH), st.data())
def test_no_cut_of_a_key_is_whole_in_a_dump(style: str, family: str, data: st.DataObject) -> None:
    key = key_of("a dump", family)
    begin = data.draw(st.integers(0, len(key) // 2))
    end = data.draw(st.integers(begin, len(key) - (begin == 0) * 8))
    hidden = hide(key[begin:end], text("key=", ""), DUMPS[style])
    assert exact(hidden.data) == []


@given(st.sampled_from(sorted(DUMPS)), st.binary(min_size=200, max_size=2000))
def test_a_dump_of_noise_is_no_key(style: str, noise: bytes) -> None:
    assert exact(DUMPS[style](Hidden(noise)).data) == []


@pytest.mark.parametrize("offset", [0, 0x1000, 0xFFF0])
@pytest.mark.parametrize("symbol", ["", " <key+{}>"])
def test_a_debugger_may_name_what_it_shows(symbol: str, offset: int) -> None:
    key = key_of("a debugger")
    rows = [
        f"{offset + at + 0x400000:#x}{symbol.format(at)}:\t"
        + "\t".join(f"{letter:#04x}" for letter in key.encode()[at : at + 8])
        for at in range(0, len(key), 8)
    ]
    (match,) = exact("\n".join(rows).encode())
    assert match.key.fingerprint == fingerprint_of(key)


def test_a_row_that_a_dump_leaves_out_is_one_like_the_row_before() -> None:
    data = b"0" * 64 + b"k=" + key_of("a dump").encode() + b"\n"
    rows = [f"{at:07o} {data[at : at + 16].hex(' ')}" for at in range(0, len(data), 16)]
    squeezed = "\n".join([*rows[:2], "*", *rows[4:]]).encode()
    layer, *_ = from_dump(Layer(squeezed, Regular(0)))
    assert layer.data == data
    assert len(exact(squeezed)) == 1


def test_the_text_beside_the_cells_is_none_of_them() -> None:
    data = b"k=" + key_of("a dump").encode() + b"41 42 43 44 45 46"
    rows = [
        f"{at:08x}: {data[at : at + 16].hex(' '):<47}  {data[at : at + 16].decode()}"
        for at in range(0, len(data), 16)
    ]
    layer, *_ = from_dump(Layer("\n".join(rows).encode(), Regular(0)))
    assert layer.data == data


def test_two_ways_to_show_a_row_are_read_as_one() -> None:
    data = b"k=" + key_of("a dump").encode() + b"\n"
    rows = [
        f"{at:07o} {data[at : at + 16].hex(' ')}\n       "
        + "  ".join(map(chr, data[at : at + 16])).replace("\n", "\\n")
        for at in range(0, len(data), 16)
    ]
    assert len(exact("\n".join(rows).encode())) == 1


@pytest.mark.parametrize("style", sorted(DUMPS))
def test_the_prefilter_sees_a_dump_wherever_a_key_begins_in_it(style: str) -> None:
    key = key_of("a dump")
    for before in range(20):
        hidden = hide(key, text("a" * before), DUMPS[style])
        assert may_hold_key(hidden.data), before
