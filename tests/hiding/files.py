"""Put bytes into files that hold other files: each a step that keeps track of the key."""

from __future__ import annotations

import bz2
import importlib
import lzma
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

from tests import boxes, records, typeset
from tests.hiding.hidden import Hidden, Step, text

_FILLER = b"".join(b"%d: nothing of interest in this line\n" % number for number in range(200))
Mode = Literal["w", "w:gz", "w:bz2", "w:xz"]


def box(*names: str, put: Callable[[bytes], bytes]) -> Step:
    """Put it into a container, or into several at once: `kind:member`, the outermost first."""
    return lambda hidden: Hidden(
        data=put(hidden.data),
        encodings=hidden.encodings,
        containers=(*names, *hidden.containers),
        spot=hidden.place,
    )


def zipped(member: str, method: int = zipfile.ZIP_DEFLATED) -> Step:
    """Put it into a zip, behind another member."""
    first = {"first.txt": b"nothing\n"}
    return box(f"zip:{member}", put=lambda data: boxes.zipped({**first, member: data}, method))


def streamed(member: str, method: int = zipfile.ZIP_DEFLATED) -> Step:
    """Put it into a zip that was written to a pipe."""
    return box(f"zip:{member}", put=lambda data: boxes.zipped_as_stream({member: data}, method))


def tarred(member: str, mode: Mode = "w") -> Step:
    """Put it into a tar behind another member, compressed or not."""
    outer = {"w": (), "w:gz": ("gzip",), "w:bz2": ("bzip2",), "w:xz": ("xz",)}[mode]
    first = {"first.txt": b"nothing\n"}
    return box(
        *outer, f"tar:{member}", put=lambda data: boxes.tarred({**first, member: data}, mode)
    )


def gzipped(name: str) -> Step:
    """Put it into a gzip file that knows its name."""
    return box(f"gzip:{name}", put=lambda data: boxes.gzipped(data, name))


def document(member: str, before: str, after: str) -> Step:
    """Write it into the XML of a document, between `before` and `after`, and zip that."""
    return lambda hidden: zipped(member)(text(before, after)(hidden))


def in_runs(member: str, before: str, between: str, after: str, *at: int) -> Step:
    """Do the same in runs, as Word cuts words: tags are marks that nobody sees."""

    def step(hidden: Hidden) -> Hidden:
        runs = [part.decode() for part in _cut(hidden.data, *at)]
        whole = f"{before}{between.join(runs)}{after}".encode()
        cuts = sum(each <= hidden.at for each in at)
        shown = Hidden(whole, len(before.encode()) + hidden.at + cuts * len(between.encode()))
        return Hidden(
            data=boxes.zipped({member: whole}),
            encodings=("html", *hidden.encodings),
            containers=(f"zip:{member}",),
            spot=shown.place,
        )

    return step


def shown(*at: int) -> Step:
    """Let a PDF show it in an array of strings, kerned."""

    def step(hidden: Hidden) -> Hidden:
        parts = b" -20 ".join(b"(" + part + b")" for part in _cut(hidden.data, *at))
        page = b"BT [" + parts + b"] TJ ET"
        return Hidden(boxes.pdf(page), containers=("pdf:object 4", "text"), spot=(1, 1))

    return step


def in_own_codes(*at: int, width: int = 2) -> Step:
    """Let a PDF show it in a font of its own codes, kerned, with a map behind the page."""

    def step(hidden: Hidden) -> Hidden:
        letters = hidden.data.decode()
        codes = typeset.font(letters, width)
        page = typeset.shown(letters, codes, *at, width=width)
        data = typeset.document(page, typeset.of_chars(codes, width))
        return Hidden(data, containers=("pdf:text",), spot=(1, 1))

    return step


def _cut(data: bytes, *at: int) -> list[bytes]:
    return [data[begin:end] for begin, end in pairwise((0, *at, len(data)))]


def pdf(filters: str = "/FlateDecode") -> Step:
    """Put it into the second page of a PDF."""
    return box("pdf:object 5", put=lambda data: boxes.pdf(b"-", data, filters=filters))


def sqlite(encoding: str = "UTF-8", *, as_blob: bool = False) -> Step:
    """Put it into the second row of a table."""

    def step(hidden: Hidden) -> Hidden:
        value = hidden.data if as_blob else hidden.data.decode()
        boxed = box(
            "sqlite:page 2 row 2 column 2",
            put=lambda _: boxes.sqlite("first", value, encoding=encoding),
        )(hidden)
        wide = {"UTF-16le": ("utf-16-le",), "UTF-16be": ("utf-16-be",)}.get(encoding, ())
        return replace(boxed, encodings=(*wide, *boxed.encodings))

    return step


def compiled(hidden: Hidden) -> Hidden:
    """Compile it as a constant of a Python module."""
    data = boxes.pyc(hidden.data.decode())
    return replace(hidden, data=data, at=data.index(hidden.data))


def in_git(kind: Literal["bundle", "pack"], object_format: str = "sha1") -> Step:
    """Put it into a repository, as what a commit changed in a file, and bundle or pack that."""

    def step(hidden: Hidden) -> Hidden:
        lines = text(_FILLER, _FILLER)(hidden)
        data, blob = _packed(kind, object_format, lines.data)
        return box(f"{kind}:blob {blob}", put=lambda _: data)(lines)

    return step


def _packed(kind: str, object_format: str, data: bytes) -> tuple[bytes, str]:
    """Return a bundle or a pack of two commits, and the id of the second one's file."""
    with tempfile.TemporaryDirectory() as folder:

        def git(*arguments: str, data: bytes = b"") -> bytes:
            command = ["git", "-c", "pack.threads=1", *arguments]
            return subprocess.run(
                command, cwd=folder, input=data, check=True, capture_output=True
            ).stdout

        git("init", "--quiet", "--bare", f"--object-format={object_format}")
        stream = b"".join(
            b"commit refs/heads/main\ncommitter a <a@example.com> 1700000000 +0000\n"
            b"data 1\n.M 100644 inline file\ndata %d\n%s\n" % (len(each), each)
            for each in (_FILLER, data)
        )
        git("fast-import", "--quiet", data=stream)
        blob = git("rev-parse", "main:file").decode().strip()
        if kind == "pack":
            git("repack", "-adfq")
            return next(Path(folder, "objects/pack").glob("*.pack")).read_bytes(), blob
        return git("bundle", "create", "-", "--all"), blob


# What is paired with encodings, with one another and with sources: small, and of every kind.
BOXES: dict[str, Step] = {
    "zip": zipped("a/b.txt"),
    "stored zip": zipped("b.txt", zipfile.ZIP_STORED),
    "tar": tarred("a/b.txt"),
    "gzip": gzipped("b.txt"),
    "bzip2": box("bzip2", put=bz2.compress),
    "xz": box("xz", put=lzma.compress),
    "zlib": box("zlib", put=zlib.compress),
    "PDF": pdf(),
    "SQLite": sqlite(as_blob=True),
}
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_WORD = f'<?xml version="1.0"?>\n<w:document xmlns:w="{_W}"><w:body><w:p><w:r><w:t>'
_RUN = "</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>"
_PARAGRAPH = "</w:t></w:r></w:p><w:p><w:r><w:t>"
# Every kind of file that holds another, as programs write it.
FILES: dict[str, Step] = {
    **BOXES,
    "zip, LZMA": zipped("b.txt", zipfile.ZIP_LZMA),
    "zip, bzip2": zipped("b.txt", zipfile.ZIP_BZIP2),
    "zip, streamed": streamed("b.txt"),
    "zip, streamed and stored": streamed("b.txt", zipfile.ZIP_STORED),
    "zip, a name that is not ASCII": zipped("clé/日本.txt"),
    "zip of Python": box(
        "zip:__main__.py",
        put=lambda data: b"#!/usr/bin/env python3\n" + boxes.zipped({"__main__.py": data}),
    ),
    "notebook in a zip": zipped("work/demo.ipynb"),
    "jar": zipped("META-INF/application.properties"),
    "wheel": zipped("app/settings.py"),
    "docx": document("word/document.xml", f"{_WORD}First{_PARAGRAPH}", "</w:t></w:r></w:p>"),
    "xlsx": document("xl/sharedStrings.xml", "<sst><si><t>First</t></si><si><t>", "</t></si>"),
    "pptx": document(
        "ppt/slides/slide1.xml", "<p:sld>\n<a:p><a:r><a:t>", "</a:t></a:r></a:p></p:sld>"
    ),
    "odt": document("content.xml", "<text:p>First</text:p>\n<text:p>", "</text:p>"),
    "docx, in runs": in_runs(
        "word/document.xml", f"{_WORD}First{_PARAGRAPH}", _RUN, "</w:t></w:r></w:p>", 2, 40
    ),
    "docx, its comments": in_runs(
        "word/comments.xml", f"{_WORD}First{_PARAGRAPH}", _RUN, "</w:t></w:r></w:p>", 4
    ),
    "xlsx, rich text": in_runs(
        "xl/sharedStrings.xml",
        "<sst><si><t>First</t></si><si><r><t>",
        "</t></r><r><rPr/><t>",
        "</t></r></si></sst>",
        9,
    ),
    "pptx, in runs": in_runs(
        "ppt/slides/slide1.xml",
        "<p:sld><a:p><a:r><a:t>First</a:t></a:r></a:p><a:p><a:r><a:t>",
        "</a:t></a:r><a:r><a:rPr/><a:t>",
        "</a:t></a:r></a:p></p:sld>",
        3,
        60,
    ),
    "tgz": tarred("app/.env", "w:gz"),
    "tbz": tarred("app/.env", "w:bz2"),
    "txz": tarred("app/.env", "w:xz"),
    "gzip in two streams": box(
        "gzip", put=lambda data: boxes.gzipped(data[:40]) + boxes.gzipped(data[40:])
    ),
    "PDF, ASCII 85": pdf("[/ASCII85Decode /FlateDecode]"),
    "PDF, hexadecimal": pdf("/ASCIIHexDecode"),
    "PDF, as it is shown": shown(3, 50),
    "PDF, as it is shown in codes": in_own_codes(3, 50),
    "PDF, as it is shown in codes of a byte": in_own_codes(3, 50, width=1),
    "SQLite, text": sqlite(),
    "SQLite, UTF-16 LE": sqlite("UTF-16le"),
    "SQLite, UTF-16 BE": sqlite("UTF-16be"),
    "compiled Python": compiled,
    "bundle": in_git("bundle"),
    "bundle, SHA-256": in_git("bundle", "sha256"),
    "pack": in_git("pack"),
    "Avro, deflate": box("avro:block 1", put=records.avro),
    "Avro, Snappy": box("avro:block 1", put=lambda data: records.avro(data, "snappy")),
    "ORC, zlib": box("orc:chunks", put=records.orc),
    "ORC, Snappy": box("orc:chunks", put=lambda data: records.orc(data, records.snappy, 2)),
    "Parquet, Snappy": box("parquet:page 2", put=records.parquet),
    "Parquet, LZ4": box("parquet:page 2", put=lambda data: records.parquet(data, records.lz4)),
    "LevelDB": box("leveldb:block at 0", put=records.leveldb),
    "LZ4": box("lz4", put=records.lz4_frame),
    "LZF": box("lzf", put=records.lzf_blocks),
    "Snappy": box("snappy", put=records.snappy_frames),
    "pack, SHA-256": in_git("pack", "sha256"),
}
ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
FILES["zstd"] = box("zstd", put=importlib.import_module(ZSTD).compress)
# They take what has no line break and is text, and do more than hold it.
ALONE = frozenset(
    name for name in FILES if "in runs" in name or "rich" in name or "shown" in name
) | {
    "docx, its comments",
    "compiled Python",
}
