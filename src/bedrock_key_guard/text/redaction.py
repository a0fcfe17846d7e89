"""Keep keys out of names and of all other untrusted text that is shown.

Two things are blotted out: a key that the scanner finds in the text itself, and whatever holds
twelve characters of the secret of a key that this process has met. Everything that is shown of
untrusted text comes through here, because `printable` and the JSON report do; so no renderer, no
door and no error has to think of it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.prefixes import PREFIXES
from bedrock_key_guard.scan.decoding.layer import Layer, Regular
from bedrock_key_guard.scan.matching.matcher import matches
from bedrock_key_guard.scan.prefilter import may_hold_key
from bedrock_key_guard.text.secret_index import FRAGMENT, SecretIndex
from bedrock_key_guard.text.spellings import joined, spellings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.keys.key import Secret

REDACTED = "[redacted]"

# The shortest alias and its colon fill 25 characters of a body, so a shorter run after a prefix
# tells fewer than 12 of the secret. No body holds `+` or `/`, which words in a path may lean on.
_KEY = re.compile(rf"(?:{'|'.join(map(re.escape, PREFIXES))})([A-Za-z0-9]{{36,}}=*)".encode())
# What people may see of a key: its prefix, or the alias of one that was decoded.
_PUBLIC = re.compile(rf"{'|'.join(map(re.escape, PREFIXES))}|[^:]+-at-[0-9]{{12}}:".encode())
_met = SecretIndex()


def keep_out(secret: Secret) -> None:
    """Keep a key out of all that this process shows from now on."""
    if _met.add(secret):
        redact.cache_clear()


@lru_cache(maxsize=4096)
def redact(text: str) -> str:
    """Return untrusted text with every key, and every piece of one that was met, blotted out."""
    if len(text) < FRAGMENT:
        return text
    # One byte for each character: what is not ASCII is in no key, and can only split one.
    data = text.encode("ascii", "replace")
    kept, at = [], -1
    for begin, end in sorted(_secret(data)):
        if begin > at:
            kept += [text[max(at, 0) : begin], REDACTED]
        at = max(at, end)
    return "".join((*kept, text[max(at, 0) :]))


def _secret(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield what must not be shown of `data`."""
    yield from (run.span(1) for run in _KEY.finditer(data))
    if may_hold_key(data):
        yield from _keys_in(Layer(data, Regular(0)))
        yield from _keys_in(joined(data))
    for spelled in spellings(data):
        for stretch in _met.stretches(spelled.data.lower()):
            yield spelled.span(*stretch)


def _keys_in(layer: Layer) -> Iterator[tuple[int, int]]:
    """Yield the bodies of whole keys, met or not."""
    for match in matches(layer.data):
        if match.confidence == "exact":
            public = _PUBLIC.match(layer.data, match.offset, match.end)
            yield layer.span(public.end() if public else match.offset, match.end)
