"""Have libraries and programs that few machines have write a key as they write anything.

`make producers` installs the libraries. What is missing is skipped by its name; of the files
nothing is kept.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import pickle
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.browser import PROGRAM, browser
from tests.doors import TEMPORARY
from tests.hiding.programs import Write, library, run

_POSTGRES = Path("/usr/lib/postgresql")


def rows(key: str, count: int = 400) -> list[str]:
    """Return lines of a configuration, none like another, with the key in one of them."""
    lines = [f"{'Az'[each % 2]} setting {each} = {each * 7919 % 1000}" for each in range(count)]
    lines[count // 2] = f"AWS_BEARER_TOKEN_BEDROCK={key}"
    return lines


def lines(key: str) -> bytes:
    return "\n".join(rows(key)).encode()


def _hdf5(filters: Mapping[str, Any], folder: Path, key: str) -> bytes:
    h5py, numpy = library("h5py"), library("numpy")
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset("numbers", data=numpy.arange(5000), compression="gzip")
        file.create_dataset("a", data=numpy.frombuffer(lines(key), "u1"), **filters)
    return (folder / "a.h5").read_bytes()


def _mat(folder: Path, key: str) -> bytes:
    numpy = library("numpy")
    values = {"a": list(range(900)), "config": numpy.array(rows(key), dtype=object)}
    library("scipy.io").savemat(folder / "a.mat", values, do_compression=True)
    return (folder / "a.mat").read_bytes()


def _npz(folder: Path, key: str) -> bytes:
    numpy = library("numpy")
    numpy.savez_compressed(folder / "a.npz", a=numpy.arange(900), config=numpy.array(rows(key)))
    return (folder / "a.npz").read_bytes()


def _joblib(compress: Any, folder: Path, key: str) -> bytes:
    library("joblib").dump({"config": rows(key)}, folder / "a.joblib", compress=compress)
    return (folder / "a.joblib").read_bytes()


def _pickled(_: Path, key: str) -> bytes:
    return gzip.compress(pickle.dumps({"config": rows(key)}))


def _leveldb(compression: str | None, folder: Path, key: str) -> bytes:
    database = library("plyvel").DB(
        str(folder / "db"), create_if_missing=True, compression=compression
    )
    for number, row in enumerate(rows(key, 4000)):
        database.put(b"%06d" % number, row.encode())
    database.compact_range()
    database.close()
    return b"".join(each.read_bytes() for each in sorted((folder / "db").glob("*.ldb")))


def _table(key: str) -> Any:
    pyarrow = library("pyarrow")
    lines = rows(key)
    return pyarrow.table({"number": list(range(len(lines))), "text": lines})


def _parquet(codec: str, folder: Path, key: str, **options: Any) -> bytes:
    table, module = _table(key), library("pyarrow.parquet")
    module.write_table(table, folder / "a", compression=codec, **options)
    return (folder / "a").read_bytes()


def _orc(codec: str, folder: Path, key: str) -> bytes:
    table, module = _table(key), library("pyarrow.orc")
    module.write_table(table, folder / "a", compression=codec)
    return (folder / "a").read_bytes()


def _feather(codec: str, folder: Path, key: str) -> bytes:
    table, module = _table(key), library("pyarrow.feather")
    module.write_feather(table, str(folder / "a"), compression=codec)
    return (folder / "a").read_bytes()


def _avro(codec: str, _: Path, key: str) -> bytes:
    avro = library("fastavro")
    fields = [{"name": "number", "type": "int"}, {"name": "text", "type": "string"}]
    out = io.BytesIO()
    records = [{"number": number, "text": row} for number, row in enumerate(rows(key))]
    avro.writer(out, {"type": "record", "name": "a", "fields": fields}, records, codec=codec)
    return out.getvalue()


def _msgpack(_: Path, key: str) -> bytes:
    return bytes(library("msgpack").packb({"config": rows(key)}))


def _protobuf(_: Path, key: str) -> bytes:
    struct_pb2 = library("google.protobuf.struct_pb2")
    value = struct_pb2.Struct()
    value.update({"lines": rows(key), "token": key})
    return bytes(value.SerializeToString())


def _picture(kind: str, _: Path, key: str) -> bytes:
    images, png = library("PIL.Image"), library("PIL.PngImagePlugin")
    info = png.PngInfo()
    write = info.add_itxt if kind == "iTXt" else info.add_text
    write("Comment", lines(key).decode(), zip=True)
    out = io.BytesIO()
    images.effect_noise((64, 64), 50).save(out, "png", pnginfo=info)
    return out.getvalue()


def _http(body: bytes, *, chunked: bool) -> bytes:
    """Write an answer that is compressed (RFC 9112)."""
    packed = gzip.compress(body)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n"
    if not chunked:
        return head + b"Content-Length: %d\r\n\r\n" % len(packed) + packed
    chunks = [packed[at : at + 700] for at in range(0, len(packed), 700)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks)
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"


def _capture(size: int, chunked: bool, _: Path, key: str) -> bytes:
    """Capture an answer in segments of so many bytes."""
    dpkt = library("dpkt")
    answer, out = _http(lines(key), chunked=chunked), io.BytesIO()
    writer = dpkt.pcap.Writer(out)
    for number, at in enumerate(range(0, len(answer), size)):
        segment = dpkt.tcp.TCP(sport=80, dport=40000, seq=at, data=answer[at : at + size])
        packet = dpkt.ip.IP(src=bytes(4), dst=bytes(4), p=dpkt.ip.IP_PROTO_TCP, data=segment)
        packet.len = len(packet)
        frame = dpkt.ethernet.Ethernet(data=packet)
        writer.writepkt(bytes(frame), ts=1_700_000_000 + number)
    return out.getvalue()


def _workbook(folder: Path, key: str) -> bytes:
    book = library("openpyxl").Workbook()
    for row in rows(key):
        book.active.append(row.split(" = "))
    book.save(folder / "a.xlsx")
    return (folder / "a.xlsx").read_bytes()


def _document(folder: Path, key: str) -> bytes:
    document = library("docx").Document()
    for row in rows(key):
        document.add_paragraph(row)
    document.save(str(folder / "a.docx"))
    return (folder / "a.docx").read_bytes()


def _slides(folder: Path, key: str) -> bytes:
    slides = library("pptx").Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text = "Configuration"
    slide.placeholders[1].text_frame.text = "\n".join(rows(key, 20))
    slides.save(folder / "a.pptx")
    return (folder / "a.pptx").read_bytes()


def _odt(folder: Path, key: str) -> bytes:
    odf = library("odfdo")
    document = odf.Document("text")
    for row in rows(key):
        document.body.append(odf.Paragraph(row))
    document.save(folder / "a.odt")
    return (folder / "a.odt").read_bytes()


def _pdf(folder: Path, key: str) -> bytes:
    canvas = library("reportlab.pdfgen.canvas").Canvas(str(folder / "a.pdf"), pageCompression=1)
    canvas.drawString(72, 720, "Configuration")
    canvas.setFont("Courier", 6)
    canvas.drawString(20, 700, key)
    canvas.save()
    return (folder / "a.pdf").read_bytes()


# What does not fit on paper is not printed.
_WRAPPED = "<pre style='font-size: 9px; white-space: pre-wrap; overflow-wrap: anywhere'>"


def _printed(folder: Path, key: str) -> bytes:
    """Let a browser print a page in its own font, whose codes are the numbers of its glyphs."""
    if not PROGRAM.is_file():
        pytest.skip("the browser is not installed")
    page = folder / "a.html"
    page.write_text(_WRAPPED + "\n".join(rows(key)), encoding="utf-8")
    with browser(folder / "browser") as window:
        window.open(page)
        return base64.b64decode(window.call("Page.printToPDF")["data"])


def _epub(folder: Path, key: str) -> bytes:
    epub = library("ebooklib.epub")
    book = epub.EpubBook()
    book.set_identifier("a")
    book.set_title("a")
    chapter = epub.EpubHtml(title="a", file_name="a.xhtml")
    chapter.content = "".join(f"<p>{row}</p>" for row in rows(key))
    book.add_item(chapter)
    book.spine = [chapter]
    epub.write_epub(str(folder / "a.epub"), book)
    return (folder / "a.epub").read_bytes()


def _conda(_: Path, key: str) -> bytes:
    """Write a package: a zip of two tars in zstd (conda's CEP 14 and its documentation)."""
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    zstd = library(name)
    out, inner = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w") as archive:
        info = tarfile.TarInfo("etc/app.env")
        info.size = len(lines(key))
        archive.addfile(info, io.BytesIO(lines(key)))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("metadata.json", json.dumps({"conda_pkg_format_version": 2}))
        archive.writestr("pkg-a-1-0.tar.zst", zstd.compress(inner.getvalue()))
    return out.getvalue()


def _squashfs(codec: str, folder: Path, key: str) -> bytes:
    (folder / "root").mkdir()
    (folder / "root" / "app.env").write_bytes(lines(key))
    run("mksquashfs", "root", "a.sqfs", "-quiet", "-no-progress", "-comp", codec, cwd=folder)
    return (folder / "a.sqfs").read_bytes()


_SPEC = """Name: a
Version: 1
Release: 1
Summary: a
License: a
BuildArch: noarch
%description
a
%install
mkdir -p %{buildroot}/etc
cp %{_topdir}/app.env %{buildroot}/etc/
%files
/etc/app.env
"""


def _rpm(payload: str, folder: Path, key: str) -> bytes:
    (folder / "app.env").write_bytes(lines(key))
    (folder / "a.spec").write_text(_SPEC)
    defines = ("--define", f"_topdir {folder}", "--define", f"_binary_payload {payload}")
    run("rpmbuild", "-bb", "--quiet", *defines, "a.spec", cwd=folder)
    return next(folder.glob("RPMS/**/*.rpm")).read_bytes()


def _installer(folder: Path, key: str) -> bytes:
    """Freeze a program that holds the key."""
    library("PyInstaller")
    (folder / "a.py").write_text(f"KEY = {key!r}\nprint(len(KEY))\n")
    words = ("-m", "PyInstaller", "--onefile", "--log-level", "ERROR", "a.py")
    run(sys.executable, *words, cwd=folder)
    return next((folder / "dist").iterdir()).read_bytes()


def _journal(folder: Path, key: str) -> bytes:
    """Have systemd write a journal; what is longer than half a kilobyte is compressed."""
    program = "/lib/systemd/systemd-journal-remote"
    times = [1_700_000_000_000_000 + number for number in range(20)]
    entries = [
        f"__REALTIME_TIMESTAMP={time}\n__MONOTONIC_TIMESTAMP={time}\n"
        f"_BOOT_ID={'ab' * 16}\nMESSAGE=".encode()
        + (lines(key) if number == 9 else b"quiet").replace(b"\n", b"; ")
        + b"\n\n"
        for number, time in enumerate(times)
    ]
    words = (
        shutil.which("systemd-journal-remote") or program,
        "-o",
        "a.journal",
        "--compress=1",
        "-",
    )
    run(*words, cwd=folder, data=b"".join(entries))
    return (folder / "a.journal").read_bytes()


def _postgres(dump: tuple[str, ...], folder: Path, key: str) -> bytes:
    """Start a server, as a user who is not root, and dump a table of it."""
    found = sorted(_POSTGRES.glob("*/bin"))
    if not found:
        pytest.skip("postgres is not installed")
    with tempfile.TemporaryDirectory(dir=TEMPORARY) as place:
        Path(place).chmod(0o777)
        return _dumped(found[-1], Path(place), dump, key)


def _dumped(programs: Path, folder: Path, dump: tuple[str, ...], key: str) -> bytes:
    user = ("setpriv", "--reuid=65534", "--clear-groups") if os.geteuid() == 0 else ()
    environment = {"PGHOST": str(folder), "PGUSER": "a", "LC_ALL": "C"}

    def tool(name: str, *words: str, data: bytes | None = None) -> bytes:
        program = (*user, str(programs / name), *words)
        return run(*program, cwd=folder, data=data, env=environment)

    tool("initdb", "-D", "data", "-U", "a", "-A", "trust", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    tool("pg_ctl", "-D", "data", "-l", "log", "-w", "-o", options, "start")
    try:
        values = "".join(f"{number}\t{row}\n" for number, row in enumerate(rows(key, 4000)))
        script = f"create table a (n int, t text);\ncopy a from stdin;\n{values}\\.\n"
        tool("psql", "-q", "postgres", data=script.encode())
        return tool(*dump)
    finally:
        tool("pg_ctl", "-D", "data", "-m", "immediate", "stop")


def bat(_: Path, key: str) -> bytes:
    name = "bat" if shutil.which("bat") else "batcat"
    words = ("--color=always", "--style=full", "--terminal-width=70", "--language=sh", "-")
    return run(name, *words, cwd=Path.cwd(), data="\n".join(rows(key, 9)).encode())


def _lz4(folder: Path, key: str) -> bytes:
    return run("lz4", "-c", cwd=folder, data=lines(key))


def _snappy(_: Path, key: str) -> bytes:
    return bytes(library("cramjam").snappy.compress(lines(key)))


_HDF5: dict[str, dict[str, Any]] = {
    "gzip": {"compression": "gzip"},
    "gzip and shuffle": {"compression": "gzip", "shuffle": True},
    "LZF": {"compression": "lzf"},
}
_CODECS = ("none", "gzip", "snappy", "zstd", "lz4", "brotli")
PRODUCERS: dict[str, Write] = {
    **{f"HDF5, {name}": partial(_hdf5, options) for name, options in _HDF5.items()},
    "MAT": _mat,
    "NumPy": _npz,
    "a pickle in gzip": _pickled,
    **{
        f"joblib, {name}": partial(_joblib, (name, 3))
        for name in ("zlib", "gzip", "bz2", "xz", "lz4")
    },
    "LevelDB": partial(_leveldb, None),
    "LevelDB, snappy": partial(_leveldb, "snappy"),
    **{f"Parquet, {name}": partial(_parquet, name) for name in _CODECS},
    "Parquet, version 2": partial(_parquet, "snappy", data_page_version="2.0"),
    **{
        f"ORC, {name}": partial(_orc, name)
        for name in ("uncompressed", "zlib", "snappy", "zstd", "lz4")
    },
    **{f"Feather, {name}": partial(_feather, name) for name in ("uncompressed", "lz4", "zstd")},
    **{
        f"Avro, {name}": partial(_avro, name)
        for name in ("null", "deflate", "snappy", "zstandard", "bzip2", "xz")
    },
    "MessagePack": _msgpack,
    "Protocol Buffers": _protobuf,
    "PNG, zTXt": partial(_picture, "zTXt"),
    "PNG, iTXt": partial(_picture, "iTXt"),
    "pcap, gzip": partial(_capture, 1 << 15, False),
    "pcap, chunked": partial(_capture, 1 << 15, True),
    "pcap, in segments": partial(_capture, 1460, False),
    "xlsx of openpyxl": _workbook,
    "docx of python-docx": _document,
    "pptx of python-pptx": _slides,
    "odt of odfdo": _odt,
    "PDF of ReportLab": _pdf,
    "PDF of Chromium": _printed,
    "EPUB of EbookLib": _epub,
    "conda": _conda,
    **{
        f"squashfs, {name}": partial(_squashfs, name)
        for name in ("gzip", "xz", "zstd", "lz4", "lzo")
    },
    **{
        f"rpm, {name}": partial(_rpm, payload)
        for name, payload in {"gzip": "w9.gzdio", "xz": "w6.xzdio", "zstd": "w19.zstdio"}.items()
    },
    "PyInstaller": _installer,
    "journal": _journal,
    "PostgreSQL, pg_dump -Fc": partial(_postgres, ("pg_dump", "-Fc", "postgres")),
    "PostgreSQL, pg_dump -Ft": partial(_postgres, ("pg_dump", "-Ft", "postgres")),
    "PostgreSQL, psql -x": partial(_postgres, ("psql", "-x", "postgres", "-c", "select * from a")),
    "lz4": _lz4,
    "snappy": _snappy,
}
# Not found where the headers of packets stand in the midst of a stream, and nobody can tell.
SPLIT = frozenset({"pcap, in segments"})
# Not found: there is no decoder, or no sign of a block. The file is listed as unopened.
MISSED = SPLIT | {"Parquet, brotli", "HDF5, LZF", "squashfs, lz4", "squashfs, lzo"}
