"""Know a container by its first bytes, whatever its name is.

Imports nothing, because the hook asks for every file of every commit. The signatures are those of
file(1), and for each format those of its own specification.
"""

from __future__ import annotations

# As much as a tar header, whose signature stands near its end.
HEAD = 512

CONTAINER_MAGICS = (
    (b"PK\x03\x04", "zip"),
    (b"PK00PK\x03\x04", "zip"),
    (b"PK\x07\x08PK\x03\x04", "zip"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x78\x01", "zlib"),
    (b"\x78\x9c", "zlib"),
    (b"\x78\xda", "zlib"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"%PDF-", "pdf"),
    (b"\xef\xbb\xbf%PDF-", "pdf"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"PACK\x00\x00\x00\x02", "pack"),
    (b"PACK\x00\x00\x00\x03", "pack"),
    (b"# v2 git bundle\n", "bundle"),
    (b"# v3 git bundle\n", "bundle"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"MSCF\x00\x00\x00\x00", "cab"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"LZIP\x01", "lzip"),
    (b"\x1f\x9d", "compress"),
    (b"\xed\xab\xee\xdb", "rpm"),
)
_STARTS = tuple(start for start, _ in CONTAINER_MAGICS)
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
_ZIP_MEMBER = b"PK\x03\x04"


def container_kind(head: bytes) -> str:
    """Return what kind of container starts with `head` (`HEAD` bytes are enough), or ""."""
    if head.startswith(_STARTS):
        kind = next(kind for start, kind in CONTAINER_MAGICS if head.startswith(start))
        return "" if kind == "bzip2" and head[4:10] not in _BZIP2_BLOCKS else kind
    if head[257:262] == b"ustar" or _is_old_tar(head):
        return "tar"
    # A Python zip application is a line for the shell, and then a zip (PEP 441).
    return "zip" if head.startswith(b"#!") and _ZIP_MEMBER in head else ""


def _is_old_tar(head: bytes) -> bool:
    """Check what marks a tar from before POSIX: the sum of its header."""
    checksum = head[148:156].strip(b" \0")
    if len(head) < HEAD or not head[0] or not checksum.isdigit() or head[155] not in b" \0":
        return False
    try:
        return int(checksum, 8) == sum(head[:HEAD]) - sum(head[148:156]) + 8 * ord(" ")
    except ValueError:
        return False
