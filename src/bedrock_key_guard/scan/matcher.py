"""Find keys in bytes: find a place, take what is around it, decode, accept only structure.

What surrounds a key never matters. Its body is base64 without `+` or `/`, so any punctuation ends
it; its padding follows from its length, so it may be kept, stripped or escaped; and where letters
follow directly, the parser knows where the key ends.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.keys import short_term
from bedrock_key_guard.keys.key import Key, MalformedKey
from bedrock_key_guard.scan.encodings.plain import keys_in
from bedrock_key_guard.scan.encodings.search import layers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model import Confidence
    from bedrock_key_guard.scan.encodings.blocks import Inflation

UTF_16_LE = "utf-16-le"
UTF_16_BE = "utf-16-be"
_WIDE = {UTF_16_LE, UTF_16_BE, "utf-32-le", "utf-32-be"}
# The longest stretch of bytes that one key can take: a short-term key in UTF-16.
LONGEST = 2 * (short_term.MAX_BODY + 64)


@dataclass(frozen=True, slots=True)
class Match:
    """Hold a key, the offset of its first byte and the end of its last.

    `encodings` says what had to be undone to read it, the outermost first; nothing for plain text.
    """

    offset: int
    end: int
    key: Key
    encodings: tuple[str, ...] = ()

    @property
    def confidence(self) -> Confidence:
        """Grade the match: `exact` where the whole key decoded."""
        return "malformed" if isinstance(self.key, MalformedKey) else "exact"


def matches(data: bytes, base: int = 0, inflation: Inflation | None = None) -> list[Match]:
    """Return the keys in `data`, by offset; `base` is the offset of `data` in its file.

    `inflation` bounds what was compressed and then encoded, and notes what that left out. A key
    that reaches beyond the end of `data` may come out malformed: overlap windows by `LONGEST`.
    """
    accepted = _Accepted()
    for match in sorted(_candidates(data, base, inflation), key=_preference):
        accepted.add(match)
    return sorted(accepted.matches, key=lambda match: match.offset)


def _candidates(data: bytes, base: int, inflation: Inflation | None) -> Iterator[Match]:
    for layer in layers(data, base, inflation):
        for begin, end, key, undone in keys_in(layer):
            encodings = layer.names(begin, end) + undone
            # What is malformed in decoded bytes is noise, or a key that is whole in another layer.
            if not isinstance(key, MalformedKey) or set(encodings) <= _WIDE:
                first, last = layer.span(begin, end)
                yield Match(first - base, last - base, key, encodings)


def _preference(match: Match) -> tuple[bool, int, int]:
    """Order matches: whole keys before malformed ones, long before short, plain before encoded."""
    return match.confidence != "exact", -len(match.key.secret), len(match.encodings)


class _Accepted:
    """Keep of all matches that overlap the first one of each key."""

    def __init__(self) -> None:
        self.matches: list[Match] = []
        self._offsets: list[int] = []
        self._widest = 0

    def add(self, match: Match) -> None:
        """Keep `match`, unless it reads the same key again, or less of one."""
        if any(self._is_covered(match, other) for other in self._overlapping(match)):
            return
        at = bisect_left(self._offsets, match.offset)
        self._offsets.insert(at, match.offset)
        self.matches.insert(at, match)
        self._widest = max(self._widest, match.end - match.offset)

    def _overlapping(self, match: Match) -> Iterator[Match]:
        first = bisect_left(self._offsets, match.offset - self._widest)
        last = bisect_left(self._offsets, match.end)
        return (other for other in self.matches[first:last] if other.end > match.offset)

    @staticmethod
    def _is_covered(match: Match, other: Match) -> bool:
        one, another = match.key.secret, other.key.secret
        return match.confidence != "exact" or one == another or one.begins(another)
