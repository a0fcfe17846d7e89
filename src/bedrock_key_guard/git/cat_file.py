"""Read objects of any size through `git cat-file`: one after the other, or all of a list.

A list is a file of object ids, one a line; their sizes stand in a second file beside it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import accumulate, repeat
from operator import add
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

    from bedrock_key_guard.git.clean_git import Git

_DRAIN = 1 << 20


class GitObject:
    """Read one object to its end. Raises OSError where Git breaks off: the object is corrupt."""

    def __init__(self, kind: str, size: int, stream: IO[bytes]) -> None:
        """Take the next `size` bytes of `stream`."""
        self.kind = kind
        self.size = size
        self._left = size
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, none at the end."""
        block = self._stream.read(min(size, self._left)) if self._left else b""
        if self._left and not block:
            raise OSError(0, "the object is corrupt")
        self._left -= len(block)
        return block

    def drain(self) -> None:
        """Read what is left, and the newline after it."""
        while self.read(_DRAIN):
            pass
        self._stream.read(1)


class ObjectReader:
    """Ask one Git for objects, and another where the first broke at a corrupt one."""

    def __init__(self, git: Git) -> None:
        """Ask `git`."""
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None
        self._open: GitObject | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def open(self, object_id: str) -> GitObject | None:
        """Return an object, to be read before the next is asked for; None for one not there."""
        if self._open is not None:
            try:
                self._open.drain()
            except OSError:
                self._stop()
        process = self._process = self._process or self._git.start("cat-file", "--batch")
        questions, answers = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        try:
            questions.write(object_id.encode() + b"\n")
            questions.flush()
        except OSError:
            self._stop()
            return None
        header = answers.readline().split()
        if len(header) != 3:
            self._open = None
            if not header:
                self._stop()
            return None
        self._open = GitObject(header[1].decode(), int(header[2]), answers)
        return self._open

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            with self._process:
                pass
        self._process = self._open = None


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
        """Return whether as much was seen as all objects of the list together have."""
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
