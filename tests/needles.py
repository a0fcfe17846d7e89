"""Search whatever was written for pieces of keys, in any way that one may be written down.

A piece is any twelve characters in a row of what has to stay secret: of a long-term key what
follows the first `:` of its payload, of a short-term key the signature and the session token.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import AnyStr
from urllib.parse import parse_qs, quote

from bedrock_key_guard.keys.prefixes import PREFIXES
from tests import keysmith

PIECE = 12
# Twelve characters fill sixteen of base64, so this much of a key's own text tells as much.
ENCODED_PIECE = 16


def leaks_in(key: str, written: bytes) -> list[str]:
    """Name the forms in which a piece of `key` stands in `written`."""
    return sorted({form for _, form in _found({"key": key}, written)})


def leaks(keys: Mapping[str, str], documents: Mapping[str, bytes]) -> list[str]:
    """Say which of the keys stands in which of the documents, in which form."""
    return [
        f"{name}, as {form}, in {where}"
        for where, data in documents.items()
        for name, form in sorted(_found(keys, data))
    ]


def _found(keys: Mapping[str, str], written: bytes) -> set[tuple[str, str]]:
    starts = set(_windows(written, PIECE))
    return {
        (name, form)
        for name, key in keys.items()
        if not _starts(key).isdisjoint(starts)
        for needle, form in _pieces_in_every_form(key)
        if needle[:PIECE] in starts and needle in written
    }


@lru_cache(maxsize=32)
def _starts(key: str) -> frozenset[bytes]:
    """Return how a piece in any form may start, and more: most documents have none of it."""
    texts = (*secret_parts(key), *_encoded_parts(key))
    return frozenset(
        start for text in texts for whole, _ in forms(text) for start in _windows(whole, PIECE)
    )


def forms(text: str) -> Iterator[tuple[bytes, str]]:
    """Yield a text as it may be written down, with the name of each form."""
    data = text.encode()
    yield data, "plain"
    for shift in range(3):
        # What shares a character with its neighbours is left out: it depends on them.
        begin, end = -(-shift * 8 // 6), (shift + len(data)) * 8 // 6
        moved = bytes(shift) + data
        yield base64.b64encode(moved)[begin:end], f"base64 at {shift}"
        yield base64.urlsafe_b64encode(moved)[begin:end], f"URL-safe base64 at {shift}"
    yield data.hex().encode(), "hex"
    yield data.hex().upper().encode(), "upper-case hex"
    for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        yield text.encode(encoding), encoding
    for percent in (quote(text, safe=""), "".join(f"%{byte:02X}" for byte in data)):
        yield percent.encode(), "percent"
        yield _lower_percent(percent).encode(), "lower-case percent"


def secret_parts(key: str) -> list[str]:
    """Return what of a key has to stay secret, decoded."""
    payload = _payload(key)
    if "?" not in payload:
        return [payload.partition(":")[2]]
    query = parse_qs(payload.partition("?")[2])
    names = ("X-Amz-Signature", "X-Amz-Security-Token")
    return [value for name in names for value in query.get(name, [])]


@lru_cache(maxsize=32)
def _pieces_in_every_form(key: str) -> list[tuple[bytes, str]]:
    return [(needle, form + note) for piece, note in _pieces(key) for needle, form in forms(piece)]


def _pieces(key: str) -> Iterator[tuple[str, str]]:
    for secret in secret_parts(key):
        yield from ((piece, "") for piece in _windows(secret, PIECE))
    for text in _encoded_parts(key):
        yield from ((piece, " of base64") for piece in _windows(text, ENCODED_PIECE))


def _encoded_parts(key: str) -> Iterator[str]:
    """Yield the runs of a key's own text that tell nothing but the secret."""
    payload = _payload(key)
    for secret in secret_parts(key):
        raw = secret if secret in payload else quote(secret, safe="-_.~")
        start = payload.index(raw)
        yield _body(key)[-(-start * 4 // 3) : (start + len(raw)) * 4 // 3]


def _windows(text: AnyStr, size: int) -> Iterable[AnyStr]:
    return (text[start : start + size] for start in range(len(text) - size + 1))


def _payload(key: str) -> str:
    return base64.b64decode(_body(key)).decode()


def _body(key: str) -> str:
    known = (*PREFIXES, keysmith.UNKNOWN)
    return next(key.removeprefix(prefix) for prefix in known if key.startswith(prefix))


def _lower_percent(text: str) -> str:
    head, *rest = text.split("%")
    return head + "".join(f"%{part[:2].lower()}{part[2:]}" for part in rest)
