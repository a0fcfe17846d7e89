"""Find keys in bytes: find a literal, take a window, decode, accept only structure.

What surrounds a key never matters. Its body is base64 without `+` or `/`, so any punctuation ends
it; its padding follows from its length, so it may be kept, stripped or escaped; and where letters
follow directly, the parser knows where the key ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.keys import long_term, short_term
from bedrock_key_guard.keys.families import FAMILIES, Family
from bedrock_key_guard.keys.key import Key, MalformedKey

if TYPE_CHECKING:
    from bedrock_key_guard.model import Confidence

UTF_16_LE = "utf-16-le"
UTF_16_BE = "utf-16-be"

Parser = Callable[[Family, bytes], Key | None]
_PARSERS: dict[str, tuple[Parser, int]] = {
    "long-term": (long_term.parse, long_term.MAX_BODY),
    "short-term": (short_term.parse, short_term.MAX_BODY),
}
# The longest stretch of bytes that one key can take: a short-term key in UTF-16.
LONGEST = 2 * (short_term.MAX_BODY + 64)


@dataclass(frozen=True, slots=True)
class Match:
    """Hold a key and the offset of its first byte; `encoding` is empty for plain bytes."""

    offset: int
    key: Key
    encoding: str = ""

    @property
    def confidence(self) -> Confidence:
        """Grade the match: `exact` where the whole key decoded."""
        return "malformed" if isinstance(self.key, MalformedKey) else "exact"


def matches(data: bytes, base: int = 0) -> list[Match]:
    """Return the keys in `data`, by offset; `base` is the offset of `data` in its file.

    A key that reaches beyond the end of `data` may come out malformed: overlap windows by
    `LONGEST`.
    """
    found = [match for family in FAMILIES for match in _of_family(family, data, base)]
    return sorted(found, key=lambda match: match.offset)


def _of_family(family: Family, data: bytes, base: int) -> Iterator[Match]:
    prefix = family.prefix.encode()
    parse, reach = _PARSERS[family.kind]
    for offset in _offsets(data, prefix):
        start = offset + len(prefix)
        key = parse(family, data[start : start + reach])
        if key is not None:
            yield Match(offset, key)
    for offset in _offsets(data, b"\0".join(bytes([byte]) for byte in prefix)):
        encoding = UTF_16_BE if (base + offset) % 2 else UTF_16_LE
        text = _narrow(data[offset : offset + 2 * (len(prefix) + reach)], encoding)
        key = parse(family, text[len(prefix) :])
        if key is not None:
            yield Match(offset, key, encoding)


def _offsets(data: bytes, literal: bytes) -> Iterator[int]:
    offset = data.find(literal)
    while offset >= 0:
        yield offset
        offset = data.find(literal, offset + len(literal))


def _narrow(wide: bytes, encoding: str) -> bytes:
    """Return the ASCII start of UTF-16 text that begins with the letter's own byte."""
    zeros = wide[1::2]
    ascii_until = len(zeros) - len(zeros.lstrip(b"\0"))
    last_is_whole = encoding == UTF_16_BE or ascii_until == len(zeros)
    return wide[: 2 * ascii_until + (1 if last_is_whole else 0) : 2]
