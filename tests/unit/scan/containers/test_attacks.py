from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import struct
import sys
import tarfile
import tempfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from hashlib import shake_256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.git.clean_git import Git
from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.containers.reading import Reading, read_file
from bedrock_key_guard.scan.limits import LIMITS, SPENT, STEP, Limits
from bedrock_key_guard.scan.prefilter.signatures import CONTAINER_MAGICS
from benchmarks.worst import WORST
from tests import boxes
from tests.keysmith import fingerprint_of, long_term
from tests.sweeps import sweep

KEY = long_term("bob")
TEXT = f"first\nkey = {KEY}\n".encode()
AT = WorkTree("box")


def read(data: bytes, limits: Limits = LIMITS) -> Reading:
    return read_file(io.BytesIO(data), AT, limits)


def containers(reading: Reading) -> list[tuple[str, ...]]:
    wanted = fingerprint_of(KEY)
    return [each.location.containers for each in reading.findings if each.key.fingerprint == wanted]


def nested(times: int, wrap: Callable[[bytes], bytes], data: bytes = TEXT) -> bytes:
    for _ in range(times):
        data = wrap(data)
    return data


def in_zip(data: bytes) -> bytes:
    return boxes.zipped({"a": data})


ZEROS = bytes(80 << 20)
BOMBS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "zip": in_zip,
    "zip in zip": lambda data: in_zip(in_zip(data)),
    "tar.gz": lambda data: boxes.tarred({"a": data}, "w:gz"),
    "PDF": boxes.pdf,
    "PDF, twice": lambda data: boxes.pdf(
        zlib.compress(data), filters="[/FlateDecode /FlateDecode]"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sweep(BOMBS, quick=lambda name: name in ("zip", "tar.gz")))
def test_a_bomb_is_put_down_and_the_rest_is_read(name: str) -> None:
    data = BOMBS[name](ZEROS) + TEXT
    tracemalloc.start()
    try:
        reading = read(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [(each.kind, each.reason) for each in reading.missed] == [("missing", SPENT)]
    assert containers(reading) == [()]
    assert peak < 32 << 20


@pytest.mark.parametrize(
    ("size", "limits"),
    [
        (4 << 20, Limits(work=1 << 20, effort=1)),
        pytest.param(len(ZEROS), LIMITS, marks=pytest.mark.long),
    ],
)
def test_members_before_a_bomb_are_read(size: int, limits: Limits) -> None:
    reading = read(boxes.zipped({"a": TEXT, "b": ZEROS[:size]}), limits)
    assert containers(reading) == [("zip:a",)]
    assert [each.what for each in reading.missed] == ["box > zip:b"]


@pytest.mark.parametrize("size", [0, 20, pytest.param(1 << 18, marks=pytest.mark.long)])
def test_members_are_read_as_far_as_the_budget_goes(size: int) -> None:
    members = {"first": TEXT} | {str(number): b"-" * size for number in range(200)}
    packed = boxes.zipped(members)
    reading = read(packed, Limits(work=50 * STEP, effort=0))
    assert containers(reading) == [("zip:first",)]
    assert [each.reason for each in reading.missed] == [SPENT]
    assert read(packed, Limits(work=1 << 30)).missed == ()


@pytest.mark.parametrize("wrap", [gzip.compress, in_zip, lzma.compress, zlib.compress])
def test_a_nest_is_opened_to_a_set_depth(wrap: Callable[[bytes], bytes]) -> None:
    assert [len(each) for each in containers(read(nested(5, wrap)))] == [5]
    reading = read(nested(10, wrap))
    assert containers(reading) == []
    (missed,) = reading.missed
    assert (missed.kind, missed.reason) == ("missing", "it is more than 5 containers deep")


HOSTILE_NAMES = [
    "../../escaped",
    "/tmp/escaped",
    "a/../../escaped",
    "C:\\escaped",
    "\x1b[2J",
    "-rf",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_that_lead_out_lead_nowhere(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    before = sorted(tmp_path.rglob("*"))
    assert containers(read(boxes.zipped({name: TEXT}))) == [(f"zip:{name}",)]
    assert containers(read(boxes.tarred({name: TEXT}))) == [(f"tar:{name}",)]
    assert sorted(tmp_path.rglob("*")) == before


def test_devices_and_links_in_a_tar_are_only_headers(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(TEXT)
    box = io.BytesIO()
    with tarfile.open(fileobj=box, mode="w") as archive:
        for kind in (
            tarfile.SYMTYPE,
            tarfile.LNKTYPE,
            tarfile.CHRTYPE,
            tarfile.BLKTYPE,
            tarfile.FIFOTYPE,
            tarfile.DIRTYPE,
        ):
            info = tarfile.TarInfo("special")
            info.type, info.linkname, info.devmajor = kind, str(outside), 1
            archive.addfile(info)
        info = tarfile.TarInfo("last")
        info.size = len(TEXT)
        archive.addfile(info, io.BytesIO(TEXT))
    reading = read(box.getvalue())
    assert containers(reading) == [("tar:last",)]
    assert reading.missed == ()


def test_a_sparse_file_is_read_as_it_is_stored() -> None:
    header = tarfile.TarInfo("sparse")
    header.size = len(TEXT)
    record = bytearray(header.tobuf(tarfile.GNU_FORMAT))
    record[156:157] = b"S"
    record[482] = 1
    record[483:495] = b"77777777777\0"
    record[148:156] = b" " * 8
    record[148:156] = b"%06o\0 " % sum(record)
    more = bytes(504) + b"\1" + bytes(7), bytes(512)
    body = TEXT + bytes(-len(TEXT) % 512)
    assert containers(read(bytes(record) + b"".join(more) + body)) == [("tar:sparse",)]


@pytest.mark.parametrize("size", [0, 1, 7, 0xFFFFFFFF])
def test_a_gzip_that_lies_about_its_size_is_read_and_listed(size: int) -> None:
    data = gzip.compress(TEXT)[:-4] + size.to_bytes(4, "little")
    reading = read(data)
    assert containers(reading) == [("gzip",)]
    assert reading.missed == (
        NotScanned("box > gzip", "unopened", "its compressed data is broken"),
    )


@pytest.mark.parametrize("size", [0, 5, 1 << 31, 0xFFFFFFFF])
def test_a_zip_that_lies_about_a_size_hides_nothing(size: int) -> None:
    data = bytearray(boxes.zipped({"a": b"-" * 1000, "b": TEXT}))
    data[18:22] = size.to_bytes(4, "little")
    data[22:26] = size.to_bytes(4, "little")
    assert containers(read(bytes(data))) == [("zip:b",)]


def test_what_is_encrypted_is_opaque_and_the_rest_is_read() -> None:
    locked = boxes.encrypted({"a": TEXT, "b": b"-"})
    reading = read(boxes.zipped({"c": TEXT}) + locked)
    assert containers(reading) == [("zip:c",)]
    assert reading.missed == (
        NotScanned("box > zip:a", "encrypted", "it is encrypted (and 1 more like it)"),
    )


def test_an_unknown_compression_is_opaque() -> None:
    data = bytearray(boxes.zipped({"a": TEXT, "b": TEXT}))
    directory = data.index(b"PK\x01\x02")
    data[8:10] = data[directory + 10 : directory + 12] = (9).to_bytes(2, "little")
    reading = read(bytes(data))
    assert containers(reading) == [("zip:b",)]
    assert reading.missed == (
        NotScanned("box > zip:a", "unopened", "its compression method 9 is unknown"),
    )


@pytest.mark.parametrize(
    ("head", "kind"),
    [(b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07\x00", "rar"), (b"MSCF\0\0\0\0", "cab")],
)
def test_what_nobody_here_can_open_is_opaque(head: bytes, kind: str) -> None:
    reading = read(head + TEXT)
    assert containers(reading) == [()]
    assert reading.missed == (
        NotScanned("box", "unopened", f"files of the kind {kind} cannot be read"),
    )


def test_zstd_is_opaque_where_python_has_no_library_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    reading = read(b"\x28\xb5\x2f\xfd" + bytes(99))
    assert reading.missed == (
        NotScanned(
            "box > zstd",
            "unopened",
            "zstd takes Python 3.14, or the package backports.zstd",
            wants="backports.zstd",
        ),
    )


def test_a_bundle_that_builds_on_other_objects_is_opaque() -> None:
    (missed,) = read(boxes.bundle(TEXT, since=True)).missed
    assert missed.kind == "unopened"
    assert "build on others" in missed.reason


def test_a_pack_runs_nothing_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert len(containers(read(boxes.pack(TEXT)))) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_pack_beyond_its_limit_is_missing() -> None:
    (missed,) = read(boxes.pack(TEXT), Limits(pack=1 << 10)).missed
    assert missed.kind == "missing"


def _object(kind: int, size: int, packed: bytes, base: bytes = b"") -> bytes:
    """Write an object of a pack: its kind and size, where its base is, and its bytes."""
    head, size = [kind << 4 | size & 15], size >> 4
    while size:
        head[-1] |= 0x80
        head, size = [*head, size & 127], size >> 7
    return bytes(head) + base + packed


def _number(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes((low | 128,)) + _number(rest) if rest else bytes((low,))


def _distance(value: int) -> bytes:
    """Write how far back a base begins: each digit but the last is one less."""
    digits = [value & 127]
    while value := value >> 7:
        value -= 1
        digits.insert(0, value & 127 | 128)
    return bytes(digits)


def test_a_pack_is_a_gap_where_there_is_no_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = boxes.pack(TEXT)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    (missed,) = read(pack).missed
    assert missed.kind == "missing"
    assert missed.reason.startswith("it takes Git and a temporary folder: There is no folder for")


def test_what_a_pack_makes_git_hold_is_bounded() -> None:
    size, times = 1 << 16, 1 << 13
    base = _object(3, size, zlib.compress(shake_256(b"base").digest(size)))
    # Each of the last bytes copies 64 KiB.
    delta = _number(size) + _number(size * times) + b"\x80" * times
    small = _object(6, len(delta), zlib.compress(delta), _distance(len(base)))
    data = b"PACK" + struct.pack(">2I", 2, 2) + base + small
    pack = data + hashlib.sha1(data, usedforsecurity=False).digest()
    assert [each.reason for each in read(pack).missed] == [SPENT]
    (missed,) = read(pack, Limits(work=1 << 32)).missed
    assert missed.reason.startswith("Git cannot read it")


def test_what_git_has_to_put_together_is_charged_before_it_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(Git, "start", lambda *command: asked.append(command))
    assert [each.reason for each in read(WORST["pack: a chain"](40_000)).missed] == [SPENT]
    assert asked == []


WHOLE = {
    "zip": boxes.zipped({"a": TEXT, "b": TEXT}),
    "stored zip": boxes.zipped({"a": TEXT, "b": TEXT}, zipfile.ZIP_STORED),
    "lzma zip": boxes.zipped({"a": TEXT}, zipfile.ZIP_LZMA),
    "zip as a stream": boxes.zipped_as_stream({"a": TEXT}, zipfile.ZIP_STORED),
    "docx": boxes.docx(KEY[:9], KEY[9:]),
    "tar": boxes.tarred({"a" * 120: TEXT, "b": TEXT}),
    "GNU tar": boxes.tarred({"a" * 120: TEXT, "b": TEXT}, layout=tarfile.GNU_FORMAT),
    "tar.gz": boxes.tarred({"a": TEXT}, "w:gz"),
    "gzip": boxes.gzipped(TEXT, "name"),
    "bzip2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "zlib": zlib.compress(TEXT),
    "PDF": boxes.pdf(f"BT [({KEY[:5]}) -20 ({KEY[5:]})] TJ ET".encode()),
    "PDF in ASCII": boxes.pdf(TEXT, filters="[/ASCII85Decode /ASCIIHexDecode]"),
    "SQLite": boxes.sqlite("-" * 2000 + KEY, TEXT, page_size=512),
}


@pytest.mark.parametrize("name", ["zip", "tar.gz", "gzip", "bzip2", "xz"])
def test_what_is_cut_off_is_listed(name: str) -> None:
    data = WHOLE[name]
    missed = read(data[: len(data) // 2]).missed
    assert [each.kind for each in missed] == ["unopened"]


def test_what_came_before_the_end_of_a_broken_file_is_read() -> None:
    noise = shake_256(b"noise").digest(500_000)
    data = gzip.compress(TEXT + noise)
    assert containers(read(data[:-1000])) == [("gzip",)]


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
def test_damage_of_any_kind_crashes_nothing(name: str, data: st.DataObject) -> None:
    whole = bytearray(WHOLE[name])
    places = st.integers(0, len(whole) - 1)
    for at, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8)):
        whole[at] = byte
    cut = data.draw(st.integers(0, len(whole)))
    read(bytes(whole[:cut]) if data.draw(st.booleans()) else bytes(whole))


@given(
    st.sampled_from(
        [magic for magic, _ in CONTAINER_MAGICS if not magic.startswith((b"PACK", b"#"))]
    ),
    st.binary(max_size=3000),
)
def test_noise_behind_any_signature_crashes_nothing(magic: bytes, noise: bytes) -> None:
    read(magic + noise)


@pytest.mark.parametrize("head", [b"PACK\0\0\0\2", b"# v2 git bundle\n", b"# v3 git bundle\n\n"])
@pytest.mark.parametrize("rest", [b"", bytes(12), b"\xff" * 100, b"\n" * 100, b"PACK" * 99])
def test_packs_that_are_none_are_listed(head: bytes, rest: bytes) -> None:
    assert [each.kind for each in read(head + rest).missed] == ["unopened"]


def _sqlite_of_pointers(size: int) -> bytes:
    """Make a database in which every cell of a page is the same long record."""
    page = bytearray(boxes.sqlite("-" * 400, page_size=512)[:512])
    page += b"\r\0\0\0\xf0\0\0\0" + b"\1\xf4" * 240
    return bytes(page) + (bytes(page[512:]) + bytes(24)) * (size // 512)


SHAPES: dict[str, Callable[[int], bytes]] = {
    "headers of zip": lambda n: b"PK\x03\x04\x14\0\0\0\x08\0" * (n // 10),
    "members of zip": lambda n: (b"PK\x03\x04\x14" + bytes(21) + b"\1\0\0\0a") * (n // 31),
    "descriptors of zip": lambda n: boxes.zipped_as_stream(
        {"a": b"PK\x07\x08" * (n // 4)}, zipfile.ZIP_STORED
    ),
    "streams of gzip": lambda n: gzip.compress(b"") * (n // 20),
    "names of tar": lambda n: boxes.tarred({str(each): b"" for each in range(n // 512)}),
    "damage in tar": lambda n: boxes.tarred({"a": b"a"}) + b"-" * n,
    "streams of PDF": lambda n: b"%PDF-1.7\n" + b"<</Filter/Fl>>stream\n" * (n // 21),
    "words of PDF": lambda n: b"%PDF-1.7\n" + b"stream" * (n // 6),
    "strings of PDF": lambda n: boxes.pdf(b"(" * (n // 20)),
    "tags": lambda n: boxes.zipped({"a.xml": b"< " * (n // 20)}),
    "cells of SQLite": _sqlite_of_pointers,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sweep(SHAPES, quick=lambda name: not name.startswith("streams")))
def test_the_work_grows_with_the_size(name: str) -> None:
    """Count calls of functions, which a machine's load does not change."""

    def calls(data: bytes) -> int:
        count = 0

        def on_call(*_: object) -> None:
            nonlocal count
            count += 1

        sys.setprofile(on_call)
        try:
            read(data)
        finally:
            sys.setprofile(None)
        return count

    small, large = (calls(SHAPES[name](size)) for size in (100_000, 200_000))
    assert large < 2.6 * small + 1000
