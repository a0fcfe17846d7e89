"""Undo the filters of PDF streams: ISO 32000-1, 7.4."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers import compressed
from bedrock_key_guard.scan.limits import TOKEN, Broken, Budget, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bedrock_key_guard.scan.containers.cursor import Cursor

    Decoder = Callable[[Cursor, Budget], Iterator[bytes]]

_CLEAR, _END_OF_DATA = 256, 257
_WIDEST = 12


def _flate(cursor: Cursor, budget: Budget) -> Iterator[bytes]:
    try:
        yield from compressed.unpack(cursor, compressed.ZLIB, budget)
    except Broken:
        raise Unreadable("it is encrypted or broken", "encrypted") from None


def _counted(undo: Callable[[Cursor], Iterator[bytes]]) -> Decoder:
    """Return a decoder that counts the pieces which `undo` yields, however small they are."""

    def decode(cursor: Cursor, budget: Budget) -> Iterator[bytes]:
        for piece in undo(cursor):
            budget.spend(TOKEN)
            budget.unpack(len(piece))
            yield piece

    return decode


def _ascii_hex(cursor: Cursor) -> Iterator[bytes]:
    """Undo ASCIIHexDecode, which `>` ends; a last lone digit stands before a 0."""
    digits = b""
    for text in _up_to(cursor, b">"):
        digits += re.sub(rb"[^0-9A-Fa-f]", b"", text)
        cut = len(digits) & ~1
        yield binascii.unhexlify(digits[:cut])
        digits = digits[cut:]
    if digits:
        yield binascii.unhexlify(digits + b"0")


def _ascii_85(cursor: Cursor) -> Iterator[bytes]:
    """Undo ASCII85Decode, which `~>` ends; five characters are four bytes, `z` is four zeros."""
    rest = b""
    for text in _up_to(cursor, b"~"):
        rest = re.sub(rb"[^!-uz]", b"", rest + text.replace(b"z", b"!!!!!"))
        cut = len(rest) // 5 * 5
        yield _of_base_85(rest[:cut])
        rest = rest[cut:]
    if len(rest) > 1:
        yield _of_base_85(rest)


def _up_to(cursor: Cursor, marker: bytes) -> Iterator[bytes]:
    """Yield what comes before a marker of one byte, or all there is where it is left out."""
    for block in cursor.rest():
        text, found, _ = block.partition(marker)
        yield text
        if found:
            return


def _of_base_85(text: bytes) -> bytes:
    try:
        return base64.a85decode(text)
    except ValueError:
        return b""


def _run_length(cursor: Cursor) -> Iterator[bytes]:
    """Undo RunLengthDecode: a length and so many bytes, or a length and the byte to repeat."""
    while (head := cursor.up_to(1)) and head != b"\x80":
        length = head[0]
        yield cursor.up_to(length + 1) if length < 128 else cursor.up_to(1) * (257 - length)


def _lzw(cursor: Cursor) -> Iterator[bytes]:
    """Undo LZWDecode, whose codes grow from nine bits to twelve, one code early."""
    table, last = [*(bytes((each,)) for each in range(256)), b"", b""], b""
    for code in _codes(cursor, table):
        if code == _CLEAR:
            del table[_END_OF_DATA + 1 :]
            last = b""
            continue
        if code > len(table) or (code == len(table) and not last):
            raise Broken
        word = table[code] if code < len(table) else last + last[:1]
        if last and len(table) < 1 << _WIDEST:
            table.append(last + word[:1])
        last = word
        yield word


def _codes(cursor: Cursor, table: list[bytes]) -> Iterator[int]:
    """Yield the codes up to the end of data; how wide they are follows from the table's size."""
    held = bits = 0
    for block in cursor.rest():
        for byte in block:
            held, bits = held << 8 | byte, bits + 8
            # The word of the code before is added only when this one is known.
            width = min(max((len(table) + 1).bit_length(), 9), _WIDEST)
            if bits >= width:
                bits -= width
                code, held = held >> bits, held & (1 << bits) - 1
                if code == _END_OF_DATA:
                    return
                yield code


_NAMES: tuple[tuple[bytes, bytes, Decoder], ...] = (
    (b"FlateDecode", b"Fl", _flate),
    (b"ASCIIHexDecode", b"AHx", _counted(_ascii_hex)),
    (b"ASCII85Decode", b"A85", _counted(_ascii_85)),
    (b"LZWDecode", b"LZW", _counted(_lzw)),
    (b"RunLengthDecode", b"RL", _counted(_run_length)),
)
DECODERS = {name: decoder for long, short, decoder in _NAMES for name in (long, short)}
