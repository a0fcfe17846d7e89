"""Read what `git diff --binary` writes: zlib in base85, in lines that begin with their length.

The letters are those of RFC 1924, and a line's first tells how many bytes it holds: `A` to `Z` 1 to
26, `a` to `z` 27 to 52 (git's base85.c and apply.c).
"""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.decoding.layer import File, Layer, Packed

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGN = b"GIT binary patch"
_LINE = rb"[A-Za-z][!-~]{5,65}\r?\n"
_HUNK = re.compile(rb"\n(literal|delta) [0-9]{1,10}\r?\n((?:%b)+)" % _LINE)
_PATCH = re.compile(rb"(?:(?:literal|delta) [0-9]{1,10}\r?\n(?:%b)+(?:\r?\n)?|\r?\n){1,3}" % _LINE)
_CAPITALS, _SMALL = ord("A") - 1, ord("a") - 27


def end_of_patch(data: bytes, sign: int) -> int:
    """Return where the patch ends whose sign stands at an offset."""
    found = _PATCH.match(data, sign + len(SIGN))
    return found.end() if found else sign + len(SIGN)


def from_patch(layer: Layer) -> Iterator[File]:
    """Yield what each hunk holds, compressed: all of a file, or what a delta adds to another."""
    if SIGN not in layer.data:
        return
    for hunk in _HUNK.finditer(layer.data):
        with suppress(ValueError):  # what is not base85
            data = b"".join(map(_bytes_of, hunk[2].split()))
            place = Packed(hunk.span(2), "base85")
            kind = "delta" if hunk[1] == b"delta" else ""
            yield File(Layer(data, place, layer, layer.depth + 1), kind)


def _bytes_of(line: bytes) -> bytes:
    size = line[0] - (_CAPITALS if line[0] <= ord("Z") else _SMALL)
    return base64.b85decode(line[1:])[:size]
