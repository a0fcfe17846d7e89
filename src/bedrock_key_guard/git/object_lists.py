"""List the references of a repository and its objects, by their bases, in parts of work.

Git stores most versions of a file as changes to another one. In the order of its packs it has long
forgotten a base when the last of its changes comes, and puts it together once more; one family
after the other it reads in two thirds of the time.

A list of objects is the input of `git cat-file`, one object id a line. The sizes stand in a second
file, and tell which object stands at an offset of the output.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from itertools import accumulate, chain, count, pairwise
from typing import TYPE_CHECKING

from bedrock_key_guard import system
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.cat_file import write_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from bedrock_key_guard.git.clean_git import Git

# What may stand among revisions, as `git rev-list` takes it, and `--remotes=NAME`. No other
# option of Git is passed on.
FORMS = ("--all", "--branches", "--tags", "--remotes", "--not")


def find_references(git: Git) -> dict[str, str]:
    """Return the names of all references, and the commits that a work tree has checked out.

    Each has the object that it names.

    Without them nobody could tell which objects of a shallow or damaged clone are missing. Raises
    UsageError where they are kept in a way we cannot lend (git-refs(1)).
    """
    if (git.repository.common_dir / "reftable").is_dir():
        raise UsageError(
            f"The references of {str(git.repository.work_tree)!r} are kept as a reftable.",
            remedy="Run `git refs migrate --ref-format=files`, or read a clone of it.",
        )
    named = git.run("for-each-ref", "--format=%(objectname) %(refname)")
    words = (line.split(" ", 1) for line in system.decoded(named).split("\n") if line)
    return {**{head: head for head in git.heads()}, **{name: each for each, name in words}}


def check_revisions(revisions: Sequence[str]) -> None:
    """Raise UsageError where there are none, or one is an option of Git that is not in `FORMS`."""
    for each in revisions or [""]:
        if not each or (each.startswith("-") and not _is_form(each)):
            raise UsageError(
                f"{each!r} is not a revision." if each else "There is no revision to read.",
                remedy=f"Name revisions such as `main..HEAD`, or {', '.join(FORMS)}.",
            )


def _is_form(option: str) -> bool:
    return option in FORMS or option.startswith("--remotes=")


def with_heads(git: Git, revisions: Sequence[str]) -> list[str]:
    """Return revisions for a Git with no head of its own: `--all` means what is checked out too."""
    heads = git.heads() if "--all" in revisions else []
    return [word for each in revisions for word in (each, *(heads if each == "--all" else ()))]


def lines(revisions: Iterable[str]) -> bytes:
    """Return revisions as Git takes them on standard input."""
    return "".join(f"{revision}\n" for revision in revisions).encode()


def existing(git: Git, objects: Iterable[str]) -> frozenset[str]:
    """Return those of the objects that are here."""
    asked = lines(dict.fromkeys(objects))
    found = git.run("cat-file", "--batch-check=%(objectname)", "--buffer", stdin=asked)
    return frozenset(line for line in found.decode().splitlines() if " " not in line)


# Little enough that all readers end at about the same time.
PART_BYTES = 24 << 20
# So many objects are held at a time, which takes 75 MB.
_AT_A_TIME = 250_000
_LIST = (
    "cat-file",
    "--batch-all-objects",
    "--unordered",
    "--buffer",
    "--batch-check=%(objectname) %(deltabase) %(objecttype) %(objectsize)",
)
# How Git lists an object of which it cannot read even the type; a reader breaks off at it.
_UNREADABLE, _UNREADABLE_SIZED = b" missing\n", b" - missing 0\n"
_TREE = b"tree"


def list_parts(git: Git, folder: Path) -> Iterator[tuple[Path, int, int]]:
    """Write the lists of all blobs, commits and tags to files in `folder`.

    Yields each file with the number of its objects and of their bytes. Raises UsageError where Git
    breaks off.
    """
    numbers = count()
    for members in _families(_blocks(git)):
        names, sizes = members[::2], array("Q", map(int, members[1::2]))
        cuts = [0, *_cuts(sizes)]
        # All are written before the first is taken, so that it can be taken together with others.
        parts = [
            (folder / f"part-{next(numbers)}", names[begin:end], sizes[begin:end])
            for begin, end in pairwise(cuts)
        ]
        for path, some, their_sizes in parts:
            write_list(str(path), b"\n".join((*some, b"")), their_sizes)
        yield from ((path, len(some), sum(some)) for path, _, some in parts)


def name_at(part: Path, index: int) -> str:
    """Return the object id that stands at an index of a list."""
    with part.open("rb") as file:
        width = len(file.readline())
        file.seek(index * width)
        return file.readline().decode().rstrip("\n")


def _cuts(sizes: array[int]) -> Iterator[int]:
    """Yield the index behind each part."""
    ends = array("Q", accumulate(sizes))
    cut = 0
    while cut < len(sizes):
        before = ends[cut - 1] if cut else 0
        cut = min(bisect_left(ends, before + PART_BYTES) + 1, len(sizes))
        yield cut


def _families(blocks: Iterable[list[bytes]]) -> Iterator[list[bytes]]:
    """Yield ids and sizes in turn, of many objects at a time: families, in each the base first."""
    families: dict[bytes, list[bytes]] = {}
    eldest: list[list[bytes]] = []
    for words in blocks:
        for name, base, kind, size in zip(*(words[each::4] for each in range(4)), strict=True):
            if kind != _TREE:
                family = families.get(base)
                if family is None:
                    family = []
                    eldest.append(family)
                families[name] = family
                family += name, size
        if len(families) >= _AT_A_TIME:
            yield list(chain.from_iterable(eldest))
            families, eldest = {}, []
    yield list(chain.from_iterable(eldest))


def _blocks(git: Git) -> Iterator[list[bytes]]:
    """Yield the words of the listing, four for each object."""
    for lines in git.listed(*_LIST):
        yield lines.replace(_UNREADABLE, _UNREADABLE_SIZED).split()
