"""Undo compression: gzip (RFC 1952), zlib (RFC 1950), bzip2, xz and, from Python 3.14, zstd."""

from __future__ import annotations

import bz2
import importlib
import lzma
import zlib
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bedrock_key_guard.scan.containers.limits import Unreadable
from bedrock_key_guard.scan.containers.streams import BLOCK, TOO_SHORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bedrock_key_guard.scan.containers.limits import Budget
    from bedrock_key_guard.scan.containers.streams import Cursor

BROKEN = "its compressed data is broken"
_BROKEN = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)
GZIP_MAGIC, ZSTD_MAGIC, LZMA_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x5d\0\0"
# What goes into a decompressor first, since most members are small and what is left is copied, and
# what comes out at a time.
_LEAST, _MOST = 1 << 12, 1 << 18


class Decompressor(Protocol):
    """Unpack one stream, as the classes of bz2, lzma and compression.zstd do."""

    @property
    def eof(self) -> bool:
        """Tell whether the stream's own end was reached."""
        ...

    @property
    def needs_input(self) -> bool:
        """Tell whether nothing more comes out without more input."""
        ...

    @property
    def unused_data(self) -> bytes:
        """Return what came after the end."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Take `data` in and give at most `max_length` bytes out."""
        ...


class Zlib:
    """Give zlib's decompressor the manners of the others."""

    def __init__(self, window_bits: int) -> None:
        """Read zlib (15), gzip (31) or bare deflate (-15)."""
        self._window_bits = window_bits
        self._inner = zlib.decompressobj(window_bits)
        self._begun = False
        self._left = b""

    @property
    def eof(self) -> bool:
        """Tell whether the stream's own end was reached."""
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        """Tell whether nothing more comes out without more input."""
        return not self._left

    @property
    def unused_data(self) -> bytes:
        """Return what came after the end."""
        return self._inner.unused_data

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
        self._left = self._inner.unconsumed_tail
        return found

    def _salvaged(self, inner: zlib._Decompress, data: bytes, max_length: int) -> bytes:
        """Feed what can be fed, in ever smaller pieces; zlib keeps nothing of a call that fails."""
        found, step = b"", len(data)
        while step and data and len(found) < max_length:
            before = inner.copy()
            try:
                found += inner.decompress(data[:step], max_length - len(found))
            except zlib.error:
                inner, step = before, step // 2
            else:
                data = inner.unconsumed_tail + data[step:]
        if not found:
            raise zlib.error(BROKEN)
        self._inner, self._left = inner, data
        return found


@dataclass(frozen=True, slots=True)
class Codec:
    """Make decompressors, each in at most so many bytes of memory; `large` ones have need of it."""

    make: Callable[[int], Decompressor]
    large: bool = False


def _zstd(memory: int) -> Decompressor:
    """Make a decompressor for zstd. Raises Unreadable where Python has no library for it."""
    library = _zstd_library()
    window = {library.DecompressionParameter.window_log_max: memory.bit_length() - 1}
    found: Decompressor = library.ZstdDecompressor(options=window)
    return found


def _zstd_library() -> Any:
    """Return Python's own module, or the same one for an older Python, where that is installed."""
    for name in ("compression.zstd", "backports.zstd"):
        with suppress(ImportError):
            return importlib.import_module(name)
    raise Unreadable("zstd can be read from Python 3.14 on")


DEFLATE = Codec(lambda _: Zlib(-zlib.MAX_WBITS))
ZLIB = Codec(lambda _: Zlib(zlib.MAX_WBITS))
GZIP = Codec(lambda _: Zlib(zlib.MAX_WBITS | 16))
BZIP2 = Codec(lambda _: bz2.BZ2Decompressor())
XZ = Codec(lambda memory: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=memory), large=True)
LZMA = Codec(lambda memory: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=memory), large=True)
ZSTD = Codec(_zstd, large=True)


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
        if not isinstance(error, _BROKEN) and type(error).__name__ != "ZstdError":
            raise
        if "memory" in str(error).lower():
            raise Unreadable("it needs too much memory to unpack", "missing") from None
        raise Unreadable(BROKEN) from None
