"""Undo, in one pass, every escape, wrap, split and mark that text can have.

A key is made of letters and digits, so whatever looks like an escape inside it is one, and what
joins two of its parts is no part of it. Escapes of escapes take a pass each.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from html.entities import html5
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.decoding.layer import Layer
from bedrock_key_guard.scan.limits import TOKEN, Budget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


# So many tokens are found again where the way back is asked for, no two of them further apart; and
# as far as this behind a token is looked to know that it is one.
_EVERY, _APART, _AHEAD = 8, 128, 4

WRAPPED = "wrapped"
CONCATENATED = "concatenated"

# What joins two strings that stand behind each other, up to the quote that opens the second.
_JOIN = rb"""
    (?:
      (?:
        (?:[\s+.&,()<>|~;\[\]{}$_]|\\[nrt]|[\\`]\r?\n|\^\s
          |//[^\n]{0,120}\n|\#[^\n]{0,120}\n){1,99}
        (?:[$\w]{0,40}\.?(?:concat|CONCAT|Concat|append|Append|push)\(\s{0,40})?
        (?:[$\w.]{1,40}\s{0,9}(?:\+=|\.=|\.\.=|<<|&=)\s{0,40})?
        [$]?[bBrRuUfFLN@]{0,2}
      )?
      \\{0,7}["'`]
    ){1,6}"""
# What stands before the rest of something in the next line.
_MARGIN = rb"""
    [ \t]*(?:(?:\#{1,9}|//{1,9}|\*|>{1,9}|--|;{1,9}|\||\+|-(?!api-|key-|at-))[ \t]*)?"""
# Every repetition is bounded, so that no text makes this slower than its length times a constant.
# Each branch begins with one letter: text without any of them is passed over ten times as fast, and
# at a letter only what may begin with it is tried. What has to stand before it is asked afterwards.
# A number behind a name tells branches apart, and means nothing.
_TOKEN = re.compile(
    rb"""
    \n(?P<wrapped>(?<=\S{4}\n)%(margin)b)
    | "(?:(?P<concatenated>%(join)b)|(?P<quote>(?<=[A-Za-z0-9]")(?=[A-Za-z0-9])))
    | '(?:(?P<concatenated2>%(join)b)|(?P<quote2>(?<=[A-Za-z0-9]')(?=[A-Za-z0-9])))
    | `(?P<concatenated3>%(join)b)
    | \\(?:(?P<concatenated4>\\{0,6}["'`]%(join)b)
        |u(?P<u4>[0-9A-Fa-f]{4})
        |[uU]0000(?P<u8>[0-9A-Fa-f]{4})
        |u\{0{0,4}(?P<u_braced>[0-9A-Fa-f]{1,4})\}
        |x(?P<x>[0-9A-Fa-f]{2})
        |x\{(?P<x_braced>[0-9A-Fa-f]{2})\}
        |(?P<octal>0?[01][0-7]{2}|[4-7][0-7])
        |(?P<latex>-(?<!key\\-)(?!(?:api|key|at)\\?-)
           |(?:(?:allow|line)break|hspace)(?:\[[0-4]\]|\{(?:0[a-z]{2})?\}|[ ])?)
        |(?P<continued>[ \t]{0,8}\r?\n[ \t]*)
        |(?P<backslash>[^\r\n]))
    | =(?:(?P<quoted>[0-7][0-9A-Fa-f])|(?P<soft>[ \t]{0,8}\r?\n))
    | \*(?P<emphasis>(?<=[A-Za-z0-9]\*)\*{0,2}(?=[A-Za-z0-9]))
    | ~(?P<emphasis2>(?<=[A-Za-z0-9]~)~(?=[A-Za-z0-9]))
    | <(?P<tag>(?:/?[A-Za-z][A-Za-z0-9:-]{0,24}(?:\s[^<>]{0,200})?/?|!--[^<>]{0,40}--)>)
    | %%(?P<percent>[0-9A-Fa-f]{2})
    | &(?:\#0{0,5}(?P<html_decimal>[0-9]{1,5})
        |\#[xX]0{0,5}(?P<html_hex>[0-9A-Fa-f]{1,4})
        |(?P<html_name>[A-Za-z]{2,24}));
    | \^(?P<wrapped2>(?<=\S{4}\^)(?:\r?\n|\r)%(margin)b)
    | \r(?P<wrapped3>(?<=\S{4}\r)\n?%(margin)b)
    | \x1b(?P<terminal>\[[0-?]{0,32}[ -/]{0,3}[@-~]
        |\][^\x07\x1b]{0,999}(?:\x07|\x1b\\)|[()][0-9A-Z])
    | \t(?P<invisible>(?<=[A-Za-z0-9]\t)(?=[A-Za-z0-9]))
    | \xc2(?P<invisible2>[\xa0\xad])
    | \xcd(?P<invisible3>\x8f)
    | \xe2(?P<invisible4>\x80[\x8b-\x8f\xaa-\xae]|\x81[\xa0-\xaf])
    | \xef(?P<invisible5>\xbb\xbf|\xb8[\x80-\x8f])
    """
    % {b"join": _JOIN, b"margin": _MARGIN},
    re.VERBOSE,
)
_CONTROLS = dict(zip(b"nrtabfe", b"\n\r\t\a\b\f\x1b", strict=True))
# What nobody sees between the parts of a key: Unicode's no-break spaces and soft hyphens, joiners,
# marks of direction and variation, which `invisible` has in UTF-8.
_SPACES, _JOINERS = (0xA0, 0xAD, 0x34F, 0xFEFF), (*range(0x200B, 0x2010), *range(0x2060, 0x2070))
_INVISIBLE = {*_SPACES, *_JOINERS, *range(0x202A, 0x202F), *range(0xFE00, 0xFE10)}
_LAST_BYTE = 0xFF


def _byte(base: int) -> Callable[[bytes], bytes]:
    return lambda digits: bytes([int(digits, base)])


def _character(base: int) -> Callable[[bytes], bytes]:
    return lambda digits: _written(int(digits, base))


def _written(number: int) -> bytes:
    """Return a character where it may be a part of a key, and nothing for what nobody sees."""
    return b"" if number in _INVISIBLE else bytes([min(number, _LAST_BYTE)])


def _entity(name: bytes) -> bytes:
    """Return what an entity of HTML stands for, if that may be a part of a key or between two."""
    text = html5.get(f"{name.decode()};", "")
    numbers = [*map(ord, text)]
    if text and (text.isascii() or _INVISIBLE.issuperset(numbers)):
        return b"".join(map(_written, numbers))
    return b"&%b;" % name


def _control(letter: bytes) -> bytes:
    return bytes([_CONTROLS.get(letter[0], letter[0])])


def _nothing(_: bytes) -> bytes:
    return b""


_hex, _octal, _hex_character = _byte(16), _byte(8), _character(16)
# What each kind of token is called, and what it stands for.
_NAMED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "percent": ("percent", _hex),
    "html_decimal": ("html", _character(10)),
    "html_hex": ("html", _hex_character),
    "html_name": ("html", _entity),
    "concatenated": (CONCATENATED, _nothing),
    "quote": (CONCATENATED, _nothing),
    "u4": ("unicode-escape", _hex_character),
    "u8": ("unicode-escape", _hex_character),
    "u_braced": ("unicode-escape", _hex_character),
    "x": ("hex-escape", _hex),
    "x_braced": ("hex-escape", _hex),
    "octal": ("octal-escape", _octal),
    "continued": (WRAPPED, _nothing),
    "backslash": ("backslash", _control),
    "quoted": ("quoted-printable", _hex),
    "soft": ("quoted-printable", _nothing),
    "wrapped": (WRAPPED, _nothing),
    "latex": ("latex", _nothing),
    "tag": ("html", _nothing),
    "emphasis": ("markdown", _nothing),
    "terminal": ("terminal", _nothing),
    "invisible": ("invisible", _nothing),
}
_KINDS = {group: _NAMED[group.rstrip("2345")] for group in _TOKEN.groupindex if group not in _NAMED}
_KINDS |= _NAMED


# What joins lines.
_JOINS = frozenset({"continued", "soft", "wrapped"})


def unescape(layer: Layer, budget: Budget, *, join: bool = True) -> Layer | None:
    """Return the layer with one level of escapes undone and parts joined; None if it has none.

    Lines stay lines unless they are to `join`, for what stands before each may be a gutter.
    Raises Spent where the budget of the file ends.
    """
    text, way = bytearray(), Unescaped(layer.data, frozenset() if join else _JOINS)
    read = 0
    for number, token in enumerate(_TOKEN.finditer(layer.data)):
        is_far = token.start() - read > _APART
        if is_far or not number % _EVERY:
            way.mark(len(text), read)
        if not number % _EVERY:
            budget.spend(_EVERY * TOKEN)
        text += layer.data[read : token.start()]
        if is_far:
            way.mark(len(text), token.start())
        text += way.value(token)
        read = token.end()
    if not read:
        return None
    way.mark(len(text), read)
    text += layer.data[read:]
    way.mark(len(text), len(layer.data))
    return Layer(bytes(text), way, layer, layer.depth + 1)


@dataclass(slots=True)
class Unescaped:
    """Lead from text back to `data`, in which it was escaped.

    Only where each so-manieth token begins is kept, and where nothing is escaped for long; the
    tokens between two such marks are found again where there is a key: text may be nothing but
    escapes.
    """

    data: bytes
    kept: frozenset[str] = frozenset()
    positions: array[int] = field(default_factory=lambda: array("Q"))
    sources: array[int] = field(default_factory=lambda: array("Q"))

    def value(self, token: re.Match[bytes]) -> bytes:
        """Return what a token stands for: itself where its kind is kept."""
        kind = token.lastgroup or ""
        return token[0] if kind in self.kept else _KINDS[kind][1](token[kind])

    def mark(self, position: int, source: int) -> None:
        """Note that what stands at `source` was written at `position`."""
        self.positions.append(position)
        self.sources.append(source)

    def source(self, position: int) -> int:
        """Return where the byte at `position` began."""
        at = self._mark_before(position)
        written, read = self.positions[at], self.sources[at]
        for begin, end, token in self._tokens(at):
            if position < begin:
                break
            if position < end:
                return token.start() + position - begin
            written, read = end, token.end()
        return read + position - written

    def names(self, begin: int, end: int) -> tuple[str, ...]:
        """Return what was undone after `begin` and before `end`, each once."""
        found: dict[str, None] = {}
        for at in range(self._mark_before(begin), len(self.positions) - 1):
            if self.positions[at] >= end:
                break
            for _, after, token in self._tokens(at):
                if begin < after < end and token.lastgroup not in self.kept:
                    found[_KINDS[token.lastgroup or ""][0]] = None
        return tuple(found)

    def _mark_before(self, position: int) -> int:
        """Return the number of the last mark up to a position, never that of the end."""
        return min(bisect_right(self.positions, position), len(self.positions) - 1) - 1

    def _tokens(self, at: int) -> Iterator[tuple[int, int, re.Match[bytes]]]:
        """Yield the tokens from one mark to the next, each with where its value stands in text."""
        written, read, stop = self.positions[at], self.sources[at], self.sources[at + 1]
        # As long as before: there is no token, however far it is to the next.
        if stop - read == self.positions[at + 1] - written:
            return
        for token in _TOKEN.finditer(self.data, read, stop + _AHEAD):
            if token.start() >= stop:
                return
            begin = written + token.start() - read
            written, read = begin + len(self.value(token)), token.end()
            yield begin, written, token
