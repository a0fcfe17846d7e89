from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.scan.containers import lz
from bedrock_key_guard.scan.limits import Budget, Limits, Spent, Unreadable
from tests import records

Block = Callable[[bytes, bytearray, Budget], None]
BLOCKS: dict[str, tuple[Block, records.Encode]] = {
    "LZ4": (lz.lz4, records.lz4),
    "Snappy": (lz.snappy, records.snappy),
    "LZF": (lz.lzf, records.lzf),
}
# Texts in which much is there before, at every distance from one on.
TEXTS = st.lists(st.sampled_from([b"a", b"bc", b"key=", b"\0" * 70, bytes(range(99))]), max_size=60)


@pytest.mark.parametrize("name", BLOCKS)
@given(TEXTS)
def test_a_block_is_undone(name: str, pieces: list[bytes]) -> None:
    block, encode = BLOCKS[name]
    data = b"".join(pieces)
    assert lz.unpacked(block, encode(data), Budget()) == data


@pytest.mark.parametrize("name", BLOCKS)
@given(st.binary(max_size=200))
def test_what_is_no_block_is_broken_and_nothing_else(name: str, data: bytes) -> None:
    block, _ = BLOCKS[name]
    with suppress(Unreadable):
        lz.unpacked(block, data, Budget())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("LZ4", b"\x10a\xff\0"),
        ("LZ4", b"\x10a\0\0"),
        ("LZ4", b"\xf0"),
        ("LZ4", b""),
        ("Snappy", b"\x09\x00a\x0d\x09"),
        ("Snappy", b"\x02\x00a"),
        ("Snappy", b"\xff" * 12),
        ("LZF", b"\x00a\x20\x01"),
        ("LZF", b"\x05a"),
    ],
)
def test_a_block_that_copies_from_nowhere_or_ends_early_is_broken(name: str, data: bytes) -> None:
    with pytest.raises(Unreadable):
        lz.unpacked(BLOCKS[name][0], data, Budget())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("LZ4", b"\x1fa\1\0" + b"\xff" * 4000 + b"\0\0"),
        ("Snappy", b"\x80\x80\x80\x08\0a" + b"\xfe\1\0" * 99_999),
        ("LZF", b"\0a" + b"\xe0\xff\0" * 9_999),
    ],
)
def test_what_a_block_makes_is_of_the_budget(name: str, data: bytes) -> None:
    with pytest.raises(Spent):
        lz.unpacked(BLOCKS[name][0], data, Budget(Limits(work=1 << 20)))
