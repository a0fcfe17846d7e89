"""See at memory speed where compressed streams begin inside bytes of another kind.

A signature says where to try, and a try of a kilobyte whether there is a stream. Each expression
begins with one byte, which is looked for ten times as fast as any of several. Text is passed over
for what it has not: a NUL.

Pixels are no text: streams in a PNG's `IDAT` and `fdAT` are left out, as are the tables of a font
in WOFF. zlib's smaller windows are written by few programs but those that write PNG: they are
looked for in its chunks of text, and everywhere in what was decoded.
"""

from __future__ import annotations

# Nothing more is imported here: the hook asks for every file of every commit.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Start = tuple[int, str]

# What is decompressed to see whether a stream is one, and what has to come out of that.
PROBE, _ENOUGH = 1 << 10, 64
# How far before a stream its expression looks, or how much of that may be needed.
BEFORE = 128
_PNG, _WOFF = b"\x89PNG\r\n", b"wOFF"
# RFC 1950: of two bytes the first has the method and the window, both are a multiple of 31, and
# they name no dictionary. RFC 1952, bzip2's own format, xz's, and RFC 8878 have longer ones.
_ZLIB = rb"x[\x01\x5e\x9c\xda](?<!IDAT..)(?<!fdAT.{6})"
_SURE = (
    ("gzip", rb"\x1f\x8b\x08[\0-\x1f]"),
    ("bzip2", rb"BZh[1-9]1AY&SY"),
    ("xz", rb"\xfd7zXZ\0"),
    ("zstd", rb"\((?=\xb5/\xfd[^\x08-\x0f\x18-\x1f])"),
)
# A keyword, and in `iTXt` that what follows is compressed, a language and a translation
# (https://www.w3.org/TR/png-3/#11textinfo).
_TEXT_OF_PNG = rb"TXt(?<=[zi]TXt)[^\0]{1,79}\0(?:\x01\0[^\0]{0,99}\0[^\0]{0,999}\0|\0)(?=[\x08-x])"
_BITS = {"zlib": 15, "gzip": 31}


def holds_stream(data: bytes, head: bytes = b"") -> bool:
    """Return whether a stream begins anywhere in a part of a file that begins with `head`."""
    return any(begins(data[at : at + PROBE], kind) for at, kind in starts(data, head or data))


def starts(data: bytes, head: bytes = b"") -> list[Start]:
    """Return where streams may begin in a part of a file that begins with `head`, in order."""
    if data.find(0) < 0 or head.startswith(_WOFF):
        return []
    found = [*_found((("zlib", _ZLIB), *_SURE), data)]
    if head.startswith(_PNG):
        found += ((end, "zlib") for _, end in _spans(_TEXT_OF_PNG, data))
    return sorted(found)


def starts_in_decoded(data: bytes) -> list[Start]:
    """Return where streams may begin in what was decoded, which is short, whatever their window."""
    if data.isascii():
        return []
    return sorted(_found((("zlib", _any_window()), *_SURE), data))


def begins(piece: bytes, kind: str) -> bool:
    """Return whether a stream of this kind begins with `piece`: `PROBE` bytes, if there are."""
    if kind not in _BITS:
        return True
    import zlib

    stream = zlib.decompressobj(_BITS[kind])
    try:
        return len(stream.decompress(piece, _ENOUGH)) >= _ENOUGH or stream.eof
    except zlib.error:
        return False


def _found(kinds: Iterable[tuple[str, bytes]], data: bytes) -> Iterable[Start]:
    return ((at, kind) for kind, pattern in kinds for at, _ in _spans(pattern, data))


def _spans(pattern: bytes, data: bytes) -> Iterable[tuple[int, int]]:
    import re  # keeps what it compiled

    return (found.span() for found in re.finditer(pattern, data, re.DOTALL))


def _any_window() -> bytes:
    heads = {
        size: [flags for flags in range(256) if (size << 8 | flags) % 31 == 0 and not flags & 32]
        for size in range(0x08, 0x79, 0x10)
    }
    return b"|".join(
        b"\\x%02x[%b]" % (size, b"".join(b"\\x%02x" % each for each in flags))
        for size, flags in heads.items()
    )
