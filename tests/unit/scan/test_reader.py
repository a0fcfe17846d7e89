from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.scan import anchors, reader

LITERALS = (b"ABSK", b"FCU0", b"Q\0Z", b"aQ", b"QQ", b"key-")


def naive(data: bytes, literals: tuple[bytes, ...]) -> list[int]:
    return sorted(
        begin
        for literal in literals
        for begin in range(len(data))
        if data.startswith(literal, begin)
    )


def pieces(literals: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    few = st.sampled_from([*literals, b"Q", b"K", b"AB", b"\0", b"text "])
    return st.lists(few | st.binary(max_size=9), max_size=40).map(b"".join)


@given(pieces(LITERALS), st.integers(0, 8))
def test_what_is_found_is_what_stands_there(data: bytes, patience: int) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(reader, "_PATIENCE", patience)
        assert reader._offsets(bytearray(data), len(data), LITERALS) == naive(data, LITERALS)


@given(pieces(anchors.HISTORY_ANCHORS), st.data())
def test_what_stands_behind_the_filled_part_is_not_found(data: bytes, draw: st.DataObject) -> None:
    size = draw.draw(st.integers(0, len(data)))

    offsets = reader._offsets(bytearray(data), size, anchors.HISTORY_ANCHORS)

    assert offsets == naive(data[:size], anchors.HISTORY_ANCHORS)


def test_a_block_full_of_capitals_is_still_searched_to_its_end() -> None:
    data = b"QUJT ABSQ " * 5000 + b"ABSK QUJTS"

    offsets = reader._offsets(bytearray(data), len(data), anchors.HISTORY_ANCHORS)

    assert offsets == [50_000, 50_005]
