"""Generate a repository like a long-lived code base: the same seed gives the same objects.

Its text is made of a few thousand names in a few shapes of lines, so that it compresses and deltas
as source code does; files are of very different sizes, and a commit changes a few lines in a few
files of one folder.
"""

from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from benchmarks.planting import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SEED = 20_240_229
_BEGIN = 1_400_000_000
_FILES_A_COMMIT = 5
_LINES_A_CHANGE = 6
_SYLLABLES = (
    "ac al an ar at be ca co de di do el en er es fi ge ha in is it ja ke le li lo ma me mi na ne "
    "no on or pa pe po qu ra re ri ro se si so st ta te ti to un ur us va ve vi wa ex ya za"
).split()
_SHAPES = (
    "{i}{a} = {b}({c}, {n})\n",
    "{i}if {a}.{b} is not {c}:\n",
    "{i}return self.{a}({b}, {c}={n})\n",
    "{i}# The {a} of a {b} is known before its {c}.\n",
    "{i}for {a} in {b}.{c}():\n",
    '{i}"{a}-{b}": {{"{c}": {n}}},\n',
    "\n",
    "{i}def {a}_{b}(self, {c}: int = {n}) -> None:\n",
)


@dataclass(frozen=True, slots=True)
class Size:
    """Say how large a generated repository is."""

    commits: int
    folders: int
    files_a_folder: int


FULL = Size(commits=24_000, folders=200, files_a_folder=20)
SMALL = Size(commits=400, folders=10, files_a_folder=6)


def generate(folder: Path, size: Size) -> None:
    """Make the repository in `folder`."""
    git(folder.parent, "init", "--quiet", "--initial-branch=main", folder.name)
    command = ["git", "-C", str(folder), "fast-import", "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        stream = cast("IO[bytes]", process.stdin)
        for piece in stream_of(size):
            stream.write(piece)
        stream.close()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def stream_of(size: Size) -> Iterator[bytes]:
    """Yield the input of `git fast-import`: every version of every file, then the commits.

    The versions of a file follow each other, because Git then finds their deltas at no cost.
    """
    code = _Code()
    history = _history(code.random, size)
    marks: dict[tuple[int, int], int] = {}
    for file, touched in sorted(_by_file(history).items()):
        lines = code.file()
        for number in touched:
            marks[file, number] = mark = len(marks) + 1
            content = b"".join(lines)
            yield b"blob\nmark :%d\ndata %d\n%s\n" % (mark, len(content), content)
            code.change(lines)
    for number, files in enumerate(history):
        yield _commit(number, [(_path(file, size), marks[file, number]) for file in files])


def _history(choices: random.Random, size: Size) -> list[list[int]]:
    """Say which files each commit touches: the first all, the others a few of one folder."""
    every = size.folders * size.files_a_folder
    begins = range(0, every, size.files_a_folder)
    folders = [range(begin, begin + size.files_a_folder) for begin in begins]
    later = (
        choices.sample(choices.choice(folders), _FILES_A_COMMIT) for _ in range(1, size.commits)
    )
    return [list(range(every)), *later]


def _by_file(history: list[list[int]]) -> dict[int, list[int]]:
    touched: dict[int, list[int]] = {}
    for number, files in enumerate(history):
        for file in files:
            touched.setdefault(file, []).append(number)
    return touched


def _path(file: int, size: Size) -> bytes:
    folder, module = divmod(file, size.files_a_folder)
    return b"area%02d/part%03d/module%02d.py" % (folder // 20, folder, module)


def _commit(number: int, files: list[tuple[bytes, int]]) -> bytes:
    message = b"Change number %d\n" % number
    when = _BEGIN + number * 3600
    head = b"commit refs/heads/main\ncommitter Ada Example <ada@example.com> %d +0000\n" % when
    body = b"".join(b"M 100644 :%d %s\n" % (mark, path) for path, mark in files)
    return head + b"data %d\n%s" % (len(message), message) + body + b"\n"


class _Code:
    """Write lines of what looks like code."""

    def __init__(self) -> None:
        self.random = random.Random(_SEED)  # noqa: S311  # the same text each time is the point
        self._names = [self._name() for _ in range(3_000)]

    def _name(self) -> str:
        syllables = self.random.choices(_SYLLABLES, k=self.random.randint(2, 5))
        spelling = self.random.random()
        if spelling < 0.1:
            return "_".join(syllables).upper()
        return "".join(syllables).title() if spelling < 0.3 else "".join(syllables)

    def file(self) -> list[bytes]:
        """Write a file: 180 lines in the median, a few of them thousands."""
        return [self.line() for _ in range(int(self.random.lognormvariate(5.2, 0.9)) + 5)]

    def change(self, lines: list[bytes]) -> None:
        """Replace a few lines, and now and then add one."""
        at = self.random.randrange(len(lines))
        grown = self.random.random() < 0.5
        lines[at : at + _LINES_A_CHANGE] = [self.line() for _ in range(_LINES_A_CHANGE + grown)]

    def line(self) -> bytes:
        a, b, c = self.random.choices(self._names, k=3)
        shape = self.random.choice(_SHAPES)
        indent = "    " * self.random.randint(0, 3)
        return shape.format(i=indent, a=a, b=b, c=c, n=self.random.randrange(1000)).encode()
