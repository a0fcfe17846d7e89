from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.git.cat_file import Records

SIZES = st.lists(st.integers(0, 40), max_size=12)


def records(sizes: list[int]) -> tuple[Records, list[tuple[int, int]]]:
    """Return the records of these sizes, and where the content of each is."""
    places, end = list[tuple[int, int]](), 0
    for size in sizes:
        places.append((end + 5, end + 5 + size))
        end += 5 + size + 1
    return Records(5, array("Q", sizes)), places


@given(SIZES)
def test_every_byte_belongs_to_its_object(sizes: list[int]) -> None:
    known, places = records(sizes)
    for index, (begin, end) in enumerate(places):
        assert {known.at(offset) for offset in range(begin - 5, end + 1)} == {index}


@given(SIZES, st.lists(st.integers(1, 50)), st.integers(0, 20))
def test_each_content_is_told_of_once_its_head_is_there(
    sizes: list[int], steps: list[int], head: int
) -> None:
    known, places = records(sizes)
    told: list[tuple[int, int]] = []
    limit = 0
    for step in [*steps, 1_000]:
        limit += step
        told += known.contents(limit, head)
        assert told == [
            (begin, end) for begin, end in places if begin + head <= limit or end <= limit
        ]


@pytest.mark.parametrize(
    ("sizes", "read", "whole"),
    [([], 0, True), ([], 1, False), ([3, 0], 15, True), ([3, 0], 14, False), ([3, 0], 16, False)],
)
def test_a_list_is_read_when_as_much_came_as_its_sizes_say(
    sizes: list[int], read: int, *, whole: bool
) -> None:
    known, _ = records(sizes)
    known.read = read
    assert known.all_read() is whole
