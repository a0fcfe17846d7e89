"""List the objects of a repository in the order of its packs, cut into parts of work.

Git's delta cache makes that order the cheapest to read. A list is a text file, one line an object:
`<object id> <type> <size>`. It is the input of `git cat-file`, and at a hit it tells which object
stands at an offset of the output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bedrock_key_guard.scan.repository import Git

# Little enough that all readers end at about the same time.
PART_BYTES = 24 << 20
_BLOCK = 1 << 16
_LIST = (
    "cat-file",
    "--batch-all-objects",
    "--unordered",
    "--buffer",
    "--batch-check=%(objectname) %(objecttype) %(objectsize)",
)
# How Git lists an object of which it cannot read even the type; a reader breaks off at it.
_UNREADABLE, _UNREADABLE_SIZED = b" missing\n", b" missing 0\n"


def list_parts(git: Git, folder: Path) -> Iterator[tuple[Path, int, int]]:
    """Write the lists of all blobs, commits and tags to files in `folder`, as they are known.

    Yields each file with the number of its objects and of their bytes. Raises UsageError where Git
    breaks off.
    """
    part, lines, objects, size = 0, list[bytes](), 0, 0
    for block in _blocks(git):
        lines += block
        objects += len(block)
        size += sum(int(line[line.rindex(b" ") :]) for line in block)
        if size >= PART_BYTES:
            yield _write(folder / f"part-{part}", lines), objects, size
            part, lines, objects, size = part + 1, [], 0, 0
    if objects:
        yield _write(folder / f"part-{part}", lines), objects, size


def _blocks(git: Git) -> Iterator[list[bytes]]:
    """Yield whole lines of the listing, without those of trees: names are no content."""
    with git.start(*_LIST) as process:
        rest = b""
        while block := process.stdout.read(_BLOCK):  # type: ignore[union-attr]
            whole, newline, rest = (rest + block).rpartition(b"\n")
            lines = (
                (whole + newline).replace(_UNREADABLE, _UNREADABLE_SIZED).splitlines(keepends=True)
            )
            yield [line for line in lines if b" tree " not in line]
    if process.returncode:
        raise UsageError(
            f"Git could not list the objects of {str(git.repository.work_tree)!r}.",
            remedy="Check that it is a sound repository, for example with `git fsck`.",
        )


def _write(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"".join(lines))
    return path
