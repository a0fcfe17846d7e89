"""Scan what of a container stands in none of its members: names, comments, gaps, broken parts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.prefilter import may_hold_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bedrock_key_guard.model.findings import Finding
    from bedrock_key_guard.scan.matching.windows import Content, Readable

WINDOW = 1 << 20


class BetweenMembers:
    """Let the bytes of a container through to its reader, and scan those that no member claims.

    Between two members there is often but a header, so all that was left out of a window is looked
    at together first. Lines are those of the container, as far as they end in plain newlines.
    """

    def __init__(
        self,
        source: Readable,
        content: Callable[[], Content],
        *,
        window: int = WINDOW,
    ) -> None:
        """Begin at the beginning of `source`; each piece is scanned as a `content` of its own."""
        self.findings: list[Finding] = []
        self._source = source
        self._content = content
        self._window = window
        self._waiting: list[bytes] = []
        self._size = self._base = 0
        self._claimed: list[tuple[int, int]] = []
        self._open: _Piece | None = None
        self._line = self._line_start = 0
        self._ended = False

    def claim(self, begin: int, end: int) -> None:
        """Leave out what stands from `begin` to `end`: a member has it. Claims go forwards."""
        if self._claimed and begin <= self._claimed[-1][1]:
            begin = self._claimed.pop()[0]
        self._claimed.append((begin, end))

    def read(self, size: int, /) -> bytes:
        """Return the next bytes; by then, those before them have been claimed or never will be."""
        if self._ended:
            return b""
        block = self._source.read(size)
        self._ended = not block
        if self._size >= self._window:
            self._settle()
        self._waiting.append(block)
        self._size += len(block)
        return block

    def finish(self) -> None:
        """Scan what nobody asked for. Raises Unreadable where the source does."""
        try:
            while self.read(WINDOW):
                pass
        finally:
            self._settle()
            self._close()

    def _settle(self) -> None:
        """Scan what waits and was not claimed."""
        data, self._waiting, self._size = b"".join(self._waiting), [], 0
        pieces = self._left_out(len(data))
        if self._open is not None:
            begin, end = pieces[0] if pieces else (0, 0)
            if begin == 0 < end:
                self.findings += self._open.feed(data[begin:end])
                del pieces[0]
            if begin or end < len(data):
                self._close()
        goes_on = bool(pieces) and pieces[-1][1] == len(data) and not self._ended
        closed = pieces[:-1] if goes_on else pieces
        if may_hold_key(b"\n".join(data[begin:end] for begin, end in closed)):
            for begin, end in closed:
                self._open = self._piece(data, begin)
                self.findings += self._open.feed(data[begin:end])
                self._close()
        if goes_on:
            self._open = self._piece(data, pieces[-1][0])
            self.findings += self._open.feed(data[pieces[-1][0] :])
        self._pass(data)

    def _left_out(self, size: int) -> list[tuple[int, int]]:
        """Return what of the bytes that wait is in no claim, from where to where."""
        found, at = [], 0
        for begin, end in (*self._claimed, (self._base + size, 0)):
            if begin - self._base > at:
                found.append((at, begin - self._base))
            at = max(at, end - self._base)
        self._claimed.clear()
        return found

    def _pass(self, data: bytes) -> None:
        """Count the lines of what was settled."""
        self._line, self._line_start = self._place(data, len(data))
        self._base += len(data)

    def _place(self, data: bytes, end: int) -> tuple[int, int]:
        """Return how many lines end before `end` of what waits, and where the last of them does."""
        last = data.rfind(b"\n", 0, end)
        start = self._line_start if last < 0 else self._base + last + 1
        return self._line + data.count(b"\n", 0, end), start

    def _piece(self, data: bytes, begin: int) -> _Piece:
        line, start = self._place(data, begin)
        return _Piece(self._content(), line, self._base + begin - start)

    def _close(self) -> None:
        if self._open is not None:
            self.findings += self._open.finish()
            self._open = None


@dataclass(frozen=True, slots=True)
class _Piece:
    """Scan one piece, and count its lines and columns on from those before it."""

    content: Content
    lines: int
    columns: int

    def feed(self, block: bytes) -> Iterator[Finding]:
        return map(self._moved, self.content.feed(block))

    def finish(self) -> Iterator[Finding]:
        return map(self._moved, self.content.finish())

    def _moved(self, finding: Finding) -> Finding:
        span = finding.location.span
        column = span.column + (self.columns if span.line == 1 else 0)
        moved = replace(span, line=span.line + self.lines, column=column)
        return replace(finding, location=replace(finding.location, span=moved))
