"""Recognise a container by its first bytes, whatever its name is.

Imports nothing, because the hook asks for every file of every commit. The signatures are those of
file(1), and for each format those of its own specification.
"""

from __future__ import annotations

# How much of a file is looked at. What stands before an archive that extracts itself is shorter.
HEAD = 1 << 18
POINTER = "lfs"

CONTAINER_MAGICS = (
    (b"PK\x03\x04", "zip"),
    (b"PK00PK\x03\x04", "zip"),
    (b"PK\x07\x08PK\x03\x04", "zip"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x78\x01", "zlib"),
    (b"\x78\x5e", "zlib"),
    (b"\x78\x9c", "zlib"),
    (b"\x78\xda", "zlib"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"!<arch>\n", "ar"),
    (b"!<thin>\n", "ar"),
    (b"070701", "cpio"),
    (b"070702", "cpio"),
    (b"070707", "cpio"),
    (b"\xc7\x71", "cpio"),
    (b"\x71\xc7", "cpio"),
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
    (b"\x02\x21\x4c\x18", "lz4"),
    (b"LZIP\x01", "lzip"),
    (b"\xff\x06\0\0sNaPpY", "snappy"),
    (b"ZV\x01", "lzf"),
    (b"\x89LZO\x00\r\n\x1a\n", "lzop"),
    (b"\x1f\x9d", "compress"),
    (b"\xed\xab\xee\xdb", "rpm"),
    (b"hsqs", "squashfs"),
    (b"sqsh", "squashfs"),
    (b"xar!\x00", "xar"),
    (b"MSWIM\0\0\0", "wim"),
    (b"7kSt\xa01\x83\xd3", "zpaq"),
    (b"LRZI", "lrzip"),
    (b"\x60\xea", "arj"),
    (b"!BDN", "pst"),
    (b"bvx2", "lzfse"),
    (b"bvxn", "lzfse"),
    *((bytes((each,)) + b"\xb5\x2f\xfd", "old zstd") for each in range(0x22, 0x28)),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office"),
    (b"\0GITCRYPT\0", "git-crypt"),
    (b"age-encryption.org/v1\n", "age"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "age"),
    (b"-----BEGIN PGP MESSAGE-----", "OpenPGP"),
    (b"Salted__", "OpenSSL"),
    (b"$ANSIBLE_VAULT;", "Ansible Vault"),
    (b"\x03\xd9\xa2\x9a", "KeePass"),
    (b"LUKS\xba\xbe", "LUKS"),
    (b"Obj\x01", "avro"),
    (b"ORC", "orc"),
    (b"PAR1\x15", "parquet"),
    (b"\x89HDF\r\n\x1a\n", "HDF5 with a filter of its own"),
    # No container, but as good as one: what it says is only where the content is.
    (b"version https://git-lfs.github.com/spec/v1", POINTER),
    (b"version https://hawser.github.com/spec/v1", POINTER),
    (b"version http://git-media.io/v/2", POINTER),
)
_STARTS = tuple(start for start, _ in CONTAINER_MAGICS)
# Those whose signature does not tell enough: what follows it has to bear it out.
CHECKED = frozenset(
    ("HDF5 with a filter of its own", "Office", "arj", "bzip2", "cpio", "orc", "pst")
)
# What nobody opens without a password or a key.
ENCRYPTED = frozenset(
    ("Office", "git-crypt", "age", "OpenPGP", "OpenSSL", "Ansible Vault", "KeePass", "LUKS")
)
# With one of these bytes begins what no signature tells: lzma, and zstd's frames to skip.
BEGINNINGS = bytes((0x5D, *range(0x50, 0x60)))
_TAR_HEADER = 512
# Programs, and lines for a shell: an archive may stand behind them.
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!")
_ZIP_MEMBER = b"PK\x03\x04"
# A zip ends with a record of 22 bytes that tells where its directory is, and a comment.
ZIP_LISTED, ZIP_END, _ZIP_END_SIZE = b"PK\x01\x02", b"PK\x05\x06", 22
TAIL = _ZIP_END_SIZE + 0xFFFF
# Where its numbers did not fit, what locates larger ones stands before it.
ZIP64_LOCATOR, ZIP64_LOCATOR_SIZE = b"PK\x06\x07", 20
# A journal of systemd tells in its flags that it has blocks of LZ4 (its JOURNAL_FILE_FORMAT).
_JOURNAL, _IN_LZ4 = b"LPKSHHRH", 2
# What ends a table of LevelDB (its doc/table_format.md).
LEVELDB_END = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
# What follows the signature of a member, and as much of its name as is looked at.
ZIP_HEADER, ZIP_NAME = 26, 64
# A frame of zstd that holds what its writer liked.
_SKIPPABLE = b"\x2a\x4d\x18"


def container_kind(head: bytes) -> str:
    """Return what kind of container starts with `head` (`HEAD` bytes are enough), or ""."""
    if head.startswith(_STARTS):
        kind = next(kind for start, kind in CONTAINER_MAGICS if head.startswith(start))
        if kind not in CHECKED or _is_one(kind, head):
            return kind
    if head[257:262] == b"ustar" or _is_old_tar(head[:_TAR_HEADER]):
        return "tar"
    if _is_lzma(head):
        return "lzma"
    if head.startswith(_JOURNAL) and int.from_bytes(head[12:16], "little") & _IN_LZ4:
        return "journal in LZ4"
    if head[1:4] == _SKIPPABLE and head[0] & 0xF0 == 0x50:
        return "zstd"
    if _has_zip_member(head):
        return "zip"
    return _extracts_itself(head) if head.startswith(_PROGRAMS) else ""


def kinds_of(start: bytes, tail: bytes, size: int) -> list[str]:
    """Return what a file is by its first bytes and by its last: it may be a PDF and a zip."""
    kinds = (container_kind(start[:HEAD]), kind_at_end(tail, size))
    return [*dict.fromkeys(filter(None, kinds))]


def _is_one(kind: str, head: bytes) -> bool:
    from bedrock_key_guard.scan.prefilter.headers import CHECKS

    return CHECKS[kind](head)


def _extracts_itself(program: bytes) -> str:
    from bedrock_key_guard.scan.prefilter.headers import archive_behind

    return archive_behind(program)


def _has_zip_member(head: bytes) -> bool:
    """Look for a zip behind something else: lines for the shell (PEP 441), a program, a picture."""
    at = head.find(_ZIP_MEMBER)
    while at >= 0:
        at += len(_ZIP_MEMBER)
        if is_zip_member(head[at : at + ZIP_HEADER + ZIP_NAME]):
            return True
        at = head.find(_ZIP_MEMBER, at)
    return False


def kind_at_end(tail: bytes, size: int) -> str:
    """Return what a file of `size` bytes is by its last `TAIL` bytes, or ""."""
    if tail.endswith(LEVELDB_END):
        return "leveldb"
    return "zip" if ends_as_zip(tail, size) else ""


def ends_as_zip(tail: bytes, size: int) -> bool:
    """Return whether a file of `size` bytes ends as a zip does, whatever it begins with.

    Common tools look there alone, and so open what stands behind a program, a picture or a PDF.
    `TAIL` bytes are enough.
    """
    return bool(ends_of_zip(tail, size))


def ends_of_zip(tail: bytes, size: int) -> list[int]:
    """Return where in the last bytes of a file a zip ends, the last place first.

    Some tools take the last end that they find, others one whose comment reaches the file's end.
    """
    ends: list[int] = []
    at = tail.rfind(ZIP_END)
    while at >= 0:
        behind = at + _ZIP_END_SIZE + int.from_bytes(tail[at + 20 : at + 22], "little")
        if (not ends or behind >= len(tail)) and _is_zip_end(tail, at, size - len(tail)):
            ends.append(at)
        at = tail.rfind(ZIP_END, 0, at)
    return ends


def _is_zip_end(tail: bytes, at: int, before: int) -> bool:
    """Return whether the directory stands before its end, as far as that can be seen here.

    Tools look for it by its size, or by its place, and do not mind a comment that is cut off.
    `before` is how much of the file comes before its last bytes.
    """
    locator = at - ZIP64_LOCATOR_SIZE
    if locator < 0 < before or tail.startswith(ZIP64_LOCATOR, max(locator, 0)):
        return True
    count, length, offset = (
        int.from_bytes(tail[at + first : at + end], "little")
        for first, end in ((10, 12), (12, 16), (16, 20))
    )
    if at + _ZIP_END_SIZE > len(tail) or not count + length or offset + length > before + at:
        return False
    return any(
        place < 0 or tail.startswith(ZIP_LISTED, place) for place in (at - length, offset - before)
    )


def is_zip_member(header: bytes) -> bool:
    """Return whether `header`, with `ZIP_NAME` bytes of the name, is one that a program writes.

    The signature before it alone stands in every program that knows of zip.
    """
    version, method = header[:1], int.from_bytes(header[4:6], "little")
    length = int.from_bytes(header[22:24], "little")
    name = header[ZIP_HEADER : ZIP_HEADER + length]
    return version <= b"\x3f" and method < 100 and bool(name) and 0 not in name


def _is_lzma(head: bytes) -> bool:
    """Check what xz checks: usual properties, a usual dictionary, a size that is none or likely."""
    if head[:3] != b"\x5d\0\0" or len(head) < 14:
        return False
    dictionary = int.from_bytes(head[1:5], "little")
    size = int.from_bytes(head[5:13], "little")
    high = 1 << dictionary.bit_length() >> 1
    usual = dictionary in (high, high + high // 2) and dictionary >= 1 << 12
    return usual and not head[13] and (size < 1 << 38 or size == (1 << 64) - 1)


def _is_old_tar(head: bytes) -> bool:
    """Check what marks a tar from before POSIX: the sum of its header."""
    if len(head) < _TAR_HEADER or not head[0]:
        return False
    checksum = head[148:156].strip(b" \0")
    if not checksum.isdigit() or head[155] not in b" \0":
        return False
    try:
        return int(checksum, 8) == sum(head) - sum(head[148:156]) + 8 * ord(" ")
    except ValueError:
        return False


def holds_stream(data: bytes, head: bytes = b"") -> bool:
    """Return whether a compressed stream begins in a part of a file that begins with `head`.

    Text has no NUL and so no stream: for text the search is not even imported.
    """
    if data.find(0) < 0:
        return False
    from bedrock_key_guard.scan.prefilter.streams import has_stream

    return has_stream(data, head)
