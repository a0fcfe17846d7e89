"""Search bytes for the literal starts of keys, at the speed of `bytes.find`.

One `find` for each literal runs at memory speed; a regular expression with alternation or
lookbehind runs ten times slower. So literals come first, and structure is checked at a hit.
"""

from __future__ import annotations

from bedrock_key_guard.keys.prefixes import PREFIXES

# In UTF-16 of either byte order the letters of an ASCII word stand two bytes apart, with NUL
# between them, so one literal serves both.
NARROW = tuple(prefix.encode() for prefix in PREFIXES)
WIDE = tuple(b"\0".join(prefix[i : i + 1] for i in range(len(prefix))) for prefix in NARROW)
ANCHORS = NARROW + WIDE


def any_anchor(data: bytes) -> bool:
    """Tell whether `data` holds any literal at all."""
    return any(anchor in data for anchor in ANCHORS)
