"""Write the worst inputs that are known, one or more for each reader and decoder, of any size."""

from __future__ import annotations

import base64
import bz2
import gzip
import itertools
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from hashlib import sha1, shake_256

from tests import archives, boxes, keysmith, records

Make = Callable[[int], bytes]


def _filled(pattern: bytes) -> Make:
    """Repeat a pattern, with the start of a key in every kilobyte, so that it is looked at."""
    piece = pattern * max(1000 // len(pattern), 1) + b" ABSK "
    return lambda size: piece * (size // len(piece))


def _repeated(pattern: bytes, head: bytes = b"") -> Make:
    return lambda size: head + pattern * (size // len(pattern))


def _base64(inner: Make, times: int = 1, share: float = 1.0) -> Make:
    """Write base64 of an inner input, which is so much smaller."""

    def make(size: int) -> bytes:
        data = inner(int(size * share * 0.75**times))
        for _ in range(times):
            data = base64.b64encode(data)
        return data

    return make


def _keys(separator: bytes) -> Make:
    return lambda size: separator.join(itertools.islice(_made_up(), size // 120))


def _made_up() -> Iterator[bytes]:
    """Yield long-term keys, each another, that share all but the end of their secrets."""
    for number in itertools.count():
        secret = "A" * 54 + base64.b64encode(struct.pack(">I", number << 8))[:5].decode() + "="
        yield b"ABSK" + base64.b64encode(f"u-at-111122223333:{secret}".encode())


def _same_key(separator: bytes) -> Make:
    return _repeated(keysmith.long_term("bob").encode() + separator)


def _macro(copies: int) -> bytes:
    """Pack what begins as the source of a macro, and so many copies of three bytes."""
    tokens = b"\0Attribut" + (b"\xff" + bytes(16)) * (copies // 8)
    return b"\1" + (0xB000 | len(tokens) - 1).to_bytes(2, "little") + tokens


def _noise(size: int) -> bytes:
    return shake_256(b"noise").digest(size)


def _shrunk(make: Callable[[int], bytes], packed: Callable[[bytes], bytes]) -> Make:
    """Pack so much that about `size` bytes come out."""

    def sized(size: int) -> bytes:
        sample = packed(make(1 << 20))
        return packed(make(max(size * (1 << 20) // len(sample), 1)))

    return sized


def _zip_of(piece: bytes, method: int = zipfile.ZIP_DEFLATED) -> Make:
    """Pack the same member so often that the archive has `size` bytes."""
    one = len(boxes.zipped({"000000": piece}, method)) - 22

    def make(size: int) -> bytes:
        members = {f"{each:06}": piece for each in range(max(size // one, 1))}
        return boxes.zipped(members, method)

    return make


def _pdf(content: Make, filters: str, ratio: float = 1.0) -> Make:
    return lambda size: boxes.pdf(content(int(size * ratio)), filters=filters)


def _raw_pdf(filters: bytes, content: Make) -> Make:
    """Write a stream whose bytes are no output of its filter, but what it has to read."""
    head = b"%PDF-1.7\n1 0 obj\n<< /Filter " + filters + b" >>\nstream\n"
    return lambda size: head + content(size) + b"\nendstream\nendobj\n"


def _pdf_of_fonts(piece: bytes, letters: int) -> Make:
    """Show a piece again and again, and bring as many bytes of maps, none like another."""
    pairs = (b"<00%02x><%b>" % (ord(each), b"%04x" % ord(each) * letters) for each in "ABSK")
    codes = b"beginbfchar" + b"".join(pairs) + b"endbfchar"

    def make(size: int) -> bytes:
        count = size // (2 * (len(codes) + 150))
        page = b"BT /F 1 Tf " + piece * (size // (2 * len(piece))) + b"ET"
        return boxes.pdf(page, *(codes + b"%d" % each for each in range(count)), filters="[]")

    return make


def _tarred(members: int, layout: int = tarfile.PAX_FORMAT, name: str = "") -> Make:
    def make(size: int) -> bytes:
        each = members + (1536 if name else 512)
        return boxes.tarred(
            {f"{name}{number}": bytes(members) for number in range(size // each)}, layout=layout
        )

    return make


def _sqlite(value: bytes) -> Make:
    return lambda size: boxes.sqlite(*[value] * (size // len(value)), page_size=512)


def _sqlite_pointers(size: int) -> bytes:
    """Make a database in which every cell of a page is the same long record."""
    page = bytearray(boxes.sqlite("-" * 400, page_size=512)[:512])
    page += b"\r\0\0\0\xf0\0\0\0" + b"\1\xf4" * 240
    return bytes(page) + (bytes(page[512:]) + bytes(24)) * (size // 512)


def _sqlite_chains(size: int) -> bytes:
    """Make a database in which every cell goes on in one chain through all pages."""
    page = bytearray(boxes.sqlite("-" * 400, page_size=512)[:512])
    leaf = bytearray(b"\r\0\0\0\xf0\0\0\0" + b"\1\xf0" * 240)
    leaf += bytes(512 - len(leaf))
    cell = b"\x87\xff\xff\x7f\1"
    leaf[0x1F0 - 8 : 0x1F0 - 8 + len(cell)] = cell
    chain = b"".join(struct.pack(">I", number + 1) + b"-" * 508 for number in range(4, size // 512))
    return bytes(page) + bytes(leaf) * 2 + chain


def _pack(size: int) -> bytes:
    """Make a pack whose objects build on others that are not in it."""
    delta = b"\x7c" + bytes(20) + zlib.compress(b"\x80\x01\x80\x01\x01A" + b"\x01A" * 20)
    count = size // len(delta)
    return b"PACK" + struct.pack(">2I", 2, count) + delta * count


def _sound_pack(objects: list[bytes]) -> bytes:
    data = b"PACK" + struct.pack(">2I", 2, len(objects)) + b"".join(objects)
    return data + sha1(data, usedforsecurity=False).digest()


def _blobs(size: int) -> bytes:
    """Make a pack of objects of a few letters, no two alike."""
    return _sound_pack(
        [b"\x38" + zlib.compress(b"%08d" % each) for each in range(max(size // 17, 1))]
    )


def _chain(size: int) -> bytes:
    """Make a pack in which each object is a megabyte of the one before, and ends differently."""
    base = b"\xb0" + b"\x80\x80\x04" + zlib.compress(bytes(1 << 20))
    objects, before = [base], len(base)
    for each in range(size // 35):
        # A copy of all but four bytes, and four others.
        delta = b"\x80\x80\x40" * 2 + b"\xf0\xfc\xff\x0f\x04" + struct.pack(">I", each)
        distance = (
            bytes((before,)) if before < 128 else bytes((before - 128 >> 7 | 128, before & 127))
        )
        objects.append(bytes((0x60 | len(delta),)) + distance + zlib.compress(delta))
        before = len(objects[-1])
    return _sound_pack(objects)


def _lzw(size: int) -> bytes:
    """Fill the table with ever longer words, and then repeat one of forty letters."""
    bits = 0
    # So many codes that clear the table end the first part at a whole byte.
    for code in (*[256] * 6, 65, *range(258, 4096)):
        width = min(max((code + 1).bit_length(), 9), 12)
        bits = bits << width | code
    head = bits.to_bytes(-(-bits.bit_length() // 8), "big")
    return head + (300 << 12 | 300).to_bytes(3, "big") * (size // 3)


def _gzips(size: int) -> bytes:
    return b"".join([gzip.compress(b"", mtime=0)] * (size // 20))


def _named_gzips(size: int) -> bytes:
    return b"".join([boxes.gzipped(b"", "a")] * (size // 22))


def _descriptors(size: int) -> bytes:
    return boxes.zipped_as_stream({"a": b"PK\x07\x08" * (size // 4)}, zipfile.ZIP_STORED)


def _dump(size: int) -> bytes:
    data = _filled(b"-")(size // 4)
    rows = (
        b"%08x: %s" % (at, data[at : at + 16].hex(" ").encode()) for at in range(0, len(data), 16)
    )
    return b"\n".join(rows)


def _dump_of(row: Callable[[int], bytes]) -> Make:
    """Write rows of sixteen bytes, each with its offset."""
    return lambda size: b"\n".join(row(at) for at in range(0, size // 4, 16))


def _gzip_of_keys(size: int) -> bytes:
    return gzip.compress(_keys(b"\n")(size * 40), mtime=0)


def _escaped_gzip(size: int) -> bytes:
    """Compress letters that are all escaped, and write that as base64."""
    text = b"".join(
        shake_256(b"%d" % each).hexdigest(8).encode() + b"\\A\\B\\S\\K" * (1 << 11)
        for each in range(max(size // 64, 1))
    )
    return base64.b64encode(gzip.compress(text, 9, mtime=0))


def _patch(hunk: bytes, data: bytes) -> bytes:
    """Write a hunk as `git diff --binary` does, in lines of 52 bytes."""
    stream = zlib.compress(data)
    pieces = [stream[at : at + 52] for at in range(0, len(stream), 52)]
    lines = (
        bytes((len(each) + (64 if len(each) < 27 else 70),)) + base64.b85encode(each, pad=True)
        for each in pieces
    )
    return b"\n%b %d\n%b\n" % (hunk, len(data), b"\n".join(lines))


def _deflated(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


def _lz4_of(block: bytes) -> Make:
    """Write frames of blocks that are all the same."""
    return _repeated(struct.pack("<I", len(block)) + block, b"\x04\x22\x4d\x18\x60\x40\x82")


_AVRO_HEAD, _AVRO_ZEROS = records.avro(b""), records.avro(bytes(1 << 20), size=1 << 20)
# Copies of 64 bytes, which take three.
_SNAPPY_ZEROS = records.varint(64 * 9999 + 1) + b"\0\0" + b"\xfe\1\0" * 9999


def _snappy_of(block: bytes) -> Make:
    body = bytes(4) + block
    return _repeated(struct.pack("<I", len(body) << 8) + body, b"\xff\x06\0\0sNaPpY")


def _lzf_of(block: bytes) -> Make:
    return _repeated(b"ZV\1" + struct.pack(">HH", len(block), 48_001) + block)


def _leveldb_of_one(size: int) -> bytes:
    """Make an index in which every entry has the same block, of zeros."""
    block = _SNAPPY_ZEROS + b"\1"
    place = records.varint(0) + records.varint(len(block) - 1)
    entry = b"\0\0" + bytes((len(place),)) + place
    index = entry * ((size - len(block)) // len(entry)) + struct.pack("<2I", 0, 1)
    handles = bytes(2) + records.varint(len(block)) + records.varint(len(index))
    return block + index + b"\0" + handles.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")


# Two numbers, and as many letters as one code of a delta adds.
_DELTA = b"\x80\x01\x80\x01" + (b"\x7f" + b"A" * 127) * 99
TEXTS: dict[str, Make] = {
    "base64 of noise": lambda n: base64.b64encode(_noise(n * 3 // 4)),
    "keys on one line": _keys(b" "),
    "keys on lines": _keys(b"\n"),
    "one key on one line": _same_key(b","),
    "keys without a separator": _keys(b""),
    "starts of long-term keys": _repeated(b"ABSK"),
    "starts of short-term keys": _repeated(b"bedrock-api-key-"),
    "bodies of short-term keys": lambda n: (
        (b"bedrock-api-key-" + base64.b64encode(b"-" * 300) + b"+") * (n // 417)
    ),
    "starts in a long body": lambda n: (
        (b"bedrock-api-key/" * 4 + b"ABSK" * 15 + b"YmVkcm9jay") * (n // 134)
    ),
    "decoded keys": _repeated(b"user-at-111122223333:" + b"aB" * 29 + b"== "),
    "halves of decoded keys": _repeated(b"a-at-111122223333:aB"),
    "backslashes": _filled(b"\\"),
    "backslashes before quotes": _filled(b'\\\\\\\\\\\\\\"'),
    "quotes": _filled(b'"'),
    "quotes and blanks": _filled(b'"' + b" " * 99),
    "quotes and names": _filled(b'"' + b"_$" * 50),
    "quotes and comments": _filled(b'"' + b"//" * 50 + b"\n"),
    "concatenations": _filled(b'" + "'),
    "=, newline": _filled(b"=\n"),
    "newlines behind words": _filled(b"abcd\n"),
    "carets and newlines": _filled(b"abcd^\n"),
    "percent": _repeated(b"%41%42%53%4B"),
    "percent of percent": _repeated(b"%252541"),
    "entities": _repeated(b"&#65;&#66;"),
    "named entities": _filled(b"&amp;"),
    "Unicode escapes": _repeated(b"\\u0041\\u0042"),
    "long Unicode escapes": _repeated(b"\\U00000041\\u{41}"),
    "hex escapes": _repeated(b"\\x41\\x{42}"),
    "hex entities": _repeated(b"&#x41;&#x42;"),
    "quotes between letters": _filled(b"a'b"),
    "continued lines": _filled(b"abcd\\\n"),
    "octal escapes": _repeated(b"\\101\\102"),
    "quoted-printable": _filled(b"=41"),
    "tags": _filled(b"<b>"),
    "starts of tags": _repeated(b"<a " + b"-" * 199),
    "emphasis": _filled(b"a**b"),
    "terminal codes": _filled(b"\x1b[m"),
    "starts of links in a terminal": _repeated(b"\x1b]" + b"-" * 997),
    "characters that nobody sees": _filled("\N{ZERO WIDTH SPACE}".encode()),
    "hyphenation of LaTeX": _filled(b"\\-"),
    "cut keys on lines": _repeated(b"1 ABSKQmVkcm9ja0FQSUtl\n2 abcd\n3 abcd\n"),
    "a cut key and lines": _repeated(b"2 abcd\n", b"1 bedrock-api-key-YmVkcm9jay5h\n"),
    "UTF-16": lambda n: _filled(b"-")(n // 2).decode().encode("utf-16-le"),
    "UTF-32": lambda n: _filled(b"-")(n // 4).decode().encode("utf-32-be"),
    "letters and zeros": _repeated(b"A\0B\0S\0K\0" * 3 + b"AA"),
    "base64": _base64(_filled(b"-")),
    "base64 in base64": _base64(_filled(b"-"), 2),
    "base64 in base64 in base64": _base64(_filled(b"-"), 3),
    "base64 of escapes": _base64(_filled(b"\\")),
    "short lines of base64": _repeated(b"QUJTSQUJTSQU\n   "),
    "short runs of base64": _repeated(base64.b64encode(b"ABSK" * 19 + b"-") + b" "),
    "base64 for URLs": _repeated(base64.b64encode(b"ABSK" * 19) + b"-_"),
    "hex": lambda n: _filled(b"-")(n // 2).hex().encode(),
    "short rows of hex": _repeated(b"4142534b" * 10 + b"g"),
    "odd rows of hex": _repeated(b"4142534b" * 10 + b"4 "),
    "signed hex": _repeated(b"0x41, 0x42, 0x53, 0x4B, "),
    "pairs of hex": _repeated(b"41 4:42-53,4b4 "),
    "numbers": _repeated(b"65, 66, 83, 75, "),
    "rows of numbers": _repeated(b"65, 66, 83, 75, " * 10 + b"x"),
    "a dump": _dump,
    "rows of a dump": _repeated(
        b"00000000: 41 42 53 4b 41 42 53 4b 41 42 53 4b 41 42 53 4b ABSK\n"
    ),
    "a dump in octal": _dump_of(lambda at: b"%07o" % at + b" 041101" * 8),
    "a dump of letters": _dump_of(lambda at: b"%07o" % at + b"   A   B" * 8),
    "cells without offsets": _repeated(b" 65  66  83 107\n"),
    "encoded words": _repeated(b"=?a?B?QUJTS0FCU0s=?= =?a?Q?=41=42=53=4B?=\n "),
    "lone encoded words": _repeated(b"=?a?Q?ABSK=41?=.QUJTS"),
    "first rows of dumps": _repeated(b"0000000   A\n0000020   B\n0000040   C\n\n"),
    "left out rows of dumps": _repeated(
        b"0000000 041101 041101 041101 041101 041101 041101 041101 041101\n"
        b"0000020 041101 041101 041101 041101 041101 041101 041101 041101\n*\n0002000 041101\n"
    ),
    "starts of gzip": _repeated(b"H4sIAAAAAAAA "),
    "starts of zlib": _repeated(b"eJwA" * 16 + b" "),
    "starts of zip": _repeated(b"UEsDBAAA" * 8 + b" "),
    "zips": _repeated(base64.b64encode(boxes.zipped({"a": b"\\A\\B\\S\\K" * 400})) + b"\n!\n"),
    "zips in zips": _repeated(
        base64.b64encode(boxes.zipped({"a": base64.b64encode(boxes.zipped({"a": b"A" * 999}))}))
        + b"\n!\n"
    ),
    "noise that begins as xz": lambda n: base64.b64encode(b"\xfd7zXZ\0" + _noise(n * 3 // 4)),
    "patches of nothing": _repeated(b"GIT binary patch\nliteral 1\nz" + b"0" * 65 + b"\n"),
    "patches": _repeated(b"GIT binary patch" + _patch(b"literal", b"ABSK\n" * 4000)),
    "small patches": _repeated(b"GIT binary patch" + _patch(b"literal", b"ABSK\n" * 13)),
    "patches of a delta": _repeated(b"GIT binary patch" + _patch(b"delta", _DELTA)),
    "deflate that words tell of": _repeated(
        b"gzinflate('" + base64.b64encode(_deflated(b"\\A\\B\\S\\K" * 9999)) + b"')\n"
    ),
    "words that tell of deflate": _repeated(b"gzinflate('" + b"A" * 61 + b"')"),
    "keys in one stream": lambda n: base64.b64encode(_gzip_of_keys(n * 3 // 4)),
    "keys in many streams": _repeated(
        base64.b64encode(gzip.compress(_keys(b"\n")(3000), mtime=0)) + b"\n!\n"
    ),
    "escapes in one stream": _escaped_gzip,
    "escapes in many streams": _repeated(
        base64.b64encode(gzip.compress(b"\\A\\B\\S\\K" * 400, mtime=0)) + b"\n!\n"
    ),
}
_GZIPPED_TEXT = base64.b64encode(gzip.compress(b"\\A\\B\\S\\K" * 400, mtime=0))
_ZIPPED_GZIP = base64.b64encode(gzip.compress(b"ABSK" * 4000, mtime=0)) + b"\n"
CONTAINERS: dict[str, Make] = {
    "zip: zeros": _shrunk(bytes, lambda data: boxes.zipped({"a": data})),
    "zip: members": _zip_of(b""),
    "zip: stored members": _repeated(b"PK\x03\x04\x14" + bytes(21) + b"\1\0\0\0a"),
    "zip: signatures": _repeated(b"PK\x03\x04"),
    "zip: headers": _repeated(b"PK\x03\x04\x14\0\0\0\x08\0"),
    "zip: descriptors": _descriptors,
    "zip: members of base64 of gzip": _zip_of(_ZIPPED_GZIP),
    "zip: members of escapes in gzip": _zip_of(_GZIPPED_TEXT),
    "zip: members of a key": _zip_of(keysmith.long_term("bob").encode()),
    "zip: tags": lambda n: boxes.zipped({"a.xml": b"< " * (n // 2)}, zipfile.ZIP_STORED),
    "zip: closed tags": lambda n: boxes.zipped({"a.xml": b"<a>" * (n // 3)}, zipfile.ZIP_STORED),
    "zip: many tags": _shrunk(_repeated(b"<a>"), lambda data: boxes.zipped({"a.xml": data})),
    "zip: many lines": _shrunk(_repeated(b"<p>a</p>"), lambda data: boxes.zipped({"a.xml": data})),
    "zip: packs": _zip_of(_sound_pack([])),
    "zip: databases": _zip_of(boxes.sqlite("-", page_size=512)),
    "zip: lzma": _zip_of(b"-" * 99, zipfile.ZIP_LZMA),
    "tar: names": _tarred(0),
    "tar: long names": _tarred(0, name="é" * 200),
    "tar: members": _tarred(512),
    "tar: damage": lambda n: boxes.tarred({"a": b"a"}) + b"-" * n,
    "gzip: streams": _gzips,
    "gzip: named streams": _named_gzips,
    "gzip: keys": _gzip_of_keys,
    "bzip2: streams": lambda n: bz2.compress(b"") * (n // 14),
    "bzip2: zeros": lambda n: bz2.compress(bytes(1 << 20)) * (n // 47),
    "xz: streams": lambda n: lzma.compress(b"-") * (n // 60),
    "lzma: zeros": _shrunk(bytes, lambda data: lzma.compress(data, lzma.FORMAT_ALONE)),
    "lzma: streams": lambda n: lzma.compress(b"-", lzma.FORMAT_ALONE) * (n // 24),
    # An empty frame of what a writer likes, and frames in which one byte makes 128 KiB (RFC 8878).
    "zstd: skippable frames": _repeated(b"\x50\x2a\x4d\x18" + bytes(4)),
    "zstd: runs": _repeated(b"\x28\xb5\x2f\xfd\x00\x38" + b"\x02\0\x10-" * 99 + b"\x01\0\0"),
    "zlib: zeros": _shrunk(bytes, zlib.compress),
    "stream: heads of zlib": _repeated(b"x\x9c\0"),
    "stream: heads of all": _repeated(
        b"\0x\x9c\x1f\x8b\x08\0BZh91AY&SY\xfd7zXZ\0\x28\xb5\x2f\xfd\0"
    ),
    "stream: heads of zstd": _repeated(b"\0\x28\xb5\x2f\xfd"),
    "stream: heads of bzip2": _repeated(b"\0BZh91AY&SY"),
    "stream: small streams": _repeated(zlib.compress(b"ABSK" * 20) + b"\0", b"\0"),
    "stream: broken streams": _repeated(zlib.compress(_noise(300))[:200] + b"\0", b"\0"),
    "stream: stored in stored": _repeated(b"x\x01\0\xff\xff\0\0" + b"\0" * 70, b"\0"),
    "stream: zeros": _shrunk(bytes, lambda data: b"\0" + zlib.compress(data)),
    "stream: keys": lambda n: b"\0" * 9 + _gzip_of_keys(n),
    "stream: macros": _repeated(_macro(0), b"\0"),
    "stream: macros of small copies": _repeated(_macro(1360), b"\0"),
    "stream: pieces": _repeated(b"\0\x10\0\0\0" + zlib.compress(b"ABSK" * 99)[:16], b"\0"),
    "stream: texts of a picture": _repeated(
        b"zTXta\0\0" + zlib.compress(bytes(99)), b"\x89PNG\r\n\0"
    ),
    "lz4: zeros": _lz4_of(b"\x1f\0\1\0" + b"\xff" * 16_000 + b"\0\0"),
    "lz4: small copies": _lz4_of(b"\x10a\1\0" * (1 << 12) + b"\0"),
    "lz4: small blocks": _lz4_of(b"\x10a"),
    "snappy: zeros": _snappy_of(_SNAPPY_ZEROS),
    "snappy: small copies": _snappy_of(records.varint(64_001) + b"\0a" + b"\x01\x01" * 16_000),
    "lzf: small copies": _lzf_of(b"\0a" + b"\x20\0" * 16_000),
    "avro: blocks": lambda n: records.avro(b"-" * (n // 22), size=1),
    "avro: zeros": _repeated(_AVRO_ZEROS.removeprefix(_AVRO_HEAD), _AVRO_HEAD),
    "avro: keys": lambda n: records.avro(_keys(b"\n")(n * 40), size=1 << 20),
    "orc: chunks": lambda n: records.orc(b"-" * (n // 6), size=1),
    "orc: chunks of Snappy": lambda n: records.orc(b"-" * (n // 6), records.snappy, size=1),
    "orc: zeros": _repeated(records.orc(bytes(1 << 18), size=1 << 18)[3:-16], b"ORC"),
    "orc: broken chunks": _repeated(b"\6\0\0\xff\xff\xff", b"ORC"),
    "parquet: pages": _repeated(b"\x15\0\x15\2\x15\2\x2c\0\0-", b"PAR1"),
    "parquet: pages of nothing": _repeated(b"\x15\0\x15\0\x15\0\x2c\0\0", b"PAR1"),
    "parquet: headers": _repeated(b"\x15\0" * 4000 + b"\0", b"PAR1"),
    "parquet: zeros": _repeated(
        records.page(bytes(64 * 9999 + 1), lambda _: _SNAPPY_ZEROS), b"PAR1"
    ),
    "leveldb: blocks": lambda n: records.leveldb(b"-" * (n // 40), size=1),
    "leveldb: one block": _leveldb_of_one,
    "deflate: zeros": lambda n: b"gzinflate('" + base64.b64encode(_deflated(bytes(n * 600))),
    "delta: letters": lambda n: b"GIT binary patch" + _patch(b"delta", _DELTA * (n // 60)),
    "zlib: text of escapes": _shrunk(
        _repeated(b"\\A\\B\\S\\K"), lambda data: boxes.zipped({"a": data})
    ),
    "cpio: members": lambda n: archives.cpio(dict.fromkeys(map(str, range(n // 120)), b"")),
    "cpio: bytes": lambda n: archives.cpio(dict.fromkeys(map(str, range(n // 120)), b"a")),
    "rpm: noise": lambda n: archives.rpm({"a": _noise(n)}),
    "ar: members": lambda n: (
        b"!<arch>\n" + b"%-16s%-12d%-6d%-6d%-8d%-10d`\n" % (b"a/", 0, 0, 0, 100644, 0) * (n // 60)
    ),
    "pdf: words": _repeated(b"stream", b"%PDF-1.7\n"),
    "pdf: streams of nothing": _repeated(b"<<>>stream\n", b"%PDF-1.7\n"),
    "pdf: streams of Flate": _repeated(b"<</Filter/Fl>>stream\n", b"%PDF-1.7\n"),
    "pdf: small streams of Flate": _repeated(
        b"<</Filter/Fl>>stream\n" + zlib.compress(b"-") + b"endstream", b"%PDF-1.7\n"
    ),
    "pdf: broken streams of Flate": _repeated(
        b"<</Filter/Fl>>stream\n" + zlib.compress(bytes(3000))[:-4], b"%PDF-1.7\n"
    ),
    "pdf: objects": _repeated(b"1 0 obj ", b"%PDF-1.7\n"),
    "pdf: pictures": _repeated(b"<</F/DCT>>stream\n", b"%PDF-1.7\n"),
    "pdf: Flate": _pdf(_noise, "/FlateDecode"),
    "pdf: many strings": _shrunk(_repeated(b"(a)"), boxes.pdf),
    "pdf: many digits": _shrunk(_repeated(b"<4 1>"), boxes.pdf),
    "pdf: maps and codes": _pdf_of_fonts(b"<" + b"0041" * 400 + b">", 1),
    "pdf: maps and fonts": _pdf_of_fonts(b"/F 1 Tf(a)", 1),
    "pdf: maps and text objects": _pdf_of_fonts(b"(a)ET ", 1),
    "pdf: codes of many letters": _pdf_of_fonts(b"<" + b"0041" * 400 + b">", 4),
    "pdf: ranges": _shrunk(_repeated(b"<0000><ffff><0000>", b"beginbfrange"), boxes.pdf),
    "pdf: opened ranges": _raw_pdf(b"[]", _repeated(b"<00><01>[", b"beginbfrange")),
    "pdf: maps that end too early": _raw_pdf(b"[]", _repeated(b"beginbfchar")),
    "pdf: runs of one": _raw_pdf(b"/RL", _repeated(b"\0A")),
    "pdf: runs": _raw_pdf(b"/RL", _repeated(b"\x81A")),
    "pdf: runs of runs": _raw_pdf(b"[/RL /RL /RL]", _repeated(b"\0\0\0A")),
    "pdf: LZW": _raw_pdf(b"/LZW", _lzw),
    "pdf: hexadecimal": _raw_pdf(b"/AHx", _repeated(b"4 1\n")),
    "pdf: ASCII 85": _raw_pdf(b"/A85", _repeated(b"z")),
    "pdf: strings": _raw_pdf(b"[]", _repeated(b"(a)")),
    "pdf: opened strings": _raw_pdf(b"[]", _repeated(b"(")),
    "pdf: strings in strings": _raw_pdf(b"[]", _repeated(b"(" + b"(a)" * 300)),
    "pdf: opened hexadecimal": _raw_pdf(b"[]", _repeated(b"<4 ")),
    "sqlite: rows": _sqlite(b"-" * 30),
    "sqlite: keys": _sqlite(keysmith.long_term("bob").encode()),
    "sqlite: pointers": _sqlite_pointers,
    "sqlite: chains": _sqlite_chains,
    "pack: deltas": _pack,
    "pack: blobs": _blobs,
    "pack: a chain": _chain,
    "bundle: deltas": lambda n: b"# v2 git bundle\n\n" + _pack(n),
    "bundle: references": lambda n: b"# v2 git bundle\n" + (b"0" * 40 + b" a\n") * (n // 43),
}
WORST = TEXTS | CONTAINERS
