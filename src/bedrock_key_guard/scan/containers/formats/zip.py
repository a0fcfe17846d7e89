"""Read zip archives: docx, xlsx, pptx, odt, jar, whl and apk are such.

The layout is PKWARE's APPNOTE.TXT. What the central directory lists is read as that says, whatever
stands before it; what the directory hides is read as well. Where a header contradicts the
directory, a member is read as either says, and counts as unopened: tools differ on it.
"""

from __future__ import annotations

from typing import IO

from bedrock_key_guard.scan.containers.cursor import Cursor
from bedrock_key_guard.scan.containers.formats.zip_directory import (
    ENCRYPTED,
    IN_ZIP64,
    LOCAL,
    MOST_LISTED,
    STORED,
    Entry,
    entries_in,
)
from bedrock_key_guard.scan.containers.formats.zip_headers import HEADER, Headers, in_order
from bedrock_key_guard.scan.containers.formats.zip_members import opened
from bedrock_key_guard.scan.containers.members import Ending, Gap, Members, Section
from bedrock_key_guard.scan.limits import SPENT, Budget, Unreadable
from bedrock_key_guard.scan.prefilter.signatures import TAIL

CONTRADICTS = "its header and the directory of the zip contradict each other"
CONTRADICTING = "its members and its directory contradict each other"
ABSENT = "the directory of the zip lists it where no member is"


def members(cursor: Cursor, budget: Budget) -> Members:
    """Yield the members of an archive; whatever lies between them is passed over."""
    start = cursor.up_to(len(LOCAL))
    cursor.unread(start)
    headers = Headers()
    with cursor.held(budget) as file:
        if file is None:
            yield from _as_it_comes(cursor, headers, budget)
        elif listed := entries_in(file, budget):
            yield from _listed(cursor, file, listed, budget)
            if len(listed) > MOST_LISTED:
                raise Unreadable(SPENT, "missing")
            return
        else:
            yield from in_order(cursor, budget, headers)
    # Where it only seemed that a zip comes behind something else, nothing was left out.
    if not headers.count and start.startswith(b"PK"):
        raise Unreadable("it has no members that can be read")


def _listed(
    cursor: Cursor, file: IO[bytes], listed: list[tuple[int, Entry]], budget: Budget
) -> Members:
    """Yield what the directory lists, and between that, what it does not."""
    for place, entry in listed:
        before = place - cursor.position
        if before > 0:
            yield from in_order(cursor.part(before), budget)
            cursor.pass_over(place - cursor.position)
        # Members may share their bytes; whoever comes second reads them out of order.
        here = cursor if before >= 0 else Cursor(Section(file, place, budget))
        head = Section(file, place).read(HEADER.size)
        if len(head) < HEADER.size or not head.startswith(LOCAL):
            yield Gap(entry.name, ABSENT)
            continue
        _, _, flags, method, *_, packed, _, name_size, extra_size = HEADER.unpack(head)
        here.pass_over(HEADER.size + name_size + extra_size)
        yield from opened(here, entry, budget)
        if _contradicts(entry, method, packed, encrypted=bool(flags & ENCRYPTED)):
            yield Gap(entry.name, CONTRADICTS)
            yield from in_order(Cursor(Section(file, place, budget)), budget, most=1)
    yield from in_order(cursor, budget)


def _contradicts(entry: Entry, method: int, packed: int, *, encrypted: bool) -> bool:
    """Return whether a header says anything else; only what is stored has its end from its size."""
    if (method, encrypted) != (entry.method, entry.encrypted):
        return True
    return method == STORED and packed not in (0, IN_ZIP64, entry.size)


def _as_it_comes(cursor: Cursor, headers: Headers, budget: Budget) -> Members:
    """Yield members from front to back. Raises Unreadable where a directory differs at the end."""
    ending = Ending(cursor, TAIL)
    yield from in_order(Cursor(ending, claim=cursor.claim), budget, headers)
    if headers.contradict(ending):
        raise Unreadable(CONTRADICTING)
