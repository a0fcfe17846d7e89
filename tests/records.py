"""Write what the quick compressions and files of records look like, after their documents."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

# Letters, and what is copied from so far back.
Token = tuple[bytes, int, int]
Encode = Callable[[bytes], bytes]
_NEAR, _LONGEST, _ROUND = 8000, 60, 4


def tokens(data: bytes) -> Iterator[Token]:
    """Yield letters and what is copied behind them; the last letters have nothing behind them."""
    seen: dict[bytes, int] = {}
    at = begin = 0
    while at < len(data) - 12:
        start, known = data[at : at + _ROUND], seen.get(data[at : at + _ROUND], -_NEAR)
        seen[start] = at
        if at - known >= _NEAR:
            at += 1
            continue
        size = _ROUND
        while (
            size < _LONGEST and at + size < len(data) - 5 and data[at + size] == data[known + size]
        ):
            size += 1
        yield data[begin:at], at - known, size
        at = begin = at + size
    yield data[begin:], 0, 0


def lz4(data: bytes) -> bytes:
    """Write a block (lz4_Block_format.md)."""
    out = bytearray()
    for letters, distance, size in tokens(data):
        out.append(min(len(letters), 15) << 4 | min(max(size - _ROUND, 0), 15))
        out += _more(len(letters)) + letters
        if size:
            out += struct.pack("<H", distance) + _more(size - _ROUND)
    return bytes(out)


def _more(size: int) -> bytes:
    return b"\xff" * ((size - 15) // 255) + bytes(((size - 15) % 255,)) if size >= 15 else b""


def snappy(data: bytes) -> bytes:
    """Write a block (Snappy's format_description.txt)."""
    out = bytearray(varint(len(data)))
    for letters, distance, size in tokens(data):
        if letters:
            length = len(letters) - 1
            out += bytes((length << 2,)) if length < 60 else b"\xf4" + struct.pack("<H", length)
        out += letters
        if size > 11 or distance > 2047:
            out += bytes((size - 1 << 2 | 2,)) + struct.pack("<H", distance)
        elif size:
            out += bytes((distance >> 8 << 5 | size - 4 << 2 | 1, distance & 255))
    return bytes(out)


def lzf(data: bytes) -> bytes:
    """Write a block (LibLZF's lzf_d.c)."""
    out = bytearray()
    for letters, distance, size in tokens(data):
        for at in range(0, len(letters), 32):
            piece = letters[at : at + 32]
            out += bytes((len(piece) - 1,)) + piece
        if size:
            far, length = distance - 1, size - 2
            out.append(min(length, 7) << 5 | far >> 8)
            out += bytes((length - 7,)) if length >= 7 else b""
            out.append(far & 255)
    return bytes(out)


def lz4_frame(data: bytes, block: int = 1 << 16) -> bytes:
    """Write a frame of blocks that do not need each other (lz4_Frame_format.md)."""
    blocks = [lz4(data[at : at + block]) for at in range(0, len(data), block)]
    body = b"".join(struct.pack("<I", len(each)) + each for each in blocks)
    return b"\x04\x22\x4d\x18\x60\x40\x82" + body + bytes(4)


def snappy_frames(data: bytes) -> bytes:
    """Write chunks (Snappy's framing_format.txt), with sums that nobody asks for."""
    pieces = [snappy(data[at : at + 65536]) for at in range(0, len(data), 65536)]
    chunks = (struct.pack("<I", len(each) + 4 << 8) + bytes(4) + each for each in pieces)
    return b"\xff\x06\0\0sNaPpY" + b"".join(chunks)


def lzf_blocks(data: bytes) -> bytes:
    """Write blocks as LibLZF's own program does (lzf.c)."""
    pieces = [data[at : at + 65535] for at in range(0, len(data), 65535)]
    packed = ((lzf(each), len(each)) for each in pieces)
    return b"".join(b"ZV\1" + struct.pack(">HH", len(each), size) + each for each, size in packed)


def deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


def varint(number: int) -> bytes:
    """Write a number in seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))


def _signed(number: int) -> bytes:
    return varint(number << 1)


def _summed(data: bytes) -> bytes:
    return snappy(data) + bytes(4)


_CODECS: dict[str, Encode] = {"deflate": deflate, "snappy": _summed}


def avro(data: bytes, codec: str = "deflate", size: int = 16000) -> bytes:
    """Write blocks of one record each (Avro's specification, "Object Container Files")."""
    pack = _CODECS.get(codec, bytes)
    entries = {b"avro.schema": b'"bytes"', b"avro.codec": codec.encode()}
    texts = [_signed(len(each)) + each for pair in entries.items() for each in pair]
    blocks = [pack(data[at : at + size]) for at in range(0, len(data), size)]
    sync = b"0123456789abcdef"
    head = b"Obj\1" + _signed(len(entries)) + b"".join(texts) + b"\0" + sync
    return head + b"".join(_signed(1) + _signed(len(each)) + each + sync for each in blocks)


def orc(data: bytes, pack: Encode = deflate, codec: int = 1, size: int = 60000) -> bytes:
    """Write chunks (ORC's specification, "Compression"), and what ends a file."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    chunks = (
        struct.pack("<I", len(each) << 1)[:3] + each
        for each in (*map(pack, pieces), pack(b"a\0" * 9))
    )
    end = b"\x08\x05\x10" + bytes((codec,)) + b"\x18\x80\x80\x04\x82\xf4\x03\x03ORC"
    return b"ORC" + b"".join(chunks) + end + bytes((len(end),))


def parquet(data: bytes, pack: Encode = snappy, *, levels: bytes = b"") -> bytes:
    """Write two pages (parquet.thrift), the second with the data, and no index of them."""
    pages = page(b"first\0" * 9, pack, levels=levels) + page(data, pack, levels=levels)
    return b"PAR1" + pages + b"\x15\x02\0" + struct.pack("<I", 3) + b"PAR1"


def page(data: bytes, pack: Encode = snappy, *, levels: bytes = b"") -> bytes:
    """Write one page, with `levels` of the second version: they stand before what is compressed."""
    packed = pack(data)
    kind, sizes = (3 if levels else 0), (len(data) + len(levels), len(packed) + len(levels))
    numbers = b"".join(b"\x15" + _signed(number) for number in (kind, *sizes))
    last = _page_2(levels) if levels else b"\x2c\x15\x02\x15\x00\x15\x06\x15\x06\0"
    return numbers + last + b"\0" + levels + packed


def _page_2(levels: bytes) -> bytes:
    counts = b"\x15\x02\x15\x00\x15\x02\x15\x00"
    return b"\x5c" + counts + b"\x15" + _signed(len(levels)) + b"\x15\x00\x11\0"


def leveldb(data: bytes, size: int = 4000) -> bytes:
    """Write a table (LevelDB's doc/table_format.md): a block for each piece, and their index."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    table, handles = b"", []
    for each in (*map(_block, pieces), _block(b"")):
        packed = snappy(each)
        handles.append((len(table), len(packed)))
        table += packed + b"\1" + bytes(4)
    entries = [varint(at) + varint(length) for at, length in handles[:-1]]
    index = _entries((b"%06d" % number, each) for number, each in enumerate(entries))
    place = varint(len(table)) + varint(len(index))
    meta = b"".join(map(varint, handles[-1]))
    return (
        table
        + index
        + bytes(5)
        + (meta + place).ljust(40, b"\0")
        + bytes.fromhex("57fb808b247547db")
    )


def _block(value: bytes) -> bytes:
    return _entries([(b"key", value)])


def _entries(pairs: Iterator[tuple[bytes, bytes]] | list[tuple[bytes, bytes]]) -> bytes:
    entries = b"".join(
        b"\0" + varint(len(key)) + varint(len(value)) + key + value for key, value in pairs
    )
    return entries + bytes(4) + struct.pack("<I", 1)
