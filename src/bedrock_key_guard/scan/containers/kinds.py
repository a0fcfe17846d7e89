"""Keep the table of containers: which reader opens which, and which nobody opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers import compressed, lz
from bedrock_key_guard.scan.containers.formats import ar, cpio, pack, pdf, tar
from bedrock_key_guard.scan.containers.formats import zip as zip_archive
from bedrock_key_guard.scan.containers.formats.records import avro, leveldb, orc, parquet, sqlite

if TYPE_CHECKING:
    from bedrock_key_guard.scan.containers.members import Reader

# `deflate` and `delta` have no signature: what stands around them says that they are such.
READERS: dict[str, Reader] = {
    "ar": ar.members,
    "avro": avro.members,
    "bundle": pack.bundle_members,
    "bzip2": compressed.reader(compressed.BZIP2),
    "cpio": cpio.members,
    "deflate": compressed.read_deflate,
    "delta": pack.delta_members,
    "gzip": compressed.reader(compressed.GZIP),
    "leveldb": leveldb.members,
    "lz4": lz.reader(lz.lz4_frames),
    "lzf": lz.reader(lz.lzf_blocks),
    "lzma": compressed.reader(compressed.LZMA),
    "orc": orc.members,
    "pack": pack.pack_members,
    "parquet": parquet.members,
    "pdf": pdf.members,
    "rpm": cpio.rpm_members,
    "snappy": lz.reader(lz.snappy_frames),
    "sqlite": sqlite.members,
    "tar": tar.members,
    "xz": compressed.reader(compressed.XZ),
    "zip": zip_archive.members,
    "zlib": compressed.reader(compressed.ZLIB),
    "zstd": compressed.reader(compressed.ZSTD),
}
# Two or three bytes begin these streams, and much else.
UNSURE = frozenset({"lzma", "zlib"})
