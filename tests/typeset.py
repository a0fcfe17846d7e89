"""Write PDFs that show text in fonts of their own codes: ISO 32000-1, 9.7 and 9.10.3."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby, pairwise

from tests import boxes

# The code of each letter, as a font has it.
Font = Mapping[str, int]
_HEAD = b"""\
/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
%b
endcodespacerange
"""
_TAIL = b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
_FONT = (
    b"3 0 obj\n<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 5 0 R >>\nendobj\n"
)


def font(letters: Iterable[str], width: int = 2, seed: int = 0) -> Font:
    """Return a font that gives some codes of `width` bytes to these letters."""
    each = sorted(set(letters))
    codes = random.Random(seed).sample(range(1, 1 << 8 * width), len(each))  # noqa: S311
    return dict(zip(each, codes, strict=True))


def in_order(letters: Iterable[str]) -> Font:
    """Return a font that has letters that follow one another at codes that do so too."""
    return {letter: ord(letter) - 29 for letter in set(letters)}


def shown(text: str, codes: Font, *at: int, width: int = 2) -> bytes:
    """Return a text object with the text in one string, or in pieces that end at `at`, kerned."""
    pieces = [text[begin:end] for begin, end in pairwise((0, *at, len(text)))]
    first, *others = (_string((codes[each] for each in piece), width) for piece in pieces)
    kerned = b"[" + b" -20 ".join(others) + b"] TJ" if others else b""
    return b"BT /F1 12 Tf 72 720 Td %b Tj %b ET\n" % (first, kerned)


def of_chars(codes: Font, width: int = 2) -> bytes:
    """Return a map that has each code by itself."""
    pairs = [_string((code,), width) + _utf16(letter) for letter, code in codes.items()]
    return _map(b"char", pairs, width)


def of_ranges(codes: Font, width: int = 2) -> bytes:
    """Return a map of codes that count on, and letters with them."""
    rows = [
        _string((first,), width) + _string((last,), width) + _utf16(letters[0])
        for first, last, letters in _ranges(codes)
    ]
    return _map(b"range", rows, width)


def of_arrays(codes: Font, width: int = 2) -> bytes:
    """Return a map of codes that count on, and each one's letter in an array."""
    rows = [
        _string((first,), width)
        + _string((last,), width)
        + b"["
        + b" ".join(map(_utf16, letters))
        + b"]"
        for first, last, letters in _ranges(codes)
    ]
    return _map(b"range", rows, width)


def document(*streams: bytes, filters: str = "/FlateDecode") -> bytes:
    """Return a document of pages and maps, in this order, from object 4 on."""
    return boxes.pdf(*streams, filters=filters, comment=_FONT)


MAPS: dict[str, Callable[[Font, int], bytes]] = {
    "bfchar": of_chars,
    "bfrange": of_ranges,
    "an array": of_arrays,
}


def _map(kind: bytes, rows: list[bytes], width: int) -> bytes:
    sections = [rows[each : each + 100] for each in range(0, len(rows), 100)]
    body = b"".join(
        b"%d beginbf%b\n%b\nendbf%b\n" % (len(section), kind, b"\n".join(section), kind)
        for section in sections
    )
    return _HEAD % (_string((0,), width) + _string(((1 << 8 * width) - 1,), width)) + body + _TAIL


def _ranges(codes: Font) -> Iterable[tuple[int, int, list[str]]]:
    """Yield where codes, and their letters, follow one another."""
    ordered = sorted(codes.items(), key=lambda item: item[1])
    numbered = enumerate(ordered)
    for _, run in groupby(
        numbered, lambda each: (each[1][1] - each[0], ord(each[1][0][0]) - each[0])
    ):
        items = [item for _, item in run]
        yield items[0][1], items[-1][1], [letter for letter, _ in items]


def _string(codes: Iterable[int], width: int) -> bytes:
    return b"<" + b"".join(code.to_bytes(width, "big") for code in codes).hex().encode() + b">"


def _utf16(letter: str) -> bytes:
    return b"<" + letter.encode("utf-16-be").hex().encode() + b">"
