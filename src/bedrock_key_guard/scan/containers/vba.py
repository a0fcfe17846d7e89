"""Unpack the source of macros, as Office keeps it in workbooks and documents.

The format is that of [MS-OVBA], 2.4.1: a byte, and chunks that unpack to 4,096 bytes at most, in
which a bit for each token tells whether it is a byte or a copy of bytes before it.
"""

from __future__ import annotations

from bedrock_key_guard.scan.limits import BROKEN

_CHUNK = 4096
_SIGNATURE, _SIGNED = 0x3000, 0x7000
_PACKED, _SIZE = 0x8000, 0x0FFF


class Vba:
    """Unpack chunk by chunk, with the manners of the decompressors of the standard library."""

    def __init__(self) -> None:
        """Begin before the byte that marks the beginning."""
        self.eof = False
        self.needs_input = True
        self.unused_data = b""
        self._left = b""
        self._begun = False

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return what whole chunks hold, some more than `max_length`. Raises ValueError."""
        self._left += data
        if not self._begun:
            self._left, self._begun = self._left[1:], True
        found = bytearray()
        while len(found) < max_length and (chunk := self._next()):
            found += _unpacked(chunk)
        self.needs_input = len(found) < max_length and not self.eof
        return bytes(found)

    def _next(self) -> bytes:
        """Return the next chunk with its header, nothing where it is not here yet, or none is."""
        header = int.from_bytes(self._left[:2], "little")
        size = (header & _SIZE) + 3
        if len(self._left) >= 2 and header & _SIGNED != _SIGNATURE:
            self.eof, self.unused_data = True, self._left
        if self.eof or len(self._left) < size:
            return b""
        chunk, self._left = self._left[:size], self._left[size:]
        return chunk


def _unpacked(chunk: bytes) -> bytes:
    """Return what a chunk holds. Raises ValueError where it copies what is not there."""
    if not chunk[1] & _PACKED >> 8:
        return chunk[2:]
    found, at = bytearray(), 2
    while at < len(chunk):
        flags = chunk[at]
        at += 1
        for bit in range(8):
            if flags >> bit & 1:
                _copy(found, int.from_bytes(chunk[at : at + 2], "little"))
                at += 2
            else:
                found += chunk[at : at + 1]
                at += 1
            if at >= len(chunk):
                break
    return bytes(found)


def _copy(found: bytearray, token: int) -> None:
    """Add bytes again; the more there are, the more bits of a token tell how far back."""
    bits = max((len(found) - 1).bit_length(), 4)
    length, back = (token & 0xFFFF >> bits) + 3, (token >> 16 - bits) + 1
    if back > len(found) or len(found) + length > _CHUNK:
        raise ValueError(BROKEN)
    piece = found[len(found) - back :]
    found += (piece * -(-length // back))[:length]
