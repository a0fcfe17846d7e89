"""Find literals in large blocks, several of them for the price of one.

`bytes.find` looks for a single byte ten times as fast as for a word, so a literal is looked for by
a capital that text seldom has. Where that capital is not seldom at all, as in base64 or in what is
compressed, the literals are looked for whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# One pass for each: a literal is looked for by the first of them that it holds.
SELDOM = b"KQFY"
# How often a capital may stand in a block of text, and for how many blocks it is then left alone.
_PATIENCE = 1000
_REST = 15
# A regular expression that is nothing but a short literal is found faster than by `find`.
_SHORT = 8


@dataclass(slots=True)
class _Capital:
    """Know the literals that are looked for by one capital, and where in each of them it stands.

    The byte that is `step` after it tells nearly always that it is none of them; the next byte does
    so less well, for letters come in pairs.
    """

    letter: int
    step: int
    beside: dict[int, list[tuple[bytes, int]]]
    rest: int = 0


class Finder:
    """Find literals of at least four bytes in one block after the other."""

    def __init__(self, literals: Iterable[bytes]) -> None:
        """Share the literals out among the capitals."""
        capitals: dict[tuple[int, int], _Capital] = {}
        self._others: list[bytes] = []
        for literal in literals:
            letter = next((each for each in SELDOM if each in literal), None)
            if letter is None:
                self._others.append(literal)
                continue
            index = literal.index(letter)
            step = 2 if index + 2 < len(literal) else -2
            capital = capitals.setdefault((letter, step), _Capital(letter, step, {}))
            capital.beside.setdefault(literal[index + step], []).append((literal, index))
        self._capitals = tuple(capitals.values())

    def offsets(self, block: bytes | bytearray) -> list[int]:
        """Return where literals stand, in order."""
        found: list[int] = []
        whole = [(literal, 0) for literal in self._others]
        for capital in self._capitals:
            unread = _by_capital(block, capital, found)
            if unread < len(block):
                some = chain.from_iterable(capital.beside.values())
                whole += ((literal, max(unread - index, 0)) for literal, index in some)
        has_nul = 0 in block
        for literal, begin in whole:
            if has_nul or 0 not in literal:
                found += _whole(block, literal, begin)
        return sorted(found)


def _by_capital(block: bytes | bytearray, capital: _Capital, found: list[int]) -> int:
    """Add to `found` what the capital leads to, and return from where on it was not looked for."""
    if capital.rest:
        capital.rest -= 1
        return 0
    letter, beside, find = capital.letter, capital.beside, block.find
    to_beside, behind = capital.step - 1, 0
    try:
        for _ in range(_PATIENCE):
            behind = find(letter, behind) + 1
            if not behind:
                return len(block)
            if block[behind + to_beside] in beside:
                for literal, index in beside[block[behind + to_beside]]:
                    begin = behind - 1 - index
                    if begin >= 0 and block.startswith(literal, begin):
                        found.append(begin)
    except IndexError:  # the block ends here, and the literals go on
        return len(block)
    capital.rest = _REST
    return behind


def _whole(block: bytes | bytearray, literal: bytes, begin: int) -> Iterator[int]:
    """Yield where a literal stands, from `begin` on."""
    if len(literal) >= _SHORT:
        while (begin := block.find(literal, begin)) >= 0:
            yield begin
            begin += 1
        return
    import re

    search = re.compile(re.escape(literal)).search
    while match := search(block, begin):
        yield match.start()
        begin = match.start() + 1
