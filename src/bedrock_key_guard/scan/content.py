"""Scan one file's content, whatever its size, in windows that overlap."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from bedrock_key_guard.model import Finding, Location
from bedrock_key_guard.scan.anchors import any_anchor
from bedrock_key_guard.scan.lines import LONGEST_LINE, Lines
from bedrock_key_guard.scan.matcher import LONGEST, UTF_16_BE, UTF_16_LE, Match, matches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.scan.allowlist import AllowList

WINDOW = 8 << 20


class Readable(Protocol):
    """Give bytes, at most `size` at a time, and none at the end."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        ...


class Content:
    """Yield the findings of one file and count the bytes that were read."""

    def __init__(self, at: Location, allow: AllowList, *, window: int = WINDOW) -> None:
        """Scan for keys at `at`, of which line, column and encodings are filled in."""
        self.bytes_read = 0
        self._at = at
        self._allow = allow
        self._window = window
        self._lines: dict[str, Lines] = {}

    def findings(self, file: Readable) -> Iterator[Finding]:
        """Read `file` to its end. Raises whatever its `read` raises."""
        base, window, settled = 0, b"", 0
        while block := file.read(self._window):
            self.bytes_read += len(block)
            window += block
            # Even, so that no UTF-16 newline is cut in two.
            ready = max(base + len(window) - LONGEST, settled) & ~1
            yield from self._in_window(window, base, settled, ready)
            for encoding in ("", UTF_16_LE, UTF_16_BE):
                self._count(encoding).advance(window, base, ready)
            settled = ready
            cut = max(settled - base - LONGEST_LINE, 0)
            base, window = base + cut, window[cut:]
        yield from self._in_window(window, base, settled, base + len(window))

    def _in_window(self, window: bytes, base: int, begin: int, end: int) -> Iterator[Finding]:
        """Yield the keys in `window`, at `base` of the file, that start from `begin` to `end`."""
        if any_anchor(window):
            for match in matches(window, base):
                if begin <= base + match.offset < end:
                    yield self._finding(match, window, base)

    def _count(self, encoding: str) -> Lines:
        return self._lines.setdefault(encoding, Lines(encoding))

    def _finding(self, match: Match, window: bytes, base: int) -> Finding:
        place = self._count(match.encoding).place(window, base, base + match.offset)
        location = replace(
            self._at,
            line=place.line,
            column=place.column,
            encodings=(match.encoding,) if match.encoding else (),
        )
        allowed = self._allow.reason(self._at.path, match.key, place.text)
        return Finding(match.key, match.confidence, location, allowed)
