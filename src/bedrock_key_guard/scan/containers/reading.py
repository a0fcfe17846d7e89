"""Scan one file and whatever it contains."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from bedrock_key_guard.scan.containers.gaps import Gaps
from bedrock_key_guard.scan.containers.limits import LIMITS, Budget, Limits
from bedrock_key_guard.scan.containers.streams import After
from bedrock_key_guard.scan.matching.windows import Content, Readable
from bedrock_key_guard.scan.prefilter.signatures import HEAD, container_kind

if TYPE_CHECKING:
    from bedrock_key_guard.model.findings import Finding, Location, NotScanned
    from bedrock_key_guard.scan.allowlist import AllowList

_START = 1 << 20


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold what was found in a file, what of it was not scanned, and the file's own size."""

    findings: tuple[Finding, ...]
    missed: tuple[NotScanned, ...]
    bytes_read: int


def read_file(file: Readable, at: Location, allow: AllowList, limits: Limits = LIMITS) -> Reading:
    """Scan `file` and what it contains; raises whatever its `read` raises.

    A finding in a container says so in `containers`, outermost first: `kind:member`, or `kind`
    where members have no names; line and column are those in the innermost member. `text` comes
    last where the key only stands in what people see of the member, line by line.

    What the file takes beyond its budget, or beyond the memory that there is, is one line of what
    was not scanned; what was found by then is kept.
    """
    budget = Budget(limits, _size(file))
    outer = _Counted(file, budget)
    start = outer.read(_START)
    while len(start) < HEAD and (more := outer.read(HEAD - len(start))):
        start += more
    kind = container_kind(start[:HEAD])
    findings: list[Finding] = []
    gaps = Gaps()
    with budget.bound():
        if kind:
            from bedrock_key_guard.scan.containers.extractor import Walk

            walk = Walk(allow, budget, findings, gaps)
            walk.container(kind, After(start, outer), at, _random_access(file))
        else:
            findings.extend(Content(at, allow, budget).findings(After(start, outer)))
    if budget.stopped:
        gaps.stop(at.containers, budget.stopped)
    return Reading(tuple(findings), gaps.listed(at.path), outer.size)


class _Counted:
    """Count what is read of the outer file."""

    def __init__(self, file: Readable, budget: Budget) -> None:
        self.size = 0
        self._budget = budget
        self._file = file

    def read(self, size: int, /) -> bytes:
        block = self._file.read(size) or b""
        self.size += len(block)
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
