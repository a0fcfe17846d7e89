"""Go through the containers in a file, and through those in them."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

from bedrock_key_guard.model.origins import Member
from bedrock_key_guard.scan.containers.between_members import WINDOW, BetweenMembers
from bedrock_key_guard.scan.containers.cursor import Cursor
from bedrock_key_guard.scan.containers.formats import embedded
from bedrock_key_guard.scan.containers.kinds import READERS, UNSURE
from bedrock_key_guard.scan.containers.members import (
    UNREAD_END,
    After,
    Ending,
    Gap,
    Gaps,
    Stream,
)
from bedrock_key_guard.scan.limits import STEP, Unreadable
from bedrock_key_guard.scan.matching.windows import Content, Readable
from bedrock_key_guard.scan.prefilter import may_hold_key
from bedrock_key_guard.scan.prefilter.signatures import (
    ENCRYPTED,
    POINTER,
    TAIL,
    holds_stream,
    kind_at_end,
    kinds_of,
)

if TYPE_CHECKING:
    from bedrock_key_guard.model.findings import Finding
    from bedrock_key_guard.model.origins import Origin
    from bedrock_key_guard.scan.containers.members import Members, OpenedMember
    from bedrock_key_guard.scan.limits import Budget, Limits
    from bedrock_key_guard.scan.matching.windows import Matches

_TEXT = "text"


class _Tee:
    """Let bytes through to whoever makes text of them, and scan them as they are."""

    def __init__(self, source: Readable, content: Content) -> None:
        self.findings: list[Finding] = []
        self._source = source
        self._content = content

    def read(self, size: int, /) -> bytes:
        block = self._source.read(size)
        if block:
            self.findings += self._content.feed(block)
        return block

    def finish(self) -> None:
        """Read what nobody asked for. Raises Unreadable where the source does."""
        try:
            while self.read(WINDOW):
                pass
        finally:
            self.findings += self._content.finish()


class Walk:
    """Go through the containers in one file; add what is found, and what is not scanned."""

    def __init__(
        self, budget: Budget, findings: list[Finding], gaps: Gaps, matches: Matches
    ) -> None:
        self.findings = findings
        self.gaps = gaps
        self.budget = budget
        self.matches = matches

    def container(
        self, kind: str, source: Readable, origin: Origin, file: IO[bytes] | None = None
    ) -> None:
        """Scan a container's members, and what is in none of them."""
        begin = len(self.findings)
        between = BetweenMembers(source, lambda: self._content(origin))
        try:
            with self.budget.bound():
                self._members(kind, Cursor(between, file, between.claim), origin)
            self._finish(between, origin)
        finally:
            self._add(between.findings, self.findings[begin:])

    def plain(self, source: Readable, origin: Origin) -> None:
        """Scan a file that is no container, and the streams that stand anywhere in it."""
        self._with_streams(_Tee(source, self._content(origin)), origin)

    def decoded(self, data: bytes, kind: str, origin: Origin) -> None:
        """Scan what was decoded as a file is: what kind it is, its first bytes say, or others."""
        kinds = [kind] if kind else kinds_of(data, data[-TAIL:], len(data))
        for each in kinds:
            self.container(each, io.BytesIO(data), origin, io.BytesIO(data))
        if not kinds:
            streams = embedded.members_of_decoded(Cursor(io.BytesIO(data)), self.budget)
            self._each("", streams, origin)

    def also(self, kind: str, source: Readable, file: IO[bytes] | None, origin: Origin) -> None:
        """Scan what was read as a container of one kind as one of another kind, too."""
        other = Walk(self.budget, [], self.gaps, self.matches)
        try:
            other.container(kind, source, origin, file)
        finally:
            self._add(other.findings, list(self.findings))

    def _content(self, origin: Origin) -> Content:
        return Content(origin, self.budget, self.matches)

    def _members(self, kind: str, cursor: Cursor, origin: Origin) -> None:
        if kind in READERS:
            self._each(kind, READERS[kind](cursor, self.budget), origin)
        elif kind in ENCRYPTED:
            self.gaps.add(origin, "encrypted", f"it is encrypted ({kind})")
        else:
            self.gaps.add(origin, "unopened", f"files of the kind {kind} cannot be read")
        # What is behind a container, or what only begins as one, may hold streams as any file may.
        # A reader that broke off has given back what it read: that is not to be read as the same.
        if not cursor.position:
            cursor.pass_over(1)
        self._each("", self._streams(cursor, origin), origin)

    def _streams(self, cursor: Cursor, origin: Origin) -> Members:
        """Return the streams anywhere in a file; what is too deep to be opened has to be one."""
        return embedded.members(cursor, self.budget, whole=self._is_deepest(origin))

    def _is_deepest(self, origin: Origin) -> bool:
        return len(origin.containers) >= self.budget.limits.depth

    def _each(self, kind: str, members: Members, origin: Origin) -> None:
        """Scan members; streams that stand anywhere are of no one kind."""
        try:
            for member in members:
                if not kind and self._is_deepest(origin):
                    raise _too_deep(self.budget.limits)
                inner = Member(origin, ":".join(filter(None, (kind, member.name))))
                if isinstance(member, Gap):
                    self.gaps.add(inner, member.kind, member.reason)
                else:
                    self._member(member, inner, unsure=kind in UNSURE)
                self.budget.spend(STEP)
        except Unreadable as gap:
            self._gap(origin, gap)

    def _member(self, member: OpenedMember, origin: Member, *, unsure: bool) -> None:
        source = Stream(member.blocks)
        try:
            start = source.read(WINDOW)
        except Unreadable as gap:
            if not unsure or gap.kind == "missing":
                self._gap(origin, gap)
            return
        whole = len(start) < WINDOW
        kinds = kinds_of(start, start[-TAIL:] if whole else b"", len(start))
        # What only seems to be a stream, and is too deep to be read as one, may hold one.
        chance = UNSURE if self._is_deepest(origin) else frozenset()
        kinds = [kind for kind in kinds if kind != POINTER and kind not in chance]
        if kinds and self._is_deepest(origin):
            self._gap(origin, _too_deep(self.budget.limits))
        elif kinds:
            self.container(kinds[0], After(start, source), origin)
            if kinds[1:]:
                self.also(kinds[1], io.BytesIO(start), io.BytesIO(start), origin)
            return
        if not whole or self._may_hold_key(member, start):
            ending = Ending(After(start, source), TAIL)
            self._plain(member, ending, origin, with_streams=not kinds)
            if not whole and (at_end := kind_at_end(ending.last, ending.size)):
                self.gaps.add(origin, "unopened", UNREAD_END[at_end])
        else:
            self._end(source, origin)

    def _may_hold_key(self, member: OpenedMember, data: bytes) -> bool:
        """Return whether a member that is but `data` is worth more than one look."""
        if may_hold_key(data) or holds_stream(data):
            return True
        return member.text is not None and may_hold_key(
            b"".join(member.text(Cursor(io.BytesIO(data)), self.budget))
        )

    def _plain(
        self, member: OpenedMember, source: Readable, origin: Origin, *, with_streams: bool
    ) -> None:
        tee = _Tee(source, self._content(origin))
        begin = len(self.findings)
        if member.text is None:
            if with_streams:
                self._with_streams(tee, origin)
            else:
                self._keep(tee, origin)
            return
        inside = self._content(Member(origin, _TEXT))
        text = _Tee(Stream(member.text(Cursor(tee), self.budget)), inside)
        try:
            self._finish(text, origin)
            self._keep(tee, origin)
        finally:
            self._add(text.findings, self.findings[begin:])

    def _with_streams(self, tee: _Tee, origin: Origin) -> None:
        """Scan content of no kind as it is, and what is compressed anywhere in it."""
        begin = len(self.findings)
        try:
            self._each("", self._streams(Cursor(tee), origin), origin)
            self._finish(tee, origin)
        finally:
            inside, self.findings[begin:] = self.findings[begin:], tee.findings
            self._add(inside, tee.findings)

    def _keep(self, tee: _Tee, origin: Origin) -> None:
        """Read a member to its end, and keep what was found in it by then."""
        try:
            self._finish(tee, origin)
        finally:
            self.findings += tee.findings

    def _finish(self, tee: _Tee | BetweenMembers, origin: Origin) -> None:
        try:
            tee.finish()
            self.budget.spend(0)
        except Unreadable as gap:
            self._gap(origin, gap)

    def _end(self, source: Stream, origin: Member) -> None:
        """List why a member that was read ended too early, if it did."""
        try:
            source.read(1)
        except Unreadable as gap:
            self._gap(origin, gap)

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

    def _gap(self, origin: Origin, gap: Unreadable) -> None:
        """List a gap; when the budget is spent, only that, and where it was noticed first."""
        if self.budget.stopped:
            self.gaps.stop(origin, self.budget.stopped)
        else:
            self.gaps.add(origin, gap.kind, gap.reason, gap.wants)


def _too_deep(limits: Limits) -> Unreadable:
    return Unreadable(f"it is more than {limits.depth} containers deep", "missing")
