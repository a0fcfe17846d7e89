"""Read what `git log` and `git diff-tree` print with `--raw -z` (git-diff(1), "Raw output format").

Imports nothing: the hook of a push asks at every push.
"""

from __future__ import annotations

# Nothing is imported for type checkers either: `typing` alone would double a start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = "%H %at%x01%an <%ae>%x01%cn <%ce>"
"""Make Git write who says to have written a commit and when, and who committed it: claims."""
RAW = (
    *("--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv"),
    f"--format=%x01{HEADER}",
)
OLDEST_FIRST = ("--reverse", "--topo-order")
ADDED = ("log", *RAW, *OLDEST_FIRST, "-c")
"""List what commits put where. With `-c` a merge is shown only where it differs from every parent:
what it added itself."""
SUBMODULE = b"160000"
_ABSENT = b"000000"


def raw_changes(output: bytes) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
    """Yield a commit with its time for each header, and mode, object and path for each change.

    The fields of the other kind are empty. A change begins with a colon for each parent, then a
    mode and an object id for each and for the commit itself ("diff format for merges"). What a
    commit took away is left out.
    """
    fields = iter(output.split(b"\0"))
    for field in fields:
        if field.startswith(b"\x01"):
            yield field[1:].strip(), b"", b"", b""
        elif field.lstrip(b"\n").startswith(b":"):
            parents, words = field.count(b":"), field.lstrip(b"\n:").split()
            mode, path = words[parents], next(fields)
            if mode != _ABSENT:
                yield b"", mode, words[2 * parents + 1], path
