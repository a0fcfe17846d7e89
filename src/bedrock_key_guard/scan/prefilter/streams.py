"""See at memory speed where compressed streams begin inside bytes of another kind.

A signature says where to try, and a try of a kilobyte whether there is a stream. Each expression
begins with one byte, which is looked for ten times as fast as any of several. Text is passed over
for what it has not: a NUL.

Pixels are no text: streams in a PNG's `IDAT` and `fdAT` are left out, as are the tables of a font
in WOFF. zlib's smaller windows are written by few programs but those that write PNG: they are
looked for in its chunks of text, and everywhere in what was decoded.
"""

from __future__ import annotations

import sys

# Nothing more is imported here: the hook asks for every file of every commit.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
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
    ("lz4", rb"\x04\x22\x4d\x18[\x40-\x7d][\x40-\x70]"),
    ("snappy", rb"\xff\x06\0\0sNaPpY"),
)
_ANY_WINDOW = (
    rb"\x08[\x1d\x5b\x99\xd7]|\x18[\x19\x57\x95\xd3]|\x28[\x15\x53\x91\xcf]"
    rb"|\x38[\x11\x4f\x8d\xcb]|\x48[\x0d\x4b\x89\xc7]|\x58[\x09\x47\x85\xc3]"
    rb"|\x68[\x05\x43\x81\xde]|\x78[\x01\x5e\x9c\xda]"
)
_compiled: re.Pattern[bytes] | None = None
# What is smaller holds no key, for nobody can compress its secret.
SHORTEST = 64
# What each of those has, for as many bytes as are searched for all of it sooner than `re` starts.
_SIGNS = (
    b"x\x01",
    b"x\x5e",
    b"x\x9c",
    b"x\xda",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd",
    b"TXt",
    b"\x22M\x18",
    b"sNaPpY",
    b"\0Attribut",
)
_FEW = 1 << 18
# A keyword, and in `iTXt` that what follows is compressed, a language and a translation
# (https://www.w3.org/TR/png-3/#11textinfo).
_TEXT_OF_PNG = rb"TXt(?<=[zi]TXt)[^\0]{1,79}\0(?:\x01\0[^\0]{0,99}\0[^\0]{0,999}\0|\0)(?=[\x08-x])"
# The source of every macro begins with the same word ([MS-VBAL], 4.2), and so do its tokens, behind
# the byte that marks the beginning, a header and eight bits.
_VBA, _BEFORE_VBA = rb"Attribut(?<=\x01.[\xb0-\xbf]\0Attribut)", 4
_BITS = {"zlib": 15, "gzip": 31}


def has_stream(data: bytes, head: bytes = b"") -> bool:
    """Return whether a stream begins anywhere in a part of a file that begins with `head`."""
    return any(begins(data[at : at + PROBE], kind) for at, kind in starts(data, head or data))


def starts(data: bytes, head: bytes = b"") -> list[Start]:
    """Return where streams may begin in a part of a file that begins with `head`, in order."""
    if data.find(0) < 0 or head.startswith(_WOFF) or _is_soon_seen_to_have_none(data):
        return []
    found = [*_found((("zlib", _ZLIB), *_SURE), data), *_macros(data)]
    if head.startswith(_PNG):
        found += ((end, "zlib") for _, end in _spans(_TEXT_OF_PNG, data))
    return sorted(found)


def _is_soon_seen_to_have_none(data: bytes) -> bool:
    """Return whether no sign is in a few bytes: that is known before `re` is imported."""
    if "re" in sys.modules or len(data) > _FEW:
        return False
    return not any(sign in data for sign in _SIGNS)


def starts_in_decoded(data: bytes) -> list[Start]:
    """Return where streams may begin in what was decoded, whatever their window."""
    if data.isascii():
        return []
    found = [(each.start(), str(each.lastgroup)) for each in _in_decoded().finditer(data)]
    return sorted([*found, *_macros(data)])


def _macros(data: bytes) -> Iterable[Start]:
    return ((at - _BEFORE_VBA, "VBA") for at, _ in _spans(_VBA, data))


def _in_decoded() -> re.Pattern[bytes]:
    """Return one expression for all: what was decoded is often short."""
    global _compiled  # noqa: PLW0603  # to look it up in the cache of `re` takes longer than to use it
    if _compiled is None:
        import re

        kinds = (("zlib", _ANY_WINDOW), *_SURE)
        groups = (b"(?P<%b>%b)" % (kind.encode(), pattern) for kind, pattern in kinds)
        _compiled = re.compile(b"|".join(groups), re.DOTALL)
    return _compiled


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
