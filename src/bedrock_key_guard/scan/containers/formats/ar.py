"""Read ar archives: Debian packages and static libraries are such.

The layout is that of ar(5) and deb(5); longer names stand in a member of their own (GNU, `//`), or
before the bytes (BSD, `#1/`). A thin archive (`!<thin>`) names files and holds none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers.members import Members, OpenedMember, name_of
from bedrock_key_guard.scan.limits import DAMAGED, Budget, Unreadable

if TYPE_CHECKING:
    from bedrock_key_guard.scan.containers.cursor import Cursor

_MAGIC, _THIN = b"!<arch>\n", b"!<thin>\n"
_HEADER = 60
_END = b"`\n"
_NAMES = b"//"
_SYMBOLS = (b"/", b"/SYM64/")
_LONGEST_NAMES = 1 << 20


def members(cursor: Cursor, _: Budget) -> Members:
    """Yield the files in an archive. Raises Unreadable where a header is damaged."""
    thin = cursor.exactly(len(_MAGIC)) == _THIN
    names = b""
    while len(header := cursor.up_to(_HEADER)) == _HEADER:
        digits = header[48:58].strip()
        if header[58:] != _END or not digits.isdigit():
            raise Unreadable(DAMAGED)
        size, name = int(digits), header[:16].rstrip()
        padding = size & 1
        if name == _NAMES:
            names = cursor.head(size, _LONGEST_NAMES)
        elif thin and name not in _SYMBOLS:
            padding = 0
        else:
            name, size = _name(cursor, name, names, size)
            yield OpenedMember(name_of(name), cursor.member(size))
        cursor.pass_over(padding)


def _name(cursor: Cursor, name: bytes, names: bytes, size: int) -> tuple[bytes, int]:
    """Return the whole name of a member, and how many bytes are left of it."""
    kind, _, digits = name.partition(b"/")
    if kind == b"#1" and digits.isdigit():
        long = cursor.up_to(min(int(digits), size))
        return long.rstrip(b"\0"), size - len(long)
    if not kind and digits.isdigit():
        return names[int(digits) :].partition(b"/\n")[0], size
    return name.removesuffix(b"/") or name, size
