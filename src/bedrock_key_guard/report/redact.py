"""Keep a key that slipped into other text, such as a file's name, out of what is written."""

from __future__ import annotations

import re

from bedrock_key_guard.keys.prefixes import PREFIXES

REDACTED = "[redacted]"

# The shortest alias and its colon fill 25 characters of a body, so a shorter run after a prefix
# tells fewer than 12 of the secret. No body holds `+` or `/`, which words in a path may lean on.
_KEY = re.compile(rf"({'|'.join(map(re.escape, PREFIXES))})[A-Za-z0-9]{{36,}}=*")


def redact(text: str) -> str:
    """Return `text` with the body of every key in it replaced, its prefix kept."""
    return _KEY.sub(rf"\1{REDACTED}", text)
