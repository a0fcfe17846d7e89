"""Undo compression: gzip (RFC 1952), zlib (RFC 1950), bzip2, xz, zstd (RFC 8878) and VBA's."""

from __future__ import annotations

import bz2
import importlib
import lzma
import zlib
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union, cast

from bedrock_key_guard.scan.containers.cursor import BLOCK, Cursor
from bedrock_key_guard.scan.containers.members import Members, OpenedMember, Reader, name_of
from bedrock_key_guard.scan.containers.vba import Vba
from bedrock_key_guard.scan.limits import (
    BROKEN,
    STEP,
    TOO_SHORT,
    Broken,
    Budget,
    Unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_FAILURES = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)
# What goes into a decompressor first, since most members are small and what is left is copied, and
# what comes out at a time.
_LEAST, _MOST = 1 << 12, 1 << 18
# To begin a stream costs less than a part does.
_STREAM = STEP >> 2
# To find where a stream is broken takes copies of the decompressor.
_SALVAGED = 2 * STEP
_EXTRA, _NAME, _COMMENT = 0x04, 0x08, 0x10
_LONGEST_HEADER = 1 << 16
# A frame that holds what its writer liked, and nothing compressed (RFC 8878, 3.1.2).
_SKIPPABLE = b"\x2a\x4d\x18"


class Zlib:
    """Give zlib's decompressor the manners of those of bz2, lzma and compression.zstd."""

    def __init__(self, window_bits: int) -> None:
        """Read zlib (15), gzip (31) or bare deflate (-15)."""
        self._window_bits = window_bits
        self._inner = zlib.decompressobj(window_bits)
        self._begun = self.eof = False
        self.needs_input = True
        self._left = self.unused_data = b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Take `data` in and give at most `max_length` bytes out.

        Raises zlib.error, but only after all that came before the error was given out.
        """
        data = self._left + data
        # A copy is dear where members are small, and what had not begun can be made again.
        before = self._inner.copy() if self._begun else None
        self._begun = True
        try:
            found = self._inner.decompress(data, max_length)
        except zlib.error:
            before = before or zlib.decompressobj(self._window_bits)
            return self._salvaged(before, data, max_length)
        self._keep(self._inner, self._inner.unconsumed_tail)
        return found

    def _salvaged(self, inner: zlib._Decompress, data: bytes, max_length: int) -> bytes:
        """Feed what can be fed, in pieces that grow up to the error and then shrink towards it.

        zlib keeps nothing of a call that fails; most that fail do so at their first bytes.
        """
        found, step, growth = b"", 1, 2
        while step and data and len(found) < max_length:
            before = inner.copy()
            try:
                found += inner.decompress(data[:step], max_length - len(found))
            except zlib.error:
                inner, step, growth = before, step // 2, 1
            else:
                data = inner.unconsumed_tail + data[step:]
                step *= growth
        if not found:
            raise zlib.error(BROKEN)
        self._keep(inner, data)
        return found

    def _keep(self, inner: zlib._Decompress, left: bytes) -> None:
        self._inner, self._left = inner, left
        self.eof, self.unused_data, self.needs_input = inner.eof, inner.unused_data, not left


Decompressor = Union["bz2.BZ2Decompressor", "lzma.LZMADecompressor", Zlib, Vba]


@dataclass(frozen=True, slots=True)
class Codec:
    """Make decompressors, each in at most so many bytes of memory; `large` ones have need of it.

    A stream in a file of its own begins with `magic`.
    """

    make: Callable[[int], Decompressor]
    magic: bytes = b""
    large: bool = False


_BACKPORT = "backports.zstd"


def _zstd(memory: int) -> Decompressor:
    """Make a decompressor for zstd. Raises Unreadable where Python has no library for it."""
    library = _zstd_library()
    window = {library.DecompressionParameter.window_log_max: memory.bit_length() - 1}
    return cast("Decompressor", library.ZstdDecompressor(options=window))


def _zstd_library() -> Any:
    """Return Python's own module, or the same one for an older Python, where that is installed."""
    for name in ("compression.zstd", _BACKPORT):
        with suppress(ImportError):
            return importlib.import_module(name)
    raise Unreadable(f"zstd takes Python 3.14, or the package {_BACKPORT}", wants=_BACKPORT)


def _xz(memory: int) -> Decompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=memory)


def _lzma(memory: int) -> Decompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=memory)


DEFLATE = Codec(lambda _: Zlib(-zlib.MAX_WBITS))
ZLIB = Codec(lambda _: Zlib(zlib.MAX_WBITS), b"\x78")
GZIP = Codec(lambda _: Zlib(zlib.MAX_WBITS | 16), b"\x1f\x8b")
BZIP2 = Codec(lambda _: bz2.BZ2Decompressor(), b"BZh")
XZ = Codec(_xz, b"\xfd7zXZ\0", large=True)
LZMA = Codec(_lzma, b"\x5d\0\0", large=True)
VBA = Codec(lambda _: Vba())
ZSTD = Codec(_zstd, b"\x28\xb5\x2f\xfd", large=True)


def unpack(
    cursor: Cursor, codec: Codec, budget: Budget, *, head: bytes = b"", header: int = 0
) -> Iterator[bytes]:
    """Yield what one compressed stream holds, and give back what came behind it.

    `head` goes before what the cursor reads, and `header` is how much of that is not compressed.
    Raises Unreadable where the stream is broken, ends too early, or the budget is spent.
    """
    with budget.dictionary() if codec.large else nullcontext(0) as memory:
        decompressor = codec.make(memory)
        data, last, begin, size = head, b"", cursor.position + header, _LEAST
        while not decompressor.eof:
            if decompressor.needs_input and not data:
                cursor.claim(begin, cursor.position)
                begin = max(begin, cursor.position)
                data = last = cursor.read(size)
                size = min(4 * size, BLOCK)
            try:
                block = _decompressed(decompressor, data)
            except Unreadable:
                # What was taken to be part of the stream may not be.
                cursor.unread(last)
                budget.spend(_SALVAGED)
                raise
            if block:
                budget.unpack(len(block))
                yield block
            elif not data and decompressor.needs_input and not decompressor.eof:
                raise Unreadable(TOO_SHORT)
            data = b""
        cursor.unread(decompressor.unused_data)
        cursor.claim(begin, cursor.position)


def _decompressed(decompressor: Decompressor, data: bytes) -> bytes:
    """Feed a decompressor. Raises Unreadable in place of whatever the libraries raise."""
    try:
        return decompressor.decompress(data, _MOST)
    except Exception as error:
        # zstd's own class exists only where its module does.
        if not isinstance(error, _FAILURES) and type(error).__name__ != "ZstdError":
            raise
        if "memory" in str(error).lower():
            raise Unreadable("it needs too much memory to unpack", "missing") from None
        raise Broken from None


def reader(codec: Codec) -> Reader:
    """Return a reader of files that are one compressed stream, or several one after the other."""

    def read(cursor: Cursor, budget: Budget) -> Members:
        name = _gzip_header(cursor)[0] if codec is GZIP else b""
        yield OpenedMember(name_of(name, "latin-1"), _streams(cursor, codec, budget))

    return read


def read_deflate(cursor: Cursor, budget: Budget) -> Members:
    """Yield what one stream of bare deflate holds (RFC 1951)."""
    yield OpenedMember("", unpack(cursor, DEFLATE, budget))


def _streams(cursor: Cursor, codec: Codec, budget: Budget) -> Iterator[bytes]:
    """Yield what all streams hold; padding and other bytes behind them are no part of any."""
    while _comes(cursor, codec):
        budget.spend(_STREAM)
        header = _gzip_header(cursor)[1] if codec is GZIP else 0
        yield from unpack(cursor, codec, budget, header=header)


def _comes(cursor: Cursor, codec: Codec) -> bool:
    """Move to the next stream, and return whether there is one."""
    while start := cursor.up_to(8):
        if not start.strip(b"\0"):
            continue
        if codec is ZSTD and start[1:4] == _SKIPPABLE and start[0] & 0xF0 == 0x50:
            cursor.pass_over(int.from_bytes(start[4:], "little"))
            continue
        rest = start.lstrip(b"\0") + cursor.up_to(len(start) - len(start.lstrip(b"\0")))
        cursor.unread(rest)
        return rest.startswith(codec.magic)
    return False


def _gzip_header(cursor: Cursor) -> tuple[bytes, int]:
    """Return the name in a gzip header and how long all of it is, a key in a comment included.

    The cursor stays where it was.
    """
    head = cursor.up_to(10)
    flags = head[3] if len(head) == 10 else 0
    if flags & (_EXTRA | _NAME | _COMMENT):
        head += cursor.up_to(_LONGEST_HEADER)
    cursor.unread(head)
    end, name = 10, b""
    if flags & _EXTRA:
        end += 2 + int.from_bytes(head[10:12], "little")
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            text = head[end:].partition(b"\0")[0]
            end += len(text) + 1
            name = text if flag == _NAME else name
    return name, end
