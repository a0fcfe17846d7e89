"""Read keys that stand in bytes as they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.keys import envelope, long_term, short_term
from bedrock_key_guard.keys.families import BEDROCK_LONG_TERM, FAMILIES, UNKNOWN_LONG_TERM, Family
from bedrock_key_guard.keys.key import Key, LongTermKey, MalformedKey
from bedrock_key_guard.scan.prefilter.literals import ALIASES

if TYPE_CHECKING:
    from bedrock_key_guard.scan.decoding.layer import Layer

DECODED = "decoded"
Parser = Callable[[Family, bytes], Key | None]
# Where a key begins and ends, the key, and what else had to be undone to read it.
Read = tuple[int, int, Key, tuple[str, ...]]
_PARSERS: dict[str, tuple[Parser, int]] = {
    "long-term": (long_term.parse, long_term.MAX_BODY),
    "short-term": (short_term.parse, short_term.MAX_BODY),
}
_BODIES = {"long-term": long_term.START, "short-term": short_term.START}
# Text may be full of prefixes; nearly all of them are rejected before anything is copied.
_STARTS = {
    family.prefix: re.compile(re.escape(family.prefix.encode()) + _BODIES[family.kind])
    for family in FAMILIES
}
_BODY = re.compile(rb"[A-Za-z0-9+/]*")
_PIECE = re.compile(rb"[A-Za-z0-9+/]{0,600}")
# AWS begins its ids so ("Unique identifiers" in the IAM user guide), and every prefix that is known
# has four letters or eight: of another length, base64 would not go on behind it.
_UNKNOWN = tuple(
    re.compile(rb"A(?<![A-Za-z0-9]A)[A-Z0-9]{%d}" % (length - 1) + long_term.START)
    for length in (4, 8)
)
_KNOWN = tuple(family.prefix.encode() for family in FAMILIES)
# Sixty characters as they are today: with other secrets, credentials of other services look so too.
# Of so many at random some are capitals and some are not; digests are of one kind. What stands
# before is asked afterwards, for to look for what every key has is ten times as fast.
_DECODED = re.compile(
    rb"-at-[0-9]{12}:(?=[^A-Z]{0,59}[A-Z])(?=[^a-z]{0,59}[a-z])"
    rb"[A-Za-z0-9+/]{58}(?:==|[A-Za-z0-9+/][=A-Za-z0-9+/])(?![A-Za-z0-9+/=])"
)
_LONGEST_USER = 96
_USER = re.compile(rb"(?<![A-Za-z0-9_+.@-])[A-Za-z0-9_+.@-]{1,%d}\Z" % _LONGEST_USER)
# As much as a prefix and the name of a user.
_REACH_BEFORE = 128
_NAME = re.compile(rb"[A-Za-z0-9_+=,.@-]*")
_TEXT = re.compile(rb"[\t\n\r -~]*")


def begun(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where a key may begin, and where the letters and digits behind its prefix end.

    No more than 600 of these are counted: a longer run is on no line that people are shown.
    """
    for prefix, start in _STARTS.items():
        if prefix.encode() in data:
            for found in start.finditer(data):
                run = _PIECE.match(data, found.end())
                yield found.start(), run.end() if run else found.end()


def keys_in(layer: Layer) -> Iterator[Read]:
    """Yield the keys in a layer, whole or malformed, family by family."""
    for family in FAMILIES:
        yield from _of_family(family, layer.data)
    if any(alias in layer.data for alias in ALIASES):
        yield from _of_unknown(layer.data)
    if b"-at-" in layer.data:
        yield from _decoded(layer)


def _of_family(family: Family, data: bytes) -> Iterator[Read]:
    first = data.find(family.prefix.encode())
    if first < 0:
        return
    parse, reach = _PARSERS[family.kind]
    for prefix in _STARTS[family.prefix].finditer(data, first):
        offset, start = prefix.span()
        text = data[start : start + reach]
        key = parse(family, text)
        if key is not None:
            yield offset, start + _length(text, key), key, ()


def _of_unknown(data: bytes) -> Iterator[Read]:
    """Yield what is a long-term key but for its prefix, which no family has; only whole ones."""
    for pattern in _UNKNOWN:
        for prefix in pattern.finditer(data):
            offset, start = prefix.span()
            text = data[start : start + long_term.MAX_BODY]
            if data.startswith(_KNOWN, offset) or not any(alias in text for alias in ALIASES):
                continue
            key = long_term.parse(replace(UNKNOWN_LONG_TERM, prefix=prefix[0].decode()), text)
            if isinstance(key, LongTermKey):
                yield offset, start + _length(text, key), key, ()


def _length(text: bytes, key: Key) -> int:
    """Return how much of the text behind a prefix belongs to the key: less would not be it.

    That is as much as its canonical form has, less the padding.
    """
    run = _BODY.match(text)
    whole = run.end() if run else 0
    if isinstance(key, MalformedKey):
        return whole
    return min(key.secret.unpadded - len(key.family.prefix), whole)


def _decoded(layer: Layer) -> Iterator[Read]:
    """Yield the long-term keys that somebody decoded: they are as good as encoded."""
    for found in _DECODED.finditer(layer.data):
        reach = max(found.start() - _LONGEST_USER - 1, 0)
        user = _USER.search(layer.data[reach : found.start()])
        if user is None:
            continue
        begin, end = reach + user.start(), found.end()
        in_base64 = any(name.startswith("base64") for name in layer.names(begin, end))
        if in_base64 and not _in_text(layer.data, begin):
            continue
        text = user[0] + found[0]
        key = long_term.parse(_family(text), envelope.encode(text).encode())
        if key is not None:
            yield begin, end, key, (DECODED,)


def _in_text(data: bytes, begin: int) -> bool:
    """Return whether text stands before a decoded key that was in base64.

    Without, it is the body of a key, whole or altered: its prefix decodes to no text, or is not
    there. The name of a user may hold what else ends a word, `=` and `,`.
    """
    before = data[max(begin - _REACH_BEFORE, 0) : begin]
    return _TEXT.fullmatch(before) is not None and _NAME.fullmatch(before) is None


def _family(text: bytes) -> Family:
    """Return the family whose console made the user; the envelope is the same in every family.

    Otherwise it is taken for Bedrock's: an unneeded look into IAM costs nothing, a key that nobody
    looks at does.
    """
    named = (each for each in FAMILIES if each.console_user)
    users = (each for each in named if text.startswith(each.console_user.encode()))
    return next(users, BEDROCK_LONG_TERM)
