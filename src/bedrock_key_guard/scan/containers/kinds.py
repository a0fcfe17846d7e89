"""Keep the table of containers: which reader opens which, and which nobody opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.scan.containers import compressed, pack, pdf, sqlite, tar
from bedrock_key_guard.scan.containers import zip as zip_archive

if TYPE_CHECKING:
    from bedrock_key_guard.scan.containers.members import Reader

READERS: dict[str, Reader] = {
    "bundle": pack.bundle_members,
    "bzip2": compressed.reader(compressed.BZIP2, b"BZh"),
    "gzip": compressed.reader(compressed.GZIP, b"\x1f\x8b"),
    "pack": pack.pack_members,
    "pdf": pdf.members,
    "sqlite": sqlite.members,
    "tar": tar.members,
    "xz": compressed.reader(compressed.XZ, b"\xfd7zXZ\x00"),
    "zip": zip_archive.members,
    "zlib": compressed.reader(compressed.ZLIB, b"\x78"),
    "zstd": compressed.reader(compressed.ZSTD, b"\x28\xb5\x2f\xfd"),
}
# Two bytes begin zlib's streams, and much else.
UNSURE = frozenset({"zlib"})
