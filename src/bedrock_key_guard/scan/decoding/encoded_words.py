"""Read the encoded words of a mail's header, over which a long text is folded.

RFC 2047: `=?charset?B?base64?=` or `=?charset?Q?quoted?=`, and nothing but blanks between two of
them that belong together. Each word is encoded for itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bedrock_key_guard.keys import envelope
from bedrock_key_guard.scan.decoding.layer import Layer, Listed

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(
    rb"=\?[A-Za-z0-9_.*-]{1,40}\?"
    rb"(?:[bB]\?(?P<base64>[A-Za-z0-9+/]{0,999})={0,2}|[qQ]\?(?P<quoted>[!->@-~]{0,999}))\?="
)
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})|(.)")
_FEWEST = 40
_FOLD = re.compile(rb"[ \t\r\n]{0,80}")


def from_words(layer: Layer) -> Iterator[Layer]:
    """Yield what the words that stand behind each other say together."""
    for said in _together(layer.data):
        if len(said) >= _FEWEST:
            data, places = zip(*said, strict=True)
            shape = Listed(list(places), "encoded-word")
            yield Layer(bytes(data), shape, layer, layer.depth + 1)


def _together(text: bytes) -> Iterator[list[tuple[int, int]]]:
    said: list[tuple[int, int]] = []
    end = 0
    for word in _WORD.finditer(text):
        if not _FOLD.fullmatch(text, end, word.start()):
            yield said
            said = []
        said += _bytes_of(word)
        end = word.end()
    yield said


def _bytes_of(word: re.Match[bytes]) -> Iterator[tuple[int, int]]:
    """Yield the bytes of a word, each with where it is written."""
    if word["quoted"] is None:
        for at, byte in enumerate(envelope.decode(word["base64"])):
            yield byte, word.start("base64") + at * 4 // 3
        return
    for found in _QUOTED.finditer(word.string, *word.span("quoted")):
        yield int(found[1], 16) if found[1] else found[2][0], found.start()
