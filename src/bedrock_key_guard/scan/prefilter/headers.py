"""Check what follows a signature that does not tell enough.

Imported where such a signature is met, since the hook asks for the signatures of every file.
"""

from __future__ import annotations

_BZIP2_BLOCKS = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
_7Z_HEADER, _RAR_HEADER = 32, 14
_ENCRYPTED_PACKAGE = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"
_ODC_HEADER, _NEWC_HEADER = 76, 110
_HDF5_FILTERS = (b"lzf\0", b"blosc", b"lz4\0", b"bitshuffle")
# As much as is looked at where all of a file is not there.
_FEW = 512


def archive_behind(program: bytes) -> str:
    """Return what kind of archive stands behind a program that opens it, or "".

    What a program only knows to look for has no header behind its signature.
    """
    for signature, kind, is_one in _BEHIND_PROGRAMS:
        at = program.find(signature)
        while at >= 0:
            if is_one(program[at : at + _7Z_HEADER]):
                return kind
            at = program.find(signature, at + 1)
    return ""


def _is_bzip2(head: bytes) -> bool:
    return head[4:10] in _BZIP2_BLOCKS


def _is_cpio(head: bytes) -> bool:
    """Check that numbers follow in the three layouts that begin with digits, and in the binary one.

    That one has the length of a name, and no name is longer than a page.
    """
    if head[0] != ord("0"):
        return 1 < int.from_bytes(head[20:22], "little" if head[0] == 0xC7 else "big") <= 4096
    header = head[:_ODC_HEADER] if head[5] == ord("7") else head[:_NEWC_HEADER]
    return len(header) >= _ODC_HEADER and not header.strip(b"0123456789ABCDEFabcdef")


def _is_7z(head: bytes) -> bool:
    """Check for a version and a directory that is somewhere (7-Zip: DOC/7zFormat.txt)."""
    return len(head) == _7Z_HEADER and not head[6] and head[7] < 9 and any(head[20:28])


def _is_rar(head: bytes) -> bool:
    """Check for the header that comes first, in the format up to version 4 or the one since."""
    if len(head) < _RAR_HEADER:
        return False
    return head[9] == 0x73 if not head[6] else not head[7] and head[13] == 1


def _is_arj(head: bytes) -> bool:
    """Check the size of its header and that it is the one of an archive (ARJ: TECHNOTE.TXT)."""
    return 30 <= int.from_bytes(head[2:4], "little") <= 2600 and head[10:11] == b"\2"


def _is_pst(head: bytes) -> bool:
    return head[8:10] == b"SM"


def _is_encrypted_office(head: bytes) -> bool:
    """Look for the part in which all others are; so few bytes cannot tell ([MS-OFFCRYPTO], 1.3)."""
    return len(head) <= _FEW or _ENCRYPTED_PACKAGE in head


def _is_orc(head: bytes) -> bool:
    """Check that no text begins so: the size of a chunk follows, or numbers of a column."""
    return 0 in head[3:4096]


def _is_filtered_hdf5(head: bytes) -> bool:
    """Look for the name of a filter that is none of HDF5's own (its format, IV.A.2.l)."""
    return any(each in head for each in _HDF5_FILTERS)


_BEHIND_PROGRAMS = ((b"7z\xbc\xaf\x27\x1c", "7z", _is_7z), (b"Rar!\x1a\x07", "rar", _is_rar))
CHECKS = {
    "HDF5 with a filter of its own": _is_filtered_hdf5,
    "Office": _is_encrypted_office,
    "arj": _is_arj,
    "bzip2": _is_bzip2,
    "cpio": _is_cpio,
    "orc": _is_orc,
    "pst": _is_pst,
}
