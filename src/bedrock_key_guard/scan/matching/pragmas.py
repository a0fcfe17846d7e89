"""Know what people write beside a secret to say that it is meant to be there."""

from __future__ import annotations

import re

# The pragma of Yelp/detect-secrets (filters/allowlist.py), in whatever comment it is.
_PRAGMA = re.compile(rb"pragma: ?(?:white|allow)list[ -]secret")


def pragma_on(line: bytes) -> str | None:
    """Return the pragma on a line, of whatever width its characters are, or None."""
    return "pragma: allowlist secret" if _PRAGMA.search(line.replace(b"\0", b"").lower()) else None
