"""Scan one file's content, whatever its size, in windows that overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bedrock_key_guard.model.findings import Finding
from bedrock_key_guard.model.origins import Location, Span
from bedrock_key_guard.scan.matching.lines import LONGEST_LINE, WIDTHS, Lines, pragma_on
from bedrock_key_guard.scan.matching.matcher import LONGEST, Match, matches
from bedrock_key_guard.scan.prefilter import may_hold_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model.origins import Origin
    from bedrock_key_guard.scan.containers.limits import Budget

WINDOW = 8 << 20


class Readable(Protocol):
    """Give bytes, at most `size` at a time, and none at the end."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        ...


class Content:
    """Yield the findings of one file and count the bytes that were read."""

    def __init__(self, origin: Origin, budget: Budget, *, window: int = WINDOW) -> None:
        """Scan what comes from `origin` for keys."""
        self.bytes_read = 0
        self._origin = origin
        self._budget = budget
        self._window = window
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
        # A multiple of four, so that no newline of UTF-16 or UTF-32 is cut in two.
        ready = max(self._base + len(self._held) - LONGEST, self._settled) & ~3
        yield from self._in_window(self._held, self._base, self._settled, ready)
        for encoding in WIDTHS:
            self._count(encoding).advance(self._held, self._base, ready)
        self._settled = ready
        cut = max(ready - self._base - LONGEST_LINE, 0)
        self._base, self._held = self._base + cut, self._held[cut:]

    def finish(self) -> Iterator[Finding]:
        """Yield the findings in what is left."""
        end = self._base + len(self._held)
        yield from self._in_window(self._held, self._base, self._settled, end)

    def _in_window(self, window: bytes, base: int, begin: int, end: int) -> Iterator[Finding]:
        """Yield the keys in `window`, at `base` of the file, that start from `begin` to `end`."""
        if begin < end and may_hold_key(window):
            for match in matches(window, base, self._budget):
                if begin <= base + match.offset < end:
                    yield self._finding(match, window, base)

    def _count(self, encoding: str) -> Lines:
        return self._lines.setdefault(encoding, Lines(encoding))

    def _finding(self, match: Match, window: bytes, base: int) -> Finding:
        counted = next((each for each in match.encodings[:1] if each in WIDTHS), "")
        place = self._count(counted).place(window, base, base + match.offset)
        location = Location(self._origin, Span(place.line, place.column, match.encodings))
        return Finding(match.key, match.confidence, location, pragma_on(place.text))
