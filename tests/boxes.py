"""Put bytes into containers of every kind, in memory, as other programs write them."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import marshal
import os
import re
import sqlite3
import struct
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Literal

Members = Mapping[str, bytes]
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def zipped(members: Members, method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
        archive.comment = comment
    return box.getvalue()


def zipped_as_stream(members: Members, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Write a zip that cannot go back to fill in sizes: they follow the data."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: object) -> int:
            raise io.UnsupportedOperation

        def tell(self) -> int:
            raise io.UnsupportedOperation

    box = Pipe()
    with zipfile.ZipFile(box, "w", method) as archive:
        for name, data in members.items():
            with archive.open(name, "w") as member:
                member.write(data)
    return box.getvalue()


def encrypted(members: Members) -> bytes:
    """Set the bit that says so, and leave the rest to nobody's knowledge."""
    data = bytearray(zipped(members, zipfile.ZIP_STORED))
    at = data.find(b"PK\x03\x04")
    while at >= 0:
        data[at + 6] |= 1
        size, name = struct.unpack_from("<I4xH", data, at + 18)
        start = at + 30 + name
        data[start : start + size] = bytes(byte ^ 0x5A for byte in data[start : start + size])
        at = data.find(b"PK\x03\x04", start)
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 46)
    return bytes(data)


def tarred(
    members: Members,
    mode: Literal["w", "w:gz", "w:bz2", "w:xz"] = "w",
    layout: int = tarfile.PAX_FORMAT,
) -> bytes:
    box = io.BytesIO()
    with tarfile.open(fileobj=box, mode=mode, format=layout) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return box.getvalue()


def gzipped(data: bytes, name: str = "") -> bytes:
    box = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=box, mtime=0) as file:
        file.write(data)
    return box.getvalue()


def pdf(*contents: bytes, filters: str = "/FlateDecode", comment: bytes = b"") -> bytes:
    """Write a document with a page for each content, packed by `filters`, the last one first."""
    parts = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + comment]
    for number, content in enumerate(contents, 4):
        data = content
        for each in reversed(filters.replace("[", " ").replace("]", " ").split()):
            data = _FILTERS[each](data)
        head = f"{number} 0 obj\n<< /Length {len(data)} /Filter {filters} >>\nstream\n".encode()
        parts += [head, data, b"\nendstream\nendobj\n"]
    return b"".join(parts) + b"trailer << /Root 1 0 R >>\n%%EOF\n"


def _lzw(data: bytes) -> bytes:
    """Write codes of nine bits to twelve, wider one code early, as PDF has it by default."""
    words = {bytes((each,)): each for each in range(256)}
    bits, count, last, next_code = 0, 0, b"", 258

    def put(code: int) -> None:
        nonlocal bits, count
        width = min(max((next_code).bit_length(), 9), 12)
        bits, count = bits << width | code, count + width

    put(256)
    for each in data:
        word = last + bytes((each,))
        if word in words:
            last = word
            continue
        put(words[last])
        words[word], next_code = next_code, next_code + 1
        last = bytes((each,))
        if next_code == 4095:
            put(256)
            words = {bytes((each,)): each for each in range(256)}
            next_code = 258
    put(words[last]) if last else None
    next_code += 1
    put(257)
    padding = -count % 8
    return (bits << padding).to_bytes((count + padding) // 8, "big")


def _run_lengths(data: bytes) -> bytes:
    """Write runs of the same byte, and everything else in pieces of 128."""
    packed = bytearray()
    for run in re.finditer(rb"(.)\1{2,127}|((?!(.)\3\3).){1,128}", data, re.DOTALL):
        size = len(run[0])
        packed += bytes((257 - size,)) + run[1] if run[1] else bytes((size - 1,)) + run[0]
    return bytes(packed) + b"\x80"


_FILTERS: dict[str, Callable[[bytes], bytes]] = {
    "/FlateDecode": zlib.compress,
    "/ASCIIHexDecode": lambda data: data.hex().encode() + b">",
    "/ASCII85Decode": lambda data: base64.a85encode(data, wrapcol=70) + b"~>",
    "/LZWDecode": _lzw,
    "/RunLengthDecode": _run_lengths,
}


def sqlite(*values: str | bytes, page_size: int = 4096, encoding: str = "UTF-8") -> bytes:
    """Write a table of a number and a value, one row for each value."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "database")
        with closing(sqlite3.connect(path)) as database:
            database.execute(f"PRAGMA page_size = {page_size}")
            database.execute(f"PRAGMA encoding = '{encoding}'")
            database.execute("CREATE TABLE settings (number INTEGER, value)")
            rows = ((number, value) for number, value in enumerate(values))
            database.executemany("INSERT INTO settings VALUES (?, ?)", rows)
            database.commit()
        return path.read_bytes()


def pyc(text: str) -> bytes:
    code = compile(f"KEY = {text!r}", "settings.py", "exec")
    return b"\xa7\r\r\n" + bytes(12) + marshal.dumps(code)


def docx(*runs: str) -> bytes:
    """Write a document of one paragraph, in as many runs as there are texts."""
    texts = "".join(f"<w:r><w:rPr><w:b/></w:rPr><w:t>{text}</w:t></w:r>" for text in runs)
    head = f'<?xml version="1.0"?>\n<w:document xmlns:w="{_WORD}"><w:body>'
    body = f"<w:p><w:r><w:t>First</w:t></w:r></w:p><w:p>{texts}</w:p>"
    document = f"{head}{body}</w:body></w:document>"
    return zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": document.encode()})


def xlsx(*runs: str) -> bytes:
    """Write a workbook of two shared strings, the second of rich text."""
    texts = "".join(f"<r><rPr/><t>{text}</t></r>" for text in runs)
    strings = f"<sst><si><t>First</t></si><si>{texts}</si></sst>"
    return zipped({"xl/sharedStrings.xml": strings.encode()})


def bundle(data: bytes, *, object_format: str = "sha1", since: bool = False) -> bytes:
    """Bundle a repository in which a file got `data`; `since` leaves the first commit out."""
    with tempfile.TemporaryDirectory() as folder:
        _repository(folder, data, object_format)
        _git(folder, "bundle", "create", "box", *(["HEAD", "^HEAD~"] if since else ["--all"]))
        return Path(folder, "box").read_bytes()


def pack(data: bytes, object_format: str = "sha1") -> bytes:
    """Pack the same repository as Git keeps it, the older file as what the newer one changed."""
    with tempfile.TemporaryDirectory() as folder:
        _repository(folder, data, object_format)
        _git(folder, "repack", "-adfq")
        return next(Path(folder, ".git/objects/pack").glob("*.pack")).read_bytes()


def _repository(folder: str, data: bytes, object_format: str) -> None:
    filler = os.urandom(3000).hex().encode()
    _git(folder, "init", "-q", f"--object-format={object_format}")
    for text in (filler, filler[:2000] + data + filler[2000:]):
        Path(folder, "file").write_bytes(text)
        _git(folder, "add", "file")
        _git(folder, "commit", "-qm", "Change the file")


def _git(folder: str, *arguments: str) -> None:
    # Fuzzing makes boxes too, where no test has given Git an identity.
    command = ["git", "-c", "user.name=A Developer", "-c", "user.email=developer@example.com"]
    subprocess.run([*command, *arguments], cwd=folder, check=True, capture_output=True)


BOXES: dict[str, Callable[[bytes], bytes]] = {
    "zip:inside.txt": lambda data: zipped({"inside.txt": data}),
    "tar:inside.txt": lambda data: tarred({"inside.txt": data}),
    "gzip:inside.txt": lambda data: gzipped(data, "inside.txt"),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zlib": zlib.compress,
}
