"""Compress bytes, and put the stream where programs put it: into text, or anywhere in a file."""

from __future__ import annotations

import bz2
import gzip
import importlib
import json
import lzma
import sqlite3
import struct
import subprocess
import sys
import tempfile
import zlib
from base64 import encodebytes
from contextlib import closing
from dataclasses import replace
from email.message import EmailMessage
from functools import partial
from hashlib import shake_256
from pathlib import Path

from tests import boxes, records
from tests.hiding.encodings import Encode, based, packed
from tests.hiding.hidden import Hidden, Step, text

_ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
LINES = b"".join(b"%d: nothing of interest in this line\n" % number for number in range(200))
_NOISE = shake_256(b"the rest of a file").digest(3000).replace(b"\n", b"\0").replace(b"x", b"\0")


def _deflated(data: bytes, bits: int, level: int = 6) -> bytes:
    stream = zlib.compressobj(level, zlib.DEFLATED, bits)
    return stream.compress(data) + stream.flush()


def _zip(data: bytes) -> bytes:
    return boxes.zipped({"first.txt": b"nothing\n", "a/.env": data})


# What programs put into text as base64, and how a report calls it.
PACKERS: dict[str, tuple[tuple[str, ...], Encode]] = {
    "zip": (("zip",), _zip),
    "zip of a zip": (("zip", "zip"), lambda data: boxes.zipped({"a.zip": _zip(data)})),
    "bzip2": (("bzip2",), bz2.compress),
    "xz": (("xz",), lzma.compress),
    "lzma": (("lzma",), lambda data: lzma.compress(data, lzma.FORMAT_ALONE)),
    "zstd": (("zstd",), importlib.import_module(_ZSTD).compress),
    "tgz": (("gzip", "tar"), lambda data: boxes.tarred({"a/.env": data}, "w:gz")),
    "txz": (("xz", "tar"), lambda data: boxes.tarred({"a/.env": data}, "w:xz")),
    "PDF": (("pdf",), boxes.pdf),
}


def _in_one(name: str) -> Step:
    names, pack = PACKERS[name]
    return lambda hidden: replace(packed("", pack)(hidden), encodings=(*names, *hidden.encodings))


def _in_base85(hidden: Hidden) -> Hidden:
    """Have Git write the patch of a binary file in which it was not before."""
    with tempfile.TemporaryDirectory() as folder:

        def git(*arguments: str) -> bytes:
            command = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments)
            return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout

        git("init", "--quiet")
        file = Path(folder, "a.bin")
        for content in (b"\0" + _NOISE, b"\0" + _NOISE[:900] + hidden.data + _NOISE[900:]):
            file.write_bytes(content)
            git("add", "a.bin")
            git("commit", "--quiet", "--message=a")
        patch = git("diff", "--binary", "HEAD~1")
    at = patch.index(b"\n", patch.index(b"\ndelta ") + 1) + 1
    return replace(hidden, data=patch, at=at, encodings=("base85", "delta", *hidden.encodings))


def _mailed(hidden: Hidden) -> Hidden:
    """Attach a zip to a mail."""
    mail = EmailMessage()
    mail["Subject"] = "the configuration"
    mail.set_content("See the attachment.")
    mail.add_attachment(_zip(hidden.data), maintype="application", subtype="zip", filename="a.zip")
    data = mail.as_bytes()
    names = ("wrapped", "base64", "zip", *hidden.encodings)
    return replace(hidden, data=data, at=data.index(b"UEsDB"), encodings=names)


def _in_json(hidden: Hidden) -> Hidden:
    """Put a zip into JSON as a template does, in lines."""
    data = json.dumps({"Code": {"ZipFile": encodebytes(_zip(hidden.data)).decode()}}).encode()
    names = ("backslash", "wrapped", "base64", "zip", *hidden.encodings)
    return replace(hidden, data=data, at=data.index(b"UEsDB"), encodings=names)


def _bare(before: str, after: str) -> tuple[Step, ...]:
    return packed("deflate", lambda data: _deflated(data, -15)), based(), text(before, after)


_K = text(b"k=")
# What stands in text.
IN_TEXT: dict[str, tuple[Step, ...]] = {
    **{f"{name} in base64": (text(LINES), _in_one(name), based()) for name in PACKERS},
    **{f"{name} in MIME": (text(LINES), _in_one(name), based(line=76)) for name in PACKERS},
    "zip in base64url": (_K, _in_one("zip"), based(name="base64url"), text("a ", "\n")),
    "zip in base64 twice": (_K, _in_one("zip"), based(), text("a: "), based()),
    "zip in a mail": (_K, _mailed),
    "zip of a template": (_K, _in_json),
    "zip in a data URI": (
        *(_K, _in_one("zip"), based()),
        text("<a href='data:application/zip;base64,", "'>"),
    ),
    "patch of a binary file": (text(b"\0key="), _in_base85),
    "PHP, gzinflate": (_K, *_bare("<?php eval(gzinflate(base64_decode('", "')));")),
    "PowerShell, DeflateStream": (
        *_bare(
            "(New-Object IO.Compression.DeflateStream([IO.MemoryStream]"
            "[Convert]::FromBase64String('",
            "'),0))",
        ),
    ),
    "Node.js, inflateRaw": (_K, *_bare("zlib.inflateRawSync(Buffer.from('", "', 'base64'))")),
    "draw.io": (_K, *_bare('<mxfile><diagram id="a" name="Page-1">', "</diagram></mxfile>")),
}


def anywhere(kind: str, pack: Encode, before: bytes = b"", after: bytes = b"") -> Step:
    """Put a stream into a file of another kind, with bytes of it before and behind."""
    head = b"\x89HDF\r\n\x1a\n\0" + _NOISE + before

    def step(hidden: Hidden) -> Hidden:
        return Hidden(
            data=head + pack(hidden.data) + after + _NOISE,
            encodings=hidden.encodings,
            containers=(f"{kind}:at {len(head)}", *hidden.containers),
            spot=hidden.place,
        )

    return step


def _png(kind: bytes, before: bytes, bits: int) -> Step:
    """Write a picture with a compressed text before its pixels (https://www.w3.org/TR/png-3/)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    def step(hidden: Hidden) -> Hidden:
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
        head = b"\x89PNG\r\n\x1a\n" + header
        pixels = chunk(b"IDAT", zlib.compress(bytes(4))) + chunk(b"IEND", b"")
        text_of_it = chunk(kind, before + _deflated(hidden.data, bits))
        at = len(head) + 8 + len(before)
        return Hidden(
            head + text_of_it + pixels,
            encodings=hidden.encodings,
            containers=(f"zlib:at {at}", *hidden.containers),
            spot=hidden.place,
        )

    return step


def _in_pieces(size: int, length: str) -> Encode:
    """Cut a stream as pg_dump does (WriteData in pg_backup_custom.c), or as HTTP (RFC 9112)."""

    def pack(data: bytes) -> bytes:
        stream = zlib.compress(data + shake_256(b"rows").hexdigest(4000).encode())
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        if length == "chunk":
            return b"\r\n".join([b"%x\r\n%b" % (len(each), each) for each in pieces])
        return b"".join(b"\0" + struct.pack("<I", len(each)) + each for each in pieces)

    return pack


def _pieces(size: int, length: str, lead: int) -> Step:
    """Put such a stream into a file; it begins behind the first length."""
    pack = _in_pieces(size, length)

    def step(hidden: Hidden) -> Hidden:
        whole = pack(hidden.data)
        return anywhere("zlib", lambda _: whole[lead:], before=whole[:lead])(hidden)

    return step


def _blob(hidden: Hidden) -> Hidden:
    """Have SQLite keep a stream of zlib in the second column of a table's row."""
    with tempfile.TemporaryDirectory() as folder:
        with closing(sqlite3.connect(Path(folder, "a.db"))) as database:
            database.execute("create table a (name text, body blob)")
            row = ("second", zlib.compress(hidden.data))
            database.execute("insert into a values (?, ?)", row)
            database.commit()
        data = Path(folder, "a.db").read_bytes()
    containers = ("sqlite:page 2 row 1 column 2", "zlib", *hidden.containers)
    return Hidden(data, encodings=hidden.encodings, containers=containers, spot=hidden.place)


# What stands in files that nobody knows.
IN_FILES: dict[str, Step] = {
    **{
        f"zlib, level {level}": anywhere("zlib", partial(zlib.compress, level=level))
        for level in (1, 5, 6, 9)
    },
    "gzip inside": anywhere("gzip", gzip.compress),
    "bzip2 inside": anywhere("bzip2", bz2.compress),
    "xz inside": anywhere("xz", lzma.compress),
    "zstd inside": anywhere("zstd", importlib.import_module(_ZSTD).compress),
    "LZ4 inside": anywhere("lz4", records.lz4_frame),
    "Snappy inside": anywhere("snappy", records.snappy_frames),
    "many streams": anywhere(
        "zlib",
        zlib.compress,
        b"".join(zlib.compress(b"%d" % each * 40) + b"\0" for each in range(200)),
    ),
    "compressed text of a picture": _png(b"zTXt", b"Comment\0\0", 15),
    "compressed text of a picture, in a small window": _png(b"zTXt", b"Comment\0\0", 12),
    "international text of a picture": _png(b"iTXt", b"Comment\0\1\0en\0\0", 10),
    "a dump of PostgreSQL": _pieces(4096, "little", 5),
    "chunks of HTTP": _pieces(700, "chunk", 5),
    "blob in SQLite": _blob,
}
