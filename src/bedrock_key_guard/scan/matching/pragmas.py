"""Know what people write beside a secret to say that it is meant to be there."""

from __future__ import annotations

import re

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
