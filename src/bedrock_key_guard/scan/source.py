"""Define what a source gives to the one loop that reads: where bytes come from, how to open them.

A source only enumerates. It reads no content, counts no finding and decides nothing. Every source
has names, of files, folders, links, branches, tags and remotes, which are inputs as well.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Generator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bedrock_key_guard import system
from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.model.origins import Name
from bedrock_key_guard.scan.prefilter import may_hold_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from bedrock_key_guard.git.lfs import Pointer
    from bedrock_key_guard.model.findings import Scanned
    from bedrock_key_guard.model.origins import Origin, Root
    from bedrock_key_guard.scan.matching.windows import Readable


class Changed(Exception):  # noqa: N818  # it says what became of a file, and stops nothing
    """Tell, at its end, that what was read changed meanwhile: half of each would be neither."""


Open = Callable[[], "AbstractContextManager[Readable]"]


@dataclass(frozen=True, slots=True)
class Input:
    """Name what there is to read, and how to open it.

    `open` raises Unreadable or OSError for what cannot be read, and at the end Changed for what has
    to be read again. What is not `counted` was counted when it was searched. What `reopens` can
    be opened once more, and begins anew; a pipe does not.
    """

    origin: Origin
    open: Open
    counted: bool = True
    reopens: bool = False


@dataclass(frozen=True, slots=True)
class Passed:
    """Count what the prefilter has searched, and the bytes that it is expected to search yet."""

    objects: int = 0
    bytes: int = 0
    expected: int = 0


Places = dict["Root", list["Root"]]
Inputs = Generator[Input | Passed | NotScanned, None, None]


@dataclass(frozen=True, slots=True)
class Source:
    """Give what there is to read, in any order, and what of it is known not to be here.

    `scanned` is what a report calls it. `places` tells where Git knows what was read, if that has
    no path of its own; it raises UsageError where Git cannot tell. `stored` opens
    what a pointer of Git LFS stands for, where that is here. `under` is the path of the submodule
    that all of it is in, and ends in a slash.
    """

    scanned: Scanned
    inputs: Inputs
    places: Callable[[list[Root]], Places] = lambda _roots: {}
    stored: Callable[[Origin, Pointer], Open | None] = lambda _origin, _pointer: None
    under: str = ""


class Progress(Protocol):
    """Take what was done since the last call, from any thread.

    `expected` are bytes that are known to be still to come, `size` are bytes that were read.
    """

    def __call__(
        self, *, expected: int = 0, objects: int = 0, size: int = 0, findings: int = 0
    ) -> None:
        """Add to what is known."""


def silent(*, expected: int = 0, objects: int = 0, size: int = 0, findings: int = 0) -> None:
    """Tell nobody."""


def names(paths: Iterable[str]) -> Iterator[Input]:
    """Yield each part of some paths that may hold a key, once, with what is before it."""
    paths = list(paths)
    if may_hold_key(system.encoded("\n".join(paths))):
        parts = (part for path in paths for part in _parts(path))
        yield from map(_named, dict.fromkeys(parts))


def _parts(path: str) -> Iterator[str]:
    """Yield a path up to each part of it that may hold a key."""
    end = 0
    for part in path.split("/"):
        end += len(part)
        if may_hold_key(system.encoded(part)):
            yield path[:end]
        end += 1


def _named(path: str) -> Input:
    return Input(Name(path), lambda: nullcontext(io.BytesIO(system.encoded(path))), counted=False)
