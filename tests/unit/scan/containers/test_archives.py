from __future__ import annotations

import gzip
import importlib
import io
import lzma
import sys
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.scan.prefilter.signatures import container_kind
from tests import archives, boxes
from tests.unit.scan.readings import KEY, places, read

TEXT = f"first\nkey = {KEY}\n".encode()
LONG = "a/very/long/name/indeed.txt"
FIRST = {"first": b"-" * 777}


def zip64(method: int) -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", method) as archive:
        for name, data in {**FIRST, "b": TEXT}.items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(data)
    return box.getvalue()


SCRIPT = b"#!/bin/sh\n" + b"echo unpacking ...\n" * 9000
KINDS: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "ar": (archives.ar({**FIRST, "b": TEXT}), ("ar:b",)),
    "ar, a long name (GNU)": (archives.ar({**FIRST, LONG: TEXT}), (f"ar:{LONG}",)),
    "ar, a long name (BSD)": (archives.ar({**FIRST, LONG: TEXT}, names="BSD"), (f"ar:{LONG}",)),
    "deb": (
        archives.deb(boxes.tarred({"b": TEXT}, "w:gz")),
        ("ar:data.tar.gz", "gzip", "tar:b"),
    ),
    "cpio, newc": (archives.cpio({**FIRST, "b": TEXT}), ("cpio:b",)),
    "cpio, odc": (archives.cpio({**FIRST, "b": TEXT}, "odc"), ("cpio:b",)),
    "cpio, binary": (archives.cpio({**FIRST, "b": TEXT}, "little"), ("cpio:b",)),
    "cpio, binary, big endian": (archives.cpio({**FIRST, "b": TEXT}, "big"), ("cpio:b",)),
    "cpio, behind another": (
        archives.cpio(FIRST) + gzip.compress(archives.cpio({"b": TEXT})),
        ("cpio", "gzip", "cpio:b"),
    ),
    "rpm": (archives.rpm({**FIRST, "b": TEXT}), ("rpm:payload", "gzip", "cpio:b")),
    "lzma": (lzma.compress(TEXT, lzma.FORMAT_ALONE), ("lzma",)),
    "lzma, of a known size": (
        lzma.compress(TEXT, lzma.FORMAT_ALONE)[:5]
        + len(TEXT).to_bytes(8, "little")
        + lzma.compress(TEXT, lzma.FORMAT_ALONE)[13:],
        ("lzma",),
    ),
    "zip64": (zip64(zipfile.ZIP_DEFLATED), ("zip:b",)),
    "zip64, stored": (zip64(zipfile.ZIP_STORED), ("zip:b",)),
    "zip behind a script": (SCRIPT + boxes.zipped({"b": TEXT}), ("zip:b",)),
    "zip behind a program": (
        b"MZ" + bytes(range(256)) * 300 + boxes.zipped({"b": TEXT}),
        ("zip:b",),
    ),
    "zip behind a program that knows of zip": (
        b"\x7fELF" + b"PK\x03\x04\0\0\0" * 99 + boxes.zipped({"b": TEXT}),
        ("zip:b",),
    ),
    "zip behind a picture": (b"\x89PNG\r\n\x1a\n" + boxes.zipped({"b": TEXT}), ("zip:b",)),
    "PDF, LZW": (boxes.pdf(b"-", TEXT, filters="/LZWDecode"), ("pdf:object 5",)),
    "PDF, LZW, much of it": (
        boxes.pdf(TEXT + bytes(range(256)) * 300, filters="/LZWDecode"),
        ("pdf:object 4",),
    ),
    "PDF, run lengths": (
        boxes.pdf(b"-" * 500 + b"\n" + TEXT, filters="/RunLengthDecode"),
        ("pdf:object 4",),
    ),
    "PDF, an object stream": (
        boxes.pdf(b"7 0 8 99\n<< /V (-) >>\n<<\n/V " + TEXT + b">>"),
        ("pdf:object 4",),
    ),
    "PDF, four filters": (
        boxes.pdf(TEXT, filters="[/ASCIIHexDecode /ASCII85Decode /RunLengthDecode /LZWDecode]"),
        ("pdf:object 4",),
    ),
}


@pytest.mark.parametrize("seekable", [True, False], ids=["file", "pipe"])
@pytest.mark.parametrize("name", KINDS)
def test_archives_of_more_kinds_are_opened(name: str, *, seekable: bool) -> None:
    data, containers = KINDS[name]
    reading = read(data, seekable=seekable)
    assert [place[0] for place in places(reading)] == [containers]
    assert reading.missed == ()


def zstd() -> Any:
    """Return Python's own module, or the same one for an older Python."""
    newer = sys.version_info >= (3, 14)
    return importlib.import_module("compression.zstd" if newer else "backports.zstd")


def skippable(data: bytes) -> bytes:
    return b"\x50\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data


def test_frames_of_zstd_are_read_one_after_the_other() -> None:
    first, second = (zstd().compress(part) for part in (TEXT[:40], TEXT[40:]))
    for data in (
        first + second,
        skippable(b"index") + first + skippable(b"") + second + skippable(b"-" * 999),
    ):
        assert places(read(data)) == [(("zstd",), 2, 7)]
        assert read(data).missed == ()
    whole = zstd().compress(boxes.tarred({"b": TEXT}))
    assert [place[0] for place in places(read(whole))] == [("zstd", "tar:b")]
    assert [each.kind for each in read(whole[:-9]).missed] == ["unopened"]


def test_what_zstd_skips_is_read_as_it_is() -> None:
    """No library is needed for that."""
    assert [place[0] for place in places(read(skippable(TEXT)))] == [()]


@pytest.mark.parametrize("text", [KEY.encode("utf-16-le"), KEY.encode()])
def test_ole_files_need_no_opening(text: bytes) -> None:
    """Old Office documents and Windows installers are sectors in which text stands as it is."""
    data = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + text + bytes(700)
    assert [place[0] for place in places(read(data))] == [()]


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_what_a_thin_bundle_adds_is_read_and_the_rest_is_listed(object_format: str) -> None:
    reading = read(boxes.bundle(TEXT, object_format=object_format, since=True))
    ((containers, _, _),) = places(reading)
    assert containers[0].startswith("bundle:object at ")
    assert [each.kind for each in reading.missed] == ["unopened"]


def test_whole_objects_of_a_damaged_pack_are_read() -> None:
    data = bytearray(boxes.pack(TEXT))
    data[-1] ^= 1
    reading = read(bytes(data))
    assert places(reading)
    assert [each.kind for each in reading.missed] == ["unopened"]


PACKAGE = "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07\x00", "rar"),
        (b"Rar!\x1a\x07\x01\x00", "rar"),
        (b"MSCF\0\0\0\0", "cab"),
        (b"LPKSHHRH\0\0\0\0\2", "journal in LZ4"),
        (b"LZIP\x01", "lzip"),
        (b"\x89LZO\0\r\n\x1a\n", "lzop"),
        (b"\x1f\x9d\x90", "compress"),
        (b"hsqs", "squashfs"),
        (b"sqsh", "squashfs"),
        (b"xar!\0\x1c", "xar"),
        (b"\x27\xb5\x2f\xfd", "old zstd"),
        (b"MSWIM\0\0\0", "wim"),
        (b"7kSt\xa01\x83\xd3", "zpaq"),
        (b"LRZI", "lrzip"),
        (b"\x60\xea\x2b\0" + bytes(6) + b"\2", "arj"),
        (b"!BDN" + bytes(4) + b"SM", "pst"),
        (b"bvx2", "lzfse"),
        (b"MZ" + bytes(900) + b"7z\xbc\xaf\x27\x1c\0\4" + b"\1" * 24, "7z"),
        (b"\x7fELF" + bytes(900) + b"Rar!\x1a\7\1\0" + bytes(5) + b"\1", "rar"),
        (b"MZ" + bytes(900) + b"Rar!\x1a\7\0\xcf\x90\x73" + bytes(9), "rar"),
    ],
)
def test_what_cannot_be_opened_is_named_and_read_as_it_is(head: bytes, kind: str) -> None:
    reading = read(head + TEXT)
    assert [place[0] for place in places(reading)] == [()]
    reason = f"files of the kind {kind} cannot be read"
    assert reading.missed == (NotScanned("box", "unopened", reason),)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + PACKAGE, "Office"),
        (b"\0GITCRYPT\0", "git-crypt"),
        (b"age-encryption.org/v1\n", "age"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\n", "age"),
        (b"-----BEGIN PGP MESSAGE-----\n", "OpenPGP"),
        (b"Salted__", "OpenSSL"),
        (b"$ANSIBLE_VAULT;1.1;AES256\n", "Ansible Vault"),
        (b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5", "KeePass"),
        (b"LUKS\xba\xbe\0\2", "LUKS"),
    ],
)
def test_what_takes_a_password_is_listed_and_read_as_it_is(head: bytes, kind: str) -> None:
    reading = read(head + b"\n" + TEXT)
    assert [place[0] for place in places(reading)] == [()]
    assert reading.missed == (NotScanned("box", "encrypted", f"it is encrypted ({kind})"),)


@pytest.mark.parametrize(
    "place", ["trailer << /Size 9 /Encrypt 8 0 R >>", "<< /Encrypt<</V 4>> >>"]
)
def test_a_document_that_is_encrypted_counts_as_unopened(place: str) -> None:
    """Most open without a password: it is for those who would print them."""
    data = boxes.pdf(b"text").replace(b"%%EOF", place.encode() + b"\n%%EOF")
    assert [each.kind for each in read(data).missed] == ["unopened"]
    assert "it is encrypted" in read(data).missed[0].reason


def test_what_is_in_an_attached_file_of_a_document_is_found() -> None:
    attached = boxes.pdf(b"-" * 200 + bytes(9) + zlib.compress(TEXT))
    data = attached.replace(b"<< /Length", b"<< /Type /EmbeddedFile /Length")
    assert data != attached
    assert [place[0] for place in places(read(data))]


@pytest.mark.parametrize(
    "head",
    [
        b"070701 is the number of the invoice",
        b"0707070707070707070707070707070707070707\n" * 3,
        b"\xc7\x71 is no cpio",
        b"\x5d\0\0 is no lzma",
        b"\x5d\0\0\x12\x34" + b"\xff" * 8 + b"\0",
        b"import zipfile\nMAGIC = b'PK\x03\x04'\n" * 9,
        b"\x7fELF" + b"PK\x03\x04\0PK\x05\x06\0PK\x07\x08\0" * 9,
        b"PK\x05\x06",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(900),
        b"\x60\xea is no archive",
        b"!BDN is no mail",
        b"MZ" + bytes(99) + b"7z\xbc\xaf\x27\x1c" + bytes(99) + b"Rar!\x1a\7\0" + bytes(99),
        b"text about 7z\xbc\xaf\x27\x1c\0\4" + b"\1" * 24,
    ],
)
def test_what_only_looks_like_an_archive_is_none(head: bytes) -> None:
    assert container_kind(head) == ""


CUT = {
    "ar": archives.ar({"a": TEXT}),
    "cpio, newc": archives.cpio({"a": TEXT}),
    "cpio, odc": archives.cpio({"a": TEXT}, "odc"),
    "cpio, binary": archives.cpio({"a": TEXT}, "little"),
    "rpm": archives.rpm({"a": TEXT}),
    "lzma": lzma.compress(TEXT, lzma.FORMAT_ALONE),
    "PDF, LZW": boxes.pdf(TEXT, filters="/LZWDecode"),
}


@pytest.mark.parametrize("name", CUT)
@pytest.mark.parametrize("part", [0.5, 0.8])
def test_an_archive_that_is_cut_off_is_listed(name: str, part: float) -> None:
    data = CUT[name].rstrip(b"\0")
    missed = read(data[: max(int(len(data) * part), 120)]).missed
    assert {each.kind for each in missed} == {"unopened"}


def test_a_thin_archive_names_files_and_holds_none() -> None:
    # As `ar rcT` of GNU binutils writes it: a table of names, then headers without contents.
    names = b"//" + b" " * 46 + b"8         `\n" + b"b.txt/\n\n"
    header = b"/0              0           0     0     100644  778       `\n"
    reading = read(b"!<thin>\n" + names + header)
    assert places(reading) == []
    assert reading.missed == ()


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a size that is no number": lambda data: data.replace(b"778       `", b"-8        `"),
    "a header's end": lambda data: data.replace(b"`\n", b"!\n"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_header_is_listed_and_what_follows_is_read(name: str) -> None:
    data = DAMAGES[name](archives.ar({"a": b"-" * 778, "b": TEXT}))
    reading = read(data)
    assert [place[0] for place in places(reading)] == [()]
    assert [each.reason for each in reading.missed] == ["a header in it is damaged"]


def test_what_stands_before_the_broken_part_of_a_filter_is_read() -> None:
    whole = boxes.pdf(TEXT + bytes(range(256)) * 300, filters="/LZWDecode")
    reading = read(whole[: len(whole) // 2])
    assert places(reading) == [(("pdf:object 4",), 2, 7)]
    assert [missed.kind for missed in reading.missed] == ["unopened"]
