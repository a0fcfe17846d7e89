"""Scan one file and whatever it contains."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from bedrock_key_guard.scan.containers.gaps import Gaps
from bedrock_key_guard.scan.containers.limits import Budget, Limits, Unreadable
from bedrock_key_guard.scan.containers.streams import Cursor, Stream
from bedrock_key_guard.scan.content import Content, Readable
from bedrock_key_guard.scan.magic import HEAD, container_kind

if TYPE_CHECKING:
    from bedrock_key_guard.model import Finding, Location, NotScanned
    from bedrock_key_guard.scan.allowlist import AllowList
    from bedrock_key_guard.scan.containers.members import Member

LIMITS = Limits()
_INNER_WINDOW = 1 << 20
_TEXT = "text"


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
    """
    outer = _Counted(file)
    head = outer.read(HEAD)
    while len(head) < HEAD and (more := outer.read(HEAD - len(head))):
        head += more
    kind = container_kind(head)
    if not kind:
        content = Content(at, allow)
        return Reading(tuple(content.findings(_After(head, outer))), (), outer.size)
    walk = _Walk(allow, Budget(limits, _size(file)))
    outer.budget = walk.budget
    walk.container(kind, _After(head, outer), at, _random_access(file))
    return Reading(tuple(walk.findings), walk.gaps.listed(at.path), outer.size)


class _Counted:
    """Count what is read of the outer file."""

    def __init__(self, file: Readable) -> None:
        self.size = 0
        self.budget: Budget | None = None
        self._file = file

    def read(self, size: int, /) -> bytes:
        block = self._file.read(size) or b""
        self.size += len(block)
        if self.budget is not None:
            self.budget.read(self.size)
        return block


class _After:
    """Give back what was read to know what it is, and then go on."""

    def __init__(self, head: bytes, source: Readable) -> None:
        self._head = head
        self._source = source

    def read(self, size: int, /) -> bytes:
        if not self._head:
            return self._source.read(size)
        # Alone, for the source may end in an error.
        piece, self._head = self._head[:size], self._head[size:]
        return piece


class _Tee:
    """Let bytes through to a reader of containers, and scan them as they are."""

    def __init__(self, source: Readable, content: Content) -> None:
        self.findings: list[Finding] = []
        self._source = source
        self._content = content
        self._waiting: list[bytes] = []
        self._size = 0
        self._ended = False

    def read(self, size: int, /) -> bytes:
        if self._ended:
            return b""
        block = self._source.read(size)
        self._ended = not block
        self._waiting.append(block)
        self._size += len(block)
        if self._size >= _INNER_WINDOW or self._ended:
            self._scan()
        return block

    def finish(self) -> None:
        """Read what nobody asked for. Raises Unreadable where the source does."""
        try:
            while self.read(_INNER_WINDOW):
                pass
        finally:
            self._scan()
            self.findings += self._content.finish()

    def _scan(self) -> None:
        self.findings += self._content.feed(b"".join(self._waiting))
        self._waiting, self._size = [], 0


class _Walk:
    """Go through the containers in one file, and collect what is found."""

    def __init__(self, allow: AllowList, budget: Budget) -> None:
        self.findings: list[Finding] = []
        self.gaps = Gaps()
        self.budget = budget
        self._allow = allow
        self._stopped = False

    def container(
        self, kind: str, source: Readable, at: Location, file: IO[bytes] | None = None
    ) -> None:
        """Scan a container as it is, and its members; a member's place is the better one."""
        begin = len(self.findings)
        tee = _Tee(source, Content(at, self._allow))
        self._members(kind, Cursor(tee, file), at)
        self._finish(tee, at)
        self._add(tee.findings, self.findings[begin:])

    def _members(self, kind: str, cursor: Cursor, at: Location) -> None:
        from bedrock_key_guard.scan.containers.kinds import READERS, UNSURE
        from bedrock_key_guard.scan.containers.members import Gap

        if kind not in READERS:
            self.gaps.add(at.containers, "opaque", f"files of the kind {kind} cannot be read")
            return
        try:
            for member in READERS[kind](cursor, self.budget):
                inside = _inside(at, kind, member.name)
                if isinstance(member, Gap):
                    self.gaps.add(inside.containers, member.kind, member.reason)
                else:
                    self._member(member, inside, unsure=kind in UNSURE)
                self.budget.member()
        except Unreadable as gap:
            self._gap(at, gap)

    def _member(self, member: Member, at: Location, *, unsure: bool) -> None:
        source = Stream(member.blocks)
        try:
            head = source.read(HEAD)
        except Unreadable as gap:
            if not unsure or gap.kind == "missing":
                self._gap(at, gap)
            return
        kind = container_kind(head)
        if kind and len(at.containers) >= self.budget.limits.depth:
            self._gap(at, _too_deep(self.budget.limits))
        elif kind:
            self.container(kind, _After(head, source), at)
            return
        self._plain(member, _After(head, source), at)

    def _plain(self, member: Member, source: Readable, at: Location) -> None:
        tee = _Tee(source, Content(at, self._allow))
        begin = len(self.findings)
        if member.text is None:
            self._finish(tee, at)
            self.findings += tee.findings
            return
        inside = replace(at, containers=(*at.containers, _TEXT))
        text = _Tee(Stream(member.text(Cursor(tee))), Content(inside, self._allow))
        self._finish(text, at)
        self._finish(tee, at)
        self.findings += tee.findings
        self._add(text.findings, self.findings[begin:])

    def _finish(self, tee: _Tee, at: Location) -> None:
        try:
            tee.finish()
        except Unreadable as gap:
            self._gap(at, gap)

    def _add(self, findings: list[Finding], better: list[Finding]) -> None:
        """Add findings, but not what is known from a better place, whole or in pieces."""
        known = {finding.key.fingerprint for finding in better}
        whole = any(finding.confidence == "exact" for finding in better)
        self.findings += [
            finding
            for finding in findings
            if finding.key.fingerprint not in known
            and not (whole and finding.confidence == "malformed")
        ]

    def _gap(self, at: Location, gap: Unreadable) -> None:
        """List a gap; when the budget is spent, only where that was noticed first."""
        if self._stopped:
            return
        self._stopped = self.budget.exhausted
        self.gaps.add(at.containers, gap.kind, gap.reason)


def _inside(at: Location, kind: str, name: str) -> Location:
    return replace(at, containers=(*at.containers, f"{kind}:{name}" if name else kind))


def _too_deep(limits: Limits) -> Unreadable:
    return Unreadable(f"it is more than {limits.depth} containers deep", "missing")


def _random_access(file: Readable) -> IO[bytes] | None:
    """Return the file itself, where it is one that can be read out of order."""
    is_file = isinstance(file, (io.RawIOBase, io.BufferedIOBase)) and file.seekable()
    return file if is_file else None  # type: ignore[return-value]


def _size(file: Readable) -> int:
    found = _random_access(file)
    if found is None:
        return 0
    here = found.tell()
    size = found.seek(0, io.SEEK_END)
    found.seek(here)
    return size
