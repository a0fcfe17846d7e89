from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib

import pytest

from tests import boxes
from tests.boxes import BOXES
from tests.keysmith import long_term
from tests.rows import each
from tests.sweeps import sweep
from tests.unit.scan.readings import KEY, places, read

OTHER = long_term("eve")
TEXT = f"first\nkey = {KEY}\n".encode()

zip_ = boxes.zipped
tar = boxes.tarred


PLAIN: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "no container": (TEXT, ()),
    "zip, deflated": (zip_({"a/b.txt": TEXT}), ("zip:a/b.txt",)),
    "zip, stored": (zip_({"b": TEXT}, zipfile.ZIP_STORED), ("zip:b",)),
    "zip, bzip2": (zip_({"b": TEXT}, zipfile.ZIP_BZIP2), ("zip:b",)),
    "zip, lzma": (zip_({"b": TEXT}, zipfile.ZIP_LZMA), ("zip:b",)),
    "zip, written as a stream": (boxes.zipped_as_stream({"a": b"-", "b": TEXT}), ("zip:b",)),
    "zip, stored as a stream": (
        boxes.zipped_as_stream({"a": b"-" * 99_999, "b": TEXT}, zipfile.ZIP_STORED),
        ("zip:b",),
    ),
    "zip, behind other members": (zip_({"a": b"-" * 200_000, "é": b"", "b": TEXT}), ("zip:b",)),
    "zip, of a name that is not ASCII": (zip_({"clé": TEXT}), ("zip:clé",)),
    "zip, of Python": (
        b"#!/usr/bin/env python3\n" + zip_({"__main__.py": TEXT}),
        ("zip:__main__.py",),
    ),
    "zip, a notebook": (zip_({"a.ipynb": TEXT}), ("zip:a.ipynb",)),
    "tar, pax": (tar({"a/b": TEXT}), ("tar:a/b",)),
    "tar, GNU": (tar({"b": TEXT}, layout=tarfile.GNU_FORMAT), ("tar:b",)),
    "tar, ustar": (tar({"b": TEXT}, layout=tarfile.USTAR_FORMAT), ("tar:b",)),
    "tar, pax, a long name": (tar({"é" * 150: TEXT}), ("tar:" + "é" * 150,)),
    "tar, GNU, a long name": (
        tar({"a" * 150: TEXT}, layout=tarfile.GNU_FORMAT),
        ("tar:" + "a" * 150,),
    ),
    "tar, ustar, a prefix": (
        tar({"a" * 90 + "/" + "b" * 90: TEXT}, layout=tarfile.USTAR_FORMAT),
        ("tar:" + "a" * 90 + "/" + "b" * 90,),
    ),
    "tar, behind other members": (tar({"a": b"-" * 99_999, "b": TEXT}), ("tar:b",)),
    "tar, behind the end of another": (tar({"a": b"-"}) + tar({"b": TEXT}), ("tar:b",)),
    "tar.gz": (tar({"b": TEXT}, "w:gz"), ("gzip", "tar:b")),
    "tar.bz2": (tar({"b": TEXT}, "w:bz2"), ("bzip2", "tar:b")),
    "tar.xz": (tar({"b": TEXT}, "w:xz"), ("xz", "tar:b")),
    "gzip": (gzip.compress(TEXT), ("gzip",)),
    "gzip, with a name": (boxes.gzipped(TEXT, "b.txt"), ("gzip:b.txt",)),
    "gzip, in two streams": (gzip.compress(TEXT[:40]) + gzip.compress(TEXT[40:]), ("gzip",)),
    "gzip, padded": (gzip.compress(TEXT[:40]) + bytes(7) + gzip.compress(TEXT[40:]), ("gzip",)),
    "gzip, and rubbish": (gzip.compress(TEXT) + b"rubbish", ("gzip",)),
    "bzip2, in two streams": (bz2.compress(TEXT[:40]) + bz2.compress(TEXT[40:]), ("bzip2",)),
    "xz, in two streams": (
        lzma.compress(TEXT[:40]) + bytes(4) + lzma.compress(TEXT[40:]),
        ("xz",),
    ),
    "xz, its strongest": (lzma.compress(TEXT, preset=9), ("xz",)),
    "zlib": (zlib.compress(TEXT), ("zlib",)),
    "PDF, a stream": (boxes.pdf(b"-", TEXT), ("pdf:object 5",)),
    "PDF, ASCII 85 over deflate": (
        boxes.pdf(TEXT, filters="[/ASCII85Decode /FlateDecode]"),
        ("pdf:object 4",),
    ),
    "PDF, hexadecimal": (boxes.pdf(TEXT, filters="/ASCIIHexDecode"), ("pdf:object 4",)),
    "SQLite": (boxes.sqlite("-", TEXT.decode()), ("sqlite:page 2 row 2 column 2",)),
    "SQLite, a blob": (boxes.sqlite(TEXT), ("sqlite:page 2 row 1 column 2",)),
    "SQLite, UTF-16": (
        boxes.sqlite(TEXT.decode(), encoding="UTF-16le"),
        ("sqlite:page 2 row 1 column 2",),
    ),
    "docx": (boxes.docx("key = ", KEY), ("zip:word/document.xml",)),
}


@each("seekable", [True, False])
@each("name", PLAIN)
def test_a_key_is_found_once_and_in_the_innermost_member(name: str, *, seekable: bool) -> None:
    data, containers = PLAIN[name]
    reading = read(data, seekable=seekable)
    found = places(reading)
    assert [place[0] for place in found] == [containers]
    if name != "docx":
        assert found[0][1:] == (2, 7)
    assert reading.missed == ()


@pytest.mark.parametrize("outer", sweep(BOXES, quick=lambda name: name.startswith(("zip", "gzip"))))
@each("middle", BOXES)
@each("inner", BOXES)
def test_containers_stand_in_one_another_in_any_order(outer: str, middle: str, inner: str) -> None:
    reading = read(BOXES[outer](BOXES[middle](BOXES[inner](TEXT))))
    # zlib alone is taken for what it is only where its first bytes are the usual ones.
    assert places(reading) == [((outer, middle, inner), 2, 7)]
    assert reading.missed == ()


SPLIT: dict[str, tuple[bytes, tuple[str, ...], int]] = {
    "docx, in two runs": (
        boxes.docx("key ", KEY[:4], KEY[4:70], KEY[70:]),
        ("zip:word/document.xml",),
        2,
    ),
    "xlsx, in rich text": (boxes.xlsx(KEY[:9], KEY[9:]), ("zip:xl/sharedStrings.xml",), 1),
    "PDF, in an array": (
        boxes.pdf(
            f"BT [({KEY[:5]}) -20 ({KEY[5:60]}) 3 <{KEY[60:].encode().hex()}>] TJ ET".encode()
        ),
        ("pdf:object 4", "text"),
        1,
    ),
    "PDF, in two lines": (
        boxes.pdf(
            f"BT (a\\(b\\)) Tj ET BT ({KEY[:50]}) Tj 0 -14 Td "
            f"(\\{ord(KEY[50]):03o}{KEY[51:]}) Tj ET".encode()
        ),
        ("pdf:object 4", "text"),
        2,
    ),
}


@pytest.mark.parametrize("name", SPLIT)
def test_a_key_in_pieces_is_found_in_the_text_that_people_see(name: str) -> None:
    data, containers, line = SPLIT[name]
    assert [place[:2] for place in places(read(data))] == [(containers, line)]


@pytest.mark.parametrize("page_size", [512, 1024, 4096, 65536])
@pytest.mark.parametrize("before", [0, 300, 3900, 4000, 100_000])
def test_a_key_across_the_pages_of_a_database_is_found(page_size: int, before: int) -> None:
    value = "-" * before + "\n" + KEY + "-" * before
    found = places(read(boxes.sqlite("first", value, page_size=page_size)))
    ((containers, line, column),) = found
    assert containers[0].endswith(" row 2 column 2")
    assert (line, column) == (2, 1)


def test_a_container_in_a_database_is_opened() -> None:
    data = boxes.sqlite(gzip.compress(TEXT), gzip.compress(b"-" * 99 + OTHER.encode()))
    reading = read(data)
    assert [place[0][1:] for place in places(reading)] == [("gzip",)]
    assert [place[0][1:] for place in places(reading, OTHER)] == [("gzip",)]


def test_a_compiled_module_needs_no_opening() -> None:
    assert [place[0] for place in places(read(boxes.pyc(KEY)))] == [()]


def test_what_is_in_a_container_but_in_no_member_is_found() -> None:
    data = zip_({"a": TEXT}, comment=OTHER.encode())
    assert places(read(data)) == [(("zip:a",), 2, 7)]
    assert [place[0] for place in places(read(data), OTHER)] == [()]


def test_a_key_in_two_members_is_in_two_places() -> None:
    found = places(read(zip_({"a": TEXT, "b": TEXT}, zipfile.ZIP_STORED)))
    assert found == [(("zip:a",), 2, 7), (("zip:b",), 2, 7)]


def test_a_member_that_the_directory_hides_is_read() -> None:
    hidden = zip_({"hidden": TEXT})
    local_only = hidden[: hidden.index(b"PK\x01\x02")]
    assert [place[0] for place in places(read(local_only + zip_({"shown": b"-"})))] == [
        ("zip:hidden",)
    ]


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_packs_and_bundles_are_read_by_git(object_format: str) -> None:
    # In a pack the older file is written as what differs from the newer one.
    for kind, data in (
        ("bundle", boxes.bundle(TEXT, object_format=object_format)),
        ("pack", boxes.pack(TEXT, object_format)),
    ):
        reading = read(data)
        (((containers,), line, column),) = places(reading)
        assert containers.startswith(f"{kind}:blob ")
        assert (line, column) == (2, 7)
        assert reading.missed == ()
