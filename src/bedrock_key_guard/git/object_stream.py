"""Follow a list of objects beside the stream that `git cat-file` makes of it.

A list is a file of object ids, one a line; their sizes stand in a second file beside it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import accumulate, repeat
from operator import add
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class Records:
    """Tell which object stands where in the stream: its id and a newline, its content, a newline.

    `read` is how much of the stream was seen.
    """

    def __init__(self, width: int, sizes: array[int]) -> None:
        """Follow the list of objects of these sizes, whose ids have a `width` with the newline."""
        self.read = 0
        self._width = width
        self._ends = array("Q", accumulate(map(add, sizes, repeat(self._width + 1))))
        self._next = self._begin = 0

    def at(self, offset: int) -> int:
        """Return the index in the list of the object that stands at an offset."""
        return bisect_right(self._ends, offset)

    def contents(self, limit: int, head: int) -> Iterator[tuple[int, int]]:
        """Yield where each content begins and ends, once, of which `head` bytes are before `limit`.

        Of one that is shorter, all are.
        """
        for index in range(self._next, len(self._ends)):
            begin, end = self._begin + self._width, self._ends[index] - 1
            if begin + head > limit and end > limit:
                return
            self._next, self._begin = index + 1, end + 1
            yield begin, end

    def all_read(self) -> bool:
        """Tell whether as much was seen as all objects of the list together have."""
        return self.read == (self._ends[-1] if self._ends else 0)


def write_list(part: str, names: bytes, sizes: array[int]) -> None:
    """Write a list: ids, one a line, and their sizes."""
    for path, content in ((part, names), (f"{part}.sizes", sizes)):
        with open(path, "wb") as file:  # noqa: PTH123  # starts sooner
            file.write(content)


def sizes_of(part: Path | str) -> array[int]:
    """Return the sizes of a list's objects."""
    with open(f"{part}.sizes", "rb") as file:  # noqa: PTH123
        sizes = array("Q")
        sizes.frombytes(file.read())
    return sizes


def join(lists: Sequence[str]) -> str:
    """Make one list of several, beside the first, and return its path."""
    sizes, names = array("Q"), b""
    for part in lists:
        sizes += sizes_of(part)
        with open(part, "rb") as file:  # noqa: PTH123
            names += file.read()
    write_list(joined := f"{lists[0]}-joined", names, sizes)
    return joined
