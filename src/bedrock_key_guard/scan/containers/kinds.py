"""Keep the table of containers: which reader opens which, and which nobody opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers import compressed
from bedrock_key_guard.scan.containers.formats import (
    ar,
    compressed_file,
    cpio,
    pack,
    pdf,
    sqlite,
    tar,
)
from bedrock_key_guard.scan.containers.formats import zip as zip_archive

if TYPE_CHECKING:
    from bedrock_key_guard.scan.containers.members import Reader

READERS: dict[str, Reader] = {
    "ar": ar.members,
    "bundle": pack.bundle_members,
    "bzip2": compressed_file.reader(compressed.BZIP2, b"BZh"),
    "cpio": cpio.members,
    "gzip": compressed_file.reader(compressed.GZIP, compressed.GZIP_MAGIC),
    "lzma": compressed_file.reader(compressed.LZMA, compressed.LZMA_MAGIC),
    "pack": pack.pack_members,
    "pdf": pdf.members,
    "rpm": cpio.rpm_members,
    "sqlite": sqlite.members,
    "tar": tar.members,
    "xz": compressed_file.reader(compressed.XZ, b"\xfd7zXZ\x00"),
    "zip": zip_archive.members,
    "zlib": compressed_file.reader(compressed.ZLIB, b"\x78"),
    "zstd": compressed_file.reader(compressed.ZSTD, compressed.ZSTD_MAGIC),
}
# Two or three bytes begin these streams, and much else.
UNSURE = frozenset({"lzma", "zlib"})
