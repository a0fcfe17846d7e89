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
    from collections.abc import Iterator
    from pathlib import Path


class Records:
    """Tell which object stands where in the stream: its id and a newline, its content, a newline.

    `read` is how much of the stream was seen.
    """

    def __init__(self, names: bytes, sizes: array[int]) -> None:
        """Follow the list of these ids, one a line, and of their sizes."""
        self.read = 0
        self._names = names
        self._width = names.find(b"\n") + 1
        self._ends = array("Q", accumulate(map(add, sizes, repeat(self._width + 1))))
        self._next = self._begin = 0

    def at(self, offset: int) -> str:
        """Return the id of the object that stands at an offset."""
        return self._name(bisect_right(self._ends, offset))

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

    def _name(self, index: int) -> str:
        return self._names[index * self._width : (index + 1) * self._width - 1].decode()


def sizes_of(part: Path | str) -> array[int]:
    """Return the sizes of a list's objects."""
    with open(f"{part}.sizes", "rb") as file:  # noqa: PTH123  # starts sooner
        sizes = array("Q")
        sizes.frombytes(file.read())
    return sizes
