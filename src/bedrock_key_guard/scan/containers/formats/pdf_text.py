"""Read the text that the pages of a PDF show: ISO 32000-1, 9.4 (text), 9.10.3 (ToUnicode)."""

from __future__ import annotations

import binascii
import re
import struct
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.prefixes import PREFIXES
from bedrock_key_guard.scan.containers.cursor import BLOCK
from bedrock_key_guard.scan.containers.members import Gap, OpenedMember
from bedrock_key_guard.scan.limits import DECODED, TOKEN, UNPACKED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bedrock_key_guard.scan.containers.cursor import Cursor
    from bedrock_key_guard.scan.containers.members import Members
    from bedrock_key_guard.scan.limits import Budget

    Letters = dict[int, str]

# A literal string, a hexadecimal one, the choice of a font, or the end of a text object.
_SHOWN = re.compile(
    rb"\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.){0,1024}\))*)\)|<([0-9A-Fa-f\s]{2,})>"
    rb"|(/[^\s()<>\[\]{}/%]{1,127}\s{1,8}[-+.\d]{1,32}\s{1,8}Tf\b)|\bET\b",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|\r\n|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b""}
_WHITE = re.compile(rb"\s+")
_LONGEST_STRING = 1 << 16
# What a run of codes takes in memory beside its codes.
_RUN = 1 << 7
TOO_MUCH = "it shows more text than can be kept until the maps of its fonts are known"

_CODE, _TARGET = rb"<((?:[0-9A-Fa-f]{2}){1,2})>\s*", rb"<((?:[0-9A-Fa-f]{4}){1,4})>"
_CHAR = re.compile(_CODE + _TARGET)
_RANGE = re.compile(_CODE + _CODE + rb"(?:" + _TARGET + rb"|\[([^\[\]]*)\])")
_ONE = re.compile(_TARGET)
_NOT_ASCII = bytes((0, *range(128, 256)))
_NO_LETTER = "\N{REPLACEMENT CHARACTER}"


class ShownText:
    """Keep the codes that pages show, and the maps of fonts from codes to letters.

    A map may come after the pages, and which font has it stands in dictionaries elsewhere: so both
    are kept, within the memory that there is for it, and every map is tried with every code.
    """

    def __init__(self, budget: Budget) -> None:
        """Begin for one document."""
        self._budget = budget
        self._room = budget.limits.held
        # The runs of each text object, from one choice of a font to the next.
        self._lines: list[list[bytearray]] = []
        self._maps: dict[bytes, None] = {}
        self._is_full = False

    def page(self) -> Callable[[Cursor, Budget], Iterator[bytes]]:
        """Return what makes text of a page; it keeps the codes when it is called first."""
        first = iter((True,))
        return lambda cursor, _: self._text_of_page(cursor, keep=next(first, False))

    def members(self) -> Members:
        """Yield what the pages show by the maps, if there are any."""
        if self._maps:
            yield OpenedMember("text", self._spelled())
        if self._maps and self._is_full:
            yield Gap("text", TOO_MUCH, "missing")

    def _text_of_page(self, cursor: Cursor, *, keep: bool) -> Iterator[bytes]:
        """Yield a page's strings put together, a line for each text object.

        Letters are placed one by one or in groups (`[(AB) -20 (SK)] TJ`). Strings of fonts whose
        codes are not those of ASCII come out as they are.
        """
        window, is_map, of_map = b"", False, list[bytes]()
        self._begin([])
        while block := cursor.read(BLOCK):
            self._budget.spend(DECODED * len(block))
            window += block
            piece = block if is_map else window
            is_map = is_map or (keep and b"beginbf" in window)
            if is_map and self._has_room(len(piece)):
                of_map.append(piece)
            end = 0
            for shown in _SHOWN.finditer(window):
                self._budget.spend(TOKEN)
                text = _text(shown)
                yield text
                if keep:
                    self._keep(shown, text)
                end = shown.end()
            window = window[max(end, len(window) - _LONGEST_STRING) :]
        if is_map:
            self._maps[b"".join(of_map)] = None

    def _keep(self, shown: re.Match[bytes], text: bytes) -> None:
        """Keep the codes of a string with those of its font; what is in no font is no text."""
        line = self._lines[-1]
        if shown.lastindex is None:
            self._begin([bytearray()] if line and self._has_room(_RUN) else [])
        elif shown[3]:
            if not (line and not line[-1]) and self._has_room(_RUN):
                line.append(bytearray())
        elif line and not _is_actual_text(shown) and self._has_room(len(text)):
            line[-1] += text

    def _begin(self, line: list[bytearray]) -> None:
        """Begin a text object; one that is empty is forgotten."""
        if self._lines and not any(self._lines[-1]):
            self._room += _RUN * len(self._lines.pop())
        self._lines.append(line)

    def _has_room(self, size: int) -> bool:
        """Return whether there is room for so much more, and take it."""
        self._is_full = self._is_full or size > self._room
        self._room -= size
        return not self._is_full

    def _spelled(self) -> Iterator[bytes]:
        """Yield every text object as each map spells it, if other than in ASCII: that was read."""
        for each in self._maps:
            for width, letters in enumerate(_letters(each, self._budget), 1):
                if not _spells_a_key(letters):
                    continue
                for line in self._lines:
                    codes = sum(len(run) // width for run in line)
                    self._budget.spend(TOKEN * (2 + len(line)) + DECODED * codes)
                    text = "".join(_spell(run, width, letters) for run in line)
                    self._budget.spend((UNPACKED + DECODED) * len(text))
                    spelled = text.replace(_NO_LETTER, "").encode()
                    if spelled and spelled != b"".join(line).translate(None, _NOT_ASCII):
                        yield text.encode() + b"\n"


def _text(shown: re.Match[bytes]) -> bytes:
    if shown[1] is not None:
        return _ESCAPE.sub(_unescaped, shown[1])
    if shown[2] is not None:
        digits = _WHITE.sub(b"", shown[2])
        return binascii.unhexlify(digits + b"0" * (len(digits) % 2))
    return b"" if shown[3] else b"\n"


def _unescaped(escape: re.Match[bytes]) -> bytes:
    if escape[1]:
        return bytes([int(escape[1], 8) & 0xFF])
    return _ESCAPED.get(escape[2] or b"\n", escape[2] or b"")


def _is_actual_text(shown: re.Match[bytes]) -> bool:
    """Return whether a string stands in for glyphs beside it, such as a ligature: 14.9.4."""
    return shown.string[max(shown.start() - 16, 0) : shown.start()].rstrip().endswith(b"ActualText")


def _spell(run: bytearray, width: int, letters: Letters) -> str:
    size = len(run) // width
    codes = struct.unpack_from(f">{size}{' BH'[width]}", run)
    return "".join([letters.get(code, _NO_LETTER) for code in codes])


def _spells_a_key(letters: Letters) -> bool:
    known = set("".join(letters.values()))
    return any(known.issuperset(prefix) for prefix in PREFIXES)


def _letters(of_map: bytes, budget: Budget) -> tuple[Letters, Letters]:
    """Return which codes of one byte, and of two, are letters of ASCII: no key has others."""
    found: tuple[Letters, Letters] = ({}, {})
    budget.spend(DECODED * len(of_map))
    for section in of_map.split(b"beginbf")[1:]:
        body = section.partition(b"endbf")[0]
        for width, code, target in _ranges(body) if body.startswith(b"range") else _chars(body):
            budget.spend(TOKEN)
            if target.isascii():
                found[width - 1][code] = target
    return found


def _chars(body: bytes) -> Iterator[tuple[int, int, str]]:
    for code, target in _CHAR.findall(body):
        yield len(code) // 2, int(code, 16), _unicode(target)


def _ranges(body: bytes) -> Iterator[tuple[int, int, str]]:
    for first, last, target, targets in _RANGE.findall(body):
        codes = range(int(first, 16), min(int(last, 16), int(first, 16) + 255) + 1)
        start = _unicode(target)
        # Only the last byte of a code counts on, and with it the last of the letters.
        spelled = (start[:-1] + chr(ord(start[-1]) + each) for each in range(256))
        for code, letter in zip(
            codes, spelled if target else map(_unicode, _ONE.findall(targets)), strict=False
        ):
            yield len(first) // 2, code, letter


def _unicode(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be", "replace")
