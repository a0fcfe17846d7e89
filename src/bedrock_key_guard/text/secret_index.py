"""Find again what is secret in other text, whatever separates its letters.

Paths cannot hold `/`, some systems know no capitals, and a name may be split anywhere. So only
letters and digits are compared, in lower case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.keys.envelope import secret_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.keys.key import Secret

FRAGMENT = 12
"""As many characters of a secret in a row as nothing may show."""

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
    """Return how few letters the twelve characters of a part may have that has fewest."""
    windows = (part[at : at + FRAGMENT] for at in range(len(part) - FRAGMENT + 1))
    return max(min(len(letters_of(window)) for window in windows), _FEWEST_LETTERS)


def _common(one: bytes, other: bytes) -> int:
    """Return the length of the start that both share."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
