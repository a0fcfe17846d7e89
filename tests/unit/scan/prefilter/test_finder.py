from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.scan.prefilter import finder as module
from bedrock_key_guard.scan.prefilter import literals
from bedrock_key_guard.scan.prefilter.finder import SELDOM, Finder

LITERALS = (b"ABSK", b"FCU0", b"Q\0ZZ", b"aaaQ", b"QQQQ", b"xQKx", b"key-", b"two words")


def naive(data: bytes, wanted: tuple[bytes, ...]) -> list[int]:
    return sorted(
        begin for each in wanted for begin in range(len(data)) if data.startswith(each, begin)
    )


def pieces(wanted: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    capitals = [bytes((each,)) for each in SELDOM]
    few = st.sampled_from([*wanted, *(each[:-1] for each in wanted), *capitals, b"\0", b"text "])
    return st.lists(few | st.binary(max_size=9), max_size=40).map(b"".join)


@pytest.mark.parametrize("wanted", [LITERALS, literals.HISTORY_LITERALS, literals.ANCHORS])
@given(draw=st.data(), patience=st.integers(0, 8), rest=st.integers(0, 2))
def test_what_is_found_is_what_stands_there(
    wanted: tuple[bytes, ...], draw: st.DataObject, patience: int, rest: int
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(module, "_PATIENCE", patience)
        monkeypatch.setattr(module, "_REST", rest)
        finder = Finder(wanted)
        for data in draw.draw(st.lists(pieces(wanted), min_size=1, max_size=6)):
            assert finder.offsets(bytearray(data)) == naive(data, wanted)


@pytest.mark.parametrize("capital", [b"K", b"Q", b"F", b"Y", b"KQFY"])
def test_blocks_full_of_capitals_are_still_searched_to_their_ends(capital: bytes) -> None:
    finder = Finder(literals.HISTORY_LITERALS)
    block = capital * 5_000 + b"".join(literals.HISTORY_LITERALS)
    expected = naive(block[-200:], literals.HISTORY_LITERALS)
    assert len(expected) >= len(literals.HISTORY_LITERALS)
    for _ in range(module._REST + 2):
        found = finder.offsets(block)
        assert [each - len(block) + 200 for each in found] == expected


def test_a_capital_that_was_not_seldom_is_left_alone_for_some_blocks() -> None:
    asked: list[bytes | int] = []

    class Block(bytes):
        def find(self, what: bytes | int, *more: int) -> int:  # type: ignore[override]
            asked.append(what)
            return super().find(what, *more)

    finder = Finder([b"ABSK"])
    for _ in range(module._REST + 2):
        finder.offsets(Block(b"K" * 10_000))

    assert asked == [ord("K")] * 2 * module._PATIENCE
