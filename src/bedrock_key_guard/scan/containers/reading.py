"""Scan one file and whatever it contains."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from bedrock_key_guard.git.lfs import Pointer, pointer_in
from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.scan.containers.members import (
    TOO_FAR_IN,
    UNREAD_END,
    After,
    Ending,
    Gaps,
    Section,
)
from bedrock_key_guard.scan.limits import LIMITS, Budget, Limits
from bedrock_key_guard.scan.matching.windows import Content, Readable
from bedrock_key_guard.scan.prefilter.signatures import (
    HEAD,
    POINTER,
    TAIL,
    holds_stream,
    kind_at_end,
    kinds_of,
)

if TYPE_CHECKING:
    from bedrock_key_guard.model.findings import Finding
    from bedrock_key_guard.model.origins import Origin

_START = 1 << 20


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold what was found in a file, what of it was not scanned, and the file's own size.

    Where the file is but a pointer of Git LFS, that is all there is to say of it. `left` is what is
    left of its budget, where only its end told that it is a zip too: that was missed, and is read
    by whoever can open the file once more.
    """

    findings: tuple[Finding, ...] = ()
    missed: tuple[NotScanned, ...] = ()
    bytes_read: int = 0
    pointer: Pointer | None = None
    left: Budget | None = None


def read_file(file: Readable, origin: Origin, limits: Limits = LIMITS) -> Reading:
    """Scan `file` and what it contains; raises whatever its `read` raises.

    The origin of a finding in a container is the innermost member, where its line and column are.

    What the file takes beyond its budget, or beyond the memory that there is, is one line of what
    was not scanned; what was found by then is kept.
    """
    budget = Budget(limits, _size(file))
    outer = _Counted(file, budget)
    start = outer.read(_START)
    while len(start) < HEAD and (more := outer.read(HEAD - len(start))):
        start += more
    kinds = kinds_of(start, *_tail(start, file))
    if kinds == [POINTER]:
        if pointer := pointer_in(start):
            return Reading(bytes_read=outer.size, pointer=pointer)
        kinds = []
    findings: list[Finding] = []
    gaps = Gaps()
    with budget.bound():
        whole = After(start, outer)
        if not kinds and len(start) < _START and not holds_stream(start):
            findings.extend(Content(origin, budget, matches).findings(whole))
        else:
            from bedrock_key_guard.scan.containers.extractor import Walk

            walk = Walk(budget, findings, gaps, matches)
            if kinds:
                walk.container(kinds[0], whole, origin, _random_access(file))
            else:
                walk.plain(whole, origin)
            if kinds[1:]:
                walk.also(kinds[1], *_again(start, file), origin)
    _add_limits(gaps, origin, budget)
    at_end = kind_at_end(outer.last, outer.size)
    if at_end and at_end not in kinds:
        gaps.add(origin, "unopened", UNREAD_END[at_end])
    again = at_end == "zip" and at_end not in kinds
    return Reading(tuple(findings), gaps.listed(), outer.size, left=budget if again else None)


def read_as_zip(file: Readable, origin: Origin, before: Reading, budget: Budget) -> Reading:
    """Scan a file from its beginning as the zip that it ends as, and add to what was read before.

    That takes what the file may cost yet, and no more memory than the file took before.
    """
    from bedrock_key_guard.scan.containers.extractor import Walk

    findings, gaps = list(before.findings), Gaps()
    with budget.bound():
        Walk(budget, findings, gaps, matches).also("zip", file, None, origin)
    _add_limits(gaps, origin, budget)
    opened = NotScanned(origin.name, "unopened", TOO_FAR_IN)
    missed = [*(gap for gap in before.missed if gap != opened), *gaps.listed()]
    return replace(before, findings=tuple(findings), missed=tuple(dict.fromkeys(missed)), left=None)


def _add_limits(gaps: Gaps, origin: Origin, budget: Budget) -> None:
    """List which limits ended the reading of a file, or left out what was decoded in it."""
    if budget.stopped:
        gaps.stop(origin, budget.stopped)
    for reason in budget.left_out:
        if reason != budget.stopped:
            gaps.add(origin, "missing", reason)


def _tail(start: bytes, file: Readable) -> tuple[bytes, int]:
    """Return the last bytes of a file, as far as they are at hand, and its size."""
    if len(start) < _START:
        return start[-TAIL:], len(start)
    found = _random_access(file)
    size = _size(file) if found else 0
    return Section(found, max(size - TAIL, 0)).read(TAIL) if found and size else b"", size


def _again(start: bytes, file: Readable) -> tuple[Readable, IO[bytes]]:
    """Return a file from its beginning, and the same for reading out of order."""
    found = _random_access(file) if len(start) >= _START else None
    whole = found or io.BytesIO(start)
    whole.seek(0)
    return whole, whole


class _Counted(Ending):
    """Tell a budget how much is read of the outer file."""

    def __init__(self, file: Readable, budget: Budget) -> None:
        super().__init__(file, TAIL)
        self._budget = budget

    def read(self, size: int, /) -> bytes:
        block = super().read(size)
        self._budget.read(self.size)
        return block


def _random_access(file: Readable) -> IO[bytes] | None:
    """Return the file itself, where it is one that can be read out of order."""
    is_file = isinstance(file, (io.RawIOBase, io.BufferedIOBase)) and file.seekable()
    return file if is_file else None  # type: ignore[return-value]


def _size(file: Readable) -> int:
    """Return how large a file or an object is; 0 where only its end will tell."""
    found = _random_access(file)
    if found is None:
        return getattr(file, "size", 0)
    here = found.tell()
    try:
        size = found.seek(0, io.SEEK_END)
    except OSError:  # a file that can only be read, such as the kernel's own
        return 0
    found.seek(here)
    return size
