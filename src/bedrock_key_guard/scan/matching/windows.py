"""Scan one file's content, whatever its size, in windows that overlap, and count its lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bedrock_key_guard.model.findings import Finding
from bedrock_key_guard.model.origins import Location, Span
from bedrock_key_guard.scan.matching.matcher import LONGEST, Match
from bedrock_key_guard.scan.prefilter import may_hold_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bedrock_key_guard.model.origins import Origin
    from bedrock_key_guard.scan.limits import Budget

    Matches = Callable[[bytes, int, Budget, int], list[Match]]

WINDOW = 8 << 20
_LEAST = 1 << 20


class Readable(Protocol):
    """Give bytes, at most `size` at a time, and none at the end."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        ...


class Content:
    """Yield the findings of one file and count the bytes that were read."""

    def __init__(
        self, origin: Origin, budget: Budget, matches: Matches, *, window: int = WINDOW
    ) -> None:
        """Scan what comes from `origin` for keys, which `matches` finds in a window."""
        self.bytes_read = 0
        self._origin = origin
        self._budget = budget
        self._matches = matches
        self._window = window
        self._least = min(window, _LEAST)
        self._lines: dict[str, Lines] = {}
        self._held = b""
        self._base = self._settled = 0

    def findings(self, file: Readable) -> Iterator[Finding]:
        """Read `file` to its end. Raises whatever its `read` raises."""
        while block := file.read(self._window):
            yield from self.feed(block)
        yield from self.finish()

    def feed(self, block: bytes) -> Iterator[Finding]:
        """Take the next bytes, and yield the findings that are settled by them."""
        self.bytes_read += len(block)
        self._held += block
        # Less is looked at together with what comes, since windows overlap by more than most files.
        if self._base + len(self._held) - self._settled < self._least:
            return
        # A multiple of four, so that no newline of UTF-16 or UTF-32 is cut in two.
        ready = max(self._base + len(self._held) - LONGEST, self._settled) & ~3
        cut = max(ready - self._base - LONGEST_LINE, 0)
        yield from self._in_window(self._held, self._base, self._settled, ready, cut)
        for encoding in WIDTHS:
            self._count(encoding).advance(self._held, self._base, ready)
        self._settled = ready
        self._base, self._held = self._base + cut, self._held[cut:]

    def finish(self) -> Iterator[Finding]:
        """Yield the findings in what is left."""
        end = self._base + len(self._held)
        yield from self._in_window(self._held, self._base, self._settled, end)

    def _in_window(
        self, window: bytes, base: int, begin: int, end: int, cut: int = 0
    ) -> Iterator[Finding]:
        """Yield the keys in `window`, at `base` of the file, that start from `begin` to `end`.

        The next window begins at its `cut`.
        """
        if begin < end and may_hold_key(window):
            for match in self._matches(window, base, self._budget, cut):
                if begin <= base + match.offset < end:
                    yield self._finding(match, window, base)

    def _count(self, encoding: str) -> Lines:
        return self._lines.setdefault(encoding, Lines(encoding))

    def _finding(self, match: Match, window: bytes, base: int) -> Finding:
        counted = next((each for each in match.encodings[:1] if each in WIDTHS), "")
        place = self._count(counted).place(window, base, base + match.offset)
        location = Location(self._origin, Span(place.line, place.column, match.encodings))
        return Finding(match.key, match.confidence, location, place.pragma)


# The pragmas of Yelp/detect-secrets (filters/allowlist.py), the first in whatever comment it is.
# The second is for the line below its own, on which nothing but the comment stands. Lines are
# lowered before, for a search in any case takes several times as long.
_PRAGMA = re.compile(rb"pragma: ?(?:white|allow)list[ -]secret")
_NEXT_LINE = re.compile(
    rb"[ \t]*(?:#|//|/\*|'|--|<!--[# \t]*) *pragma: ?allowlist[ -]nextline[ -]secret"
)


def pragma_on(line: bytes, before: bytes = b"") -> str | None:
    """Return the pragma for a line, or None; characters may have any width.

    It stands on the line itself, or on the line `before` it.
    """
    if _PRAGMA.search(line.replace(b"\0", b"").lower()):
        return "pragma: allowlist secret"
    if _NEXT_LINE.match(before.replace(b"\0", b"").lower()):
        return "pragma: allowlist nextline secret"
    return None


# How many bytes a character takes in the encodings whose lines are counted.
WIDTHS = {"": 1, "utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
# A window reaches at least so far back from any key in it; in a longer line, bytes are counted.
LONGEST_LINE = 1 << 16
_CONTEXT = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """Hold a line and a column, from 1, and the pragma for that line."""

    line: int
    column: int
    pragma: str | None


class Lines:
    """Count the lines of one encoding through the windows of a file, forwards only."""

    def __init__(self, encoding: str) -> None:
        """Begin at line 1, offset 0."""
        self._width = WIDTHS[encoding]
        self._newline = "\n".encode(encoding or "utf-8")
        self._bom = "\ufeff".encode(encoding or "utf-8")
        self._line = 1
        self._line_start = 0
        self._seen = 0
        # Which line was looked at in which window, and the pragma that is for it.
        self._looked = (0, 0, 0)
        self._pragma: str | None = None

    def advance(self, window: bytes, base: int, offset: int) -> None:
        """Count the newlines up to `offset` of the file, of which `window` begins at `base`."""
        begin, end = self._seen - base, offset - base
        # Text without NUL has no wide newlines, zeros have none at all, and both are seen to be so
        # much sooner than by counting.
        has_all = all(window.find(byte, begin, end) >= 0 for byte in set(self._newline))
        count = window.count(self._newline, begin, end) if has_all else 0
        if count:
            self._line += count
            last = window.rfind(self._newline, begin, end)
            self._line_start = base + last + len(self._newline)
        self._seen = offset

    def place(self, window: bytes, base: int, offset: int) -> Place:
        """Return where `offset` of the file is; offsets never go backwards.

        A line of a million findings is looked at once.
        """
        self.advance(window, base, offset)
        start, at = max(self._line_start - base, 0), offset - base
        column = self._column(window, start, at, offset - self._line_start)
        looked = (self._line, base, len(window))
        if looked != self._looked:
            self._looked, self._pragma = looked, self._pragma_at(window, start)
        return Place(self._line, column, self._pragma)

    def _pragma_at(self, window: bytes, start: int) -> str | None:
        """Return the pragma for the line that starts there, as far as the window has it."""
        stop = window.find(self._newline, start)
        line = window[start:stop] if stop >= 0 else window[start:]
        end = max(start - len(self._newline), 0)
        _, newline, before = window[max(end - _CONTEXT, 0) : end].rpartition(self._newline)
        # A line that is longer is no mere comment on the one below it.
        whole = newline or end <= _CONTEXT
        return pragma_on(line, before.removeprefix(self._bom) if whole else b"")

    def _column(self, window: bytes, start: int, at: int, length: int) -> int:
        if length > LONGEST_LINE:
            return length // self._width + 1
        before = window[start:at]
        text = before.removeprefix(self._bom) if self._line == 1 else before
        return (_characters(text) if self._width == 1 else len(text) // self._width) + 1


def _characters(text: bytes) -> int:
    """Count characters where the text is UTF-8, bytes where it is not."""
    try:
        return len(text.decode())
    except UnicodeDecodeError:
        return len(text)
