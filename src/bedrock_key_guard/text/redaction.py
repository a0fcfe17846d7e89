"""Keep keys out of names and of all other untrusted text that is shown.

Two things are blotted out: a key that the scanner finds in the text itself, and whatever holds
twelve characters of the secret of a key that this process has met. Everything that is shown of
untrusted text comes through here, because `printable` and the JSON report do; so no renderer, no
door and no error has to think of it.

Paths cannot hold `/`, some systems know no capitals, and a name may be split anywhere, so only
letters and digits are compared with a secret, in lower case. The scanner decodes only where a whole
key may be, and a name may hold a piece of one: every alignment of every encoding is tried.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.envelope import decode, secret_parts
from bedrock_key_guard.keys.prefixes import PREFIXES
from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.scan.decoding.escapes import unescape
from bedrock_key_guard.scan.decoding.layer import Layer, Regular, Thinned
from bedrock_key_guard.scan.limits import Budget
from bedrock_key_guard.scan.prefilter import may_hold_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.keys.key import Secret

FRAGMENT = 12
"""As many characters of a secret in a row as nothing may show."""

# A key is shortest decoded: a name of one letter, `-at-`, an account, a colon and a secret. Encoded
# it is longer, compressed too: nothing compresses a secret.
_SHORTEST_KEY = 78

# Base64 of twelve characters shares those at its ends with their neighbours: so many are whole.
_WHOLE = FRAGMENT - 2
# Of twelve characters some are `+`, `/` or `=`, and are not compared. With fewer letters than these
# ordinary text would be taken for a secret.
_FEWEST_LETTERS = 8
# Every stretch of as many letters holds a whole gram, if one begins at each step.
_GRAM = 5
_STEP = _FEWEST_LETTERS - _GRAM + 1
# More parts than these share a gram only where somebody wants it so; each is found by others too.
_MOST_PLACES = 16
IGNORED = bytes(byte for byte in range(256) if not chr(byte).isascii() or not chr(byte).isalnum())


def letters_of(data: bytes) -> bytes:
    """Return what is compared of some text."""
    return data.translate(None, IGNORED).lower()


class SecretIndex:
    """Hold the secret parts of keys, and find stretches of them."""

    __slots__ = ("_grams", "_known", "_parts")

    def __init__(self) -> None:
        """Begin without any."""
        self._known: set[Secret] = set()
        self._parts: list[tuple[bytes, int]] = []
        self._grams: dict[bytes, list[tuple[int, int]]] = {}

    def add(self, secret: Secret) -> bool:
        """Take in a key, and return whether it is new."""
        if secret in self._known:
            return False
        self._known.add(secret)
        for part in secret_parts(secret):
            if len(part) >= FRAGMENT:
                self._add_part(part)
        return True

    def stretches(self, letters: bytes) -> Iterator[tuple[int, int]]:
        """Yield where `letters` hold as much of a secret as nothing may show."""
        covered = 0
        for at in range(len(letters) - _GRAM + 1):
            if at + _GRAM <= covered:
                continue
            for place in self._grams.get(letters[at : at + _GRAM], ()):
                begin, end = self._longest(letters, at, *place)
                if end - begin >= self._parts[place[0]][1]:
                    covered = max(covered, end)
                    yield begin, end

    def _add_part(self, part: bytes) -> None:
        letters, number = letters_of(part), len(self._parts)
        self._parts.append((letters, _fewest(part)))
        for offset in range(0, len(letters) - _GRAM + 1, _STEP):
            places = self._grams.setdefault(letters[offset : offset + _GRAM], [])
            if len(places) < _MOST_PLACES:
                places.append((number, offset))

    def _longest(self, letters: bytes, at: int, number: int, offset: int) -> tuple[int, int]:
        """Return how far `letters` and a part agree around a place where both have one gram."""
        part = self._parts[number][0]
        before = _common(letters[:at][::-1], part[:offset][::-1])
        return at - before, at + _common(letters[at:], part[offset:])


def _fewest(part: bytes) -> int:
    """Return how few letters may be whole in twelve characters of a part."""
    windows = (part[at : at + _WHOLE] for at in range(len(part) - _WHOLE + 1))
    return max(min(len(letters_of(window)) for window in windows), _FEWEST_LETTERS)


def _common(one: bytes, other: bytes) -> int:
    """Return the length of the start that both share."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


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
    if len(data) >= _SHORTEST_KEY and may_hold_key(data):
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


# Encodings in encodings: a key's own base64, in hex, in percent signs.
_DEPTH = 3
_BETWEEN = IGNORED.replace(b"-", b"")
_ESCAPED = re.compile(rb"[%&\\=\"'`]")
_DIGITS = re.compile(rb"[0-9A-Fa-f]{24,}")
# Text, in UTF-16 as well. Of what was no encoding hardly a stretch is readable.
_READABLE = re.compile(rb"[\0\t\n\r -~]{%d,}" % _WHOLE)


def joined(data: bytes) -> Layer:
    """Return the letters, digits and hyphens of `data`: a whole key, whatever split it."""
    return Layer(data.translate(None, _BETWEEN), Thinned(data, _BETWEEN, 0))


def spellings(data: bytes) -> Iterator[Layer]:
    """Yield the letters and digits of `data`, and of all that they may spell."""
    budget = Budget(size=len(data))
    with budget.bound():
        yield from _spelled(Layer(data, Regular(0)), budget)


def _spelled(layer: Layer, budget: Budget) -> Iterator[Layer]:
    letters = Layer(layer.data.translate(None, IGNORED), Thinned(layer.data, IGNORED, 0), layer)
    yield letters
    if layer.depth < _DEPTH:
        for decoded in _decoded(layer, letters, budget):
            yield from _spelled(decoded, budget)


def _decoded(layer: Layer, letters: Layer, budget: Budget) -> Iterator[Layer]:
    """Yield what is left with one encoding less. What separates letters is no base64 of ASCII."""
    depth = layer.depth + 1
    if _ESCAPED.search(layer.data) and (text := unescape(layer, budget)) is not None:
        yield text
    for filled in range(4):
        # The letters before a piece fill its first group; the bytes that they touch are unknown.
        whole = decode(b"A" * filled + letters.data)
        shape = Regular(-filled, times=4, per=3)
        yield from _readable(Layer(whole, shape, letters, depth), filled)
    for run in _DIGITS.finditer(letters.data):
        for begin in (run.start(), run.start() + 1):
            end = run.end() - (run.end() - begin) % 2
            shape = Regular(begin, times=2)
            unhexed = bytes.fromhex(letters.data[begin:end].decode())
            yield from _readable(Layer(unhexed, shape, letters, depth))


def _readable(layer: Layer, begin: int = 0) -> Iterator[Layer]:
    for run in _READABLE.finditer(layer.data, begin):
        yield Layer(run[0], Regular(run.start()), layer, layer.depth)
