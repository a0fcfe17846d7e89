"""Scan archives that were made to harm whoever opens them, with the real command.

Work is bounded by the system: so many seconds of the processor, so much memory, and no file at all
may be written. A key beside each archive shows that the scan went on.
"""

from __future__ import annotations

import bz2
import functools
import gzip
import hashlib
import io
import json
import lzma
import os
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import archives, boxes
from tests.keysmith import fingerprint_of, long_term
from tests.sweeps import sweep

KEY, BESIDE = long_term("bob"), long_term("eve")
TEXT = f"first\nkey = {KEY}\n".encode()
ZEROS = bytes(80 << 20)
# Of the processor and in KiB, as the shell counts them.
SECONDS, MEMORY = 30, 1 << 20
SCAN = ("scan", "--format", "json", ".")
Report = dict[str, Any]
Reports = Mapping[str, Report]

BOMB = (
    "to read what is packed or encoded in it would take more work than a file of its size may cost"
)
DEEP = "it is more than 5 containers deep"
SHORT = "it ends too early"
BAD_SUM = "its checksum is wrong"
CONTRADICTS = "its header and the directory of the zip contradict each other"
BROKEN = "its compressed data is broken"
LONG = "more members than anyone packs"
NO_PACK = "Git cannot read it, or its objects build on others that are not in it"


@dataclass(frozen=True, slots=True)
class Case:
    """Hold what makes a file, in which containers its key has to be found, and what is left out.

    Each place is a list of containers. What a container with no names calls its members is given as
    far as it has to be so.
    """

    make: Callable[[], bytes]
    found: tuple[tuple[str, ...], ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    unopened: tuple[tuple[str, str], ...] = ()
    encrypted: tuple[tuple[str, str], ...] = ()


def local(name: bytes, method: int, size: int, unpacked: int, checksum: int = 0) -> bytes:
    """Write the header of a member of a zip."""
    fields = (20, 0, method, 0, 0, checksum, size, unpacked, len(name), 0)
    return b"PK\x03\x04" + struct.pack("<5H3I2H", *fields) + name


def directory(entries: list[tuple[bytes, int, int]]) -> bytes:
    """Write the directory of a zip: names, and where and how large each member is packed."""
    listed = b"".join(
        b"PK\x01\x02"
        + struct.pack(
            "<6H3I5H2I", 20, 20, 0, 8, 0, 0, 0, size, 1 << 30, len(name), 0, 0, 0, 0, 0, at
        )
        + name
        for name, at, size in entries
    )
    end = struct.pack("<4H2IH", 0, 0, len(entries), len(entries), len(listed), entries[-1][1], 0)
    return listed + b"PK\x05\x06" + end


def overlapping(times: int, data: bytes) -> bytes:
    """Name one member many times (Fifield, "A better zip bomb", 2019: full overlap)."""
    kernel = deflated(data)
    member = local(b"a", 8, len(kernel), len(data), zlib.crc32(data)) + kernel
    return member + directory([(b"%d" % each, 0, len(kernel)) for each in range(times)])


def quoting(times: int, kernel: bytes) -> bytes:
    """Let each member hold the headers of all that follow, as what is not compressed in it."""
    data, entries = kernel, []
    for number in reversed(range(times)):
        header = local(b"%d" % number, 8, len(data), 1 << 30)
        entries.append((b"%d" % number, len(data) + len(header), len(data)))
        quoted = b"\0" + struct.pack("<2H", len(header), len(header) ^ 0xFFFF)
        data = (quoted if number else b"") + header + data
    places = [(name, len(data) - behind, size) for name, behind, size in reversed(entries)]
    return data + directory(places)


@functools.cache
def bomb() -> bytes:
    return boxes.zipped({"b": ZEROS})


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(data) + packer.flush()


def nested(times: int) -> bytes:
    data = TEXT
    for _ in range(times):
        data = boxes.zipped({"a": data})
    return data


def many_members(times: int) -> bytes:
    checksum = zlib.crc32(b"-")
    return b"".join(local(b"%06d" % each, 0, 1, 1, checksum) + b"-" for each in range(times))


def special_tar() -> bytes:
    """Fill a tar with devices and with links that lead out, and hide a key behind them."""
    box = io.BytesIO()
    with tarfile.open(fileobj=box, mode="w") as archive:
        for kind in (b"1", b"2", b"3", b"4", b"5", b"6"):
            info = tarfile.TarInfo("../special")
            info.type, info.linkname, info.devmajor = kind, "/etc/passwd", 1
            archive.addfile(info)
        info = tarfile.TarInfo("special/key")
        info.size = len(TEXT)
        archive.addfile(info, io.BytesIO(TEXT))
    return box.getvalue()


def looping_tree() -> bytes:
    """Let a page of a database be its own child, and its own next sibling in a chain."""
    data = bytearray(boxes.sqlite(*(["-" * 900] * 99), TEXT.decode(), page_size=512))
    for page in range(1, len(data) // 512):
        start = page * 512
        if data[start] == 5:  # an inner page: its right-most child
            data[start + 8 : start + 12] = (page + 1).to_bytes(4, "big")
        elif data[start] == 0:  # a page that a long value goes on in
            data[start : start + 4] = (page + 1).to_bytes(4, "big")
    return bytes(data)


def circular_pdf() -> bytes:
    """Write a document in which everything refers to itself, lengths and filters included."""
    head = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 1 0 R /Parent 1 0 R >>\nendobj\n"
    loop = b"2 0 obj\n<< /Length 3 0 R >>\nendobj\n3 0 obj\n2 0 R\nendobj\n"
    content = zlib.compress(TEXT)
    page = b"4 0 obj\n<< /Length 3 0 R /Contents 4 0 R /Filter /FlateDecode >>\nstream\n"
    trailer = b"xref\n0 1\ntrailer << /Prev 9 /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
    return head + loop + page + content + b"\nendstream\nendobj\n" + trailer


def looping_pack() -> bytes:
    """Write a pack of deltas: one upon itself, and two upon each other."""
    added = b"first\nkey = "
    pieces = b"".join(
        bytes((len(part),)) + part for part in (added, KEY.encode()[:99], KEY.encode()[99:], b"\n")
    )
    delta, other = bytes((100, 100)) + pieces, bytes((9, 9, 1)) + b"-"
    objects = [
        _entry(6, delta) + b"\0" + zlib.compress(delta),
        _entry(7, other) + b"\x11" * 20 + zlib.compress(other),
        _entry(7, other) + b"\x22" * 20 + zlib.compress(other),
    ]
    data = b"PACK\0\0\0\x02" + len(objects).to_bytes(4, "big") + b"".join(objects)
    return data + hashlib.sha1(data, usedforsecurity=False).digest()


def _entry(kind: int, data: bytes) -> bytes:
    return bytes((0x80 | kind << 4 | len(data) & 15, len(data) >> 4))


def lying_gzip() -> bytes:
    return gzip.compress(TEXT)[:-4] + (7).to_bytes(4, "little")


def lying_stored() -> bytes:
    """Say that the first member is two gigabytes."""
    data = bytearray(boxes.zipped({"a": b"-" * 1000, "b": TEXT}, zipfile.ZIP_STORED))
    data[18:26] = (1 << 31).to_bytes(4, "little") * 2
    return bytes(data)


def locked() -> bytes:
    return boxes.zipped({"open": TEXT}) + boxes.encrypted({"locked": b"-" * 99})


CASES: dict[str, Case] = {
    "a flat bomb": Case(bomb, missing=(("zip:b", BOMB),)),
    "a bomb in a bomb": Case(
        lambda: boxes.zipped({"a": bomb()}), missing=(("zip:a > zip:b", BOMB),)
    ),
    "a bomb of sixteen bombs": Case(
        lambda: boxes.zipped({str(each): bomb() for each in range(16)}),
        missing=(("zip:0 > zip:b", BOMB),),
    ),
    # Of all its names it is read once. Its directory tells another checksum than its header.
    "a bomb of overlapping members": Case(
        lambda: overlapping(1000, ZEROS[: 4 << 20]), unopened=(("zip:0", BAD_SUM),)
    ),
    # Each of its members is one of its own, as the directory has it, until that is too much.
    "a bomb that quotes its members": Case(
        lambda: quoting(250, deflated(ZEROS[: 4 << 20] + TEXT)),
        tuple((f"zip:{number}",) for number in range(10)),
        missing=(("zip:9 > zip:89", BOMB),),
        unopened=(
            ("zip:0", f"{BAD_SUM} (and 8 more like it)"),
            *(
                (f"zip:{each} > zip:{each + 1}", f"{BROKEN} (and {248 - each} more like it)")
                for each in range(9)
            ),
            ("zip:9 > zip:10", f"{BROKEN} (and 78 more like it)"),
        ),
    ),
    "ten archives in one another": Case(
        lambda: nested(10), missing=((" > ".join(["zip:a"] * 5), DEEP),)
    ),
    "many members": Case(lambda: many_members(20_100)),
    LONG: Case(lambda: many_members(200_100)),
    "names that lead out of a zip": Case(
        lambda: boxes.zipped({"../../../tmp/escaped": TEXT}), (("zip:../../../tmp/escaped",),)
    ),
    "names that lead out of a tar": Case(
        lambda: boxes.tarred({"/../../escaped": TEXT}), (("tar:/../../escaped",),)
    ),
    "devices and links in a tar": Case(special_tar, (("tar:special/key",),)),
    "a gzip that lies about its size": Case(lying_gzip, (("gzip",),), unopened=(("gzip", BROKEN),)),
    "a stored member that lies about its size": Case(
        lying_stored,
        (("zip:a", "zip:b"), ("zip:b",)),
        unopened=(("zip:a", CONTRADICTS), ("zip:a", SHORT)),
    ),
    "an encrypted zip": Case(
        locked, (("zip:open",),), encrypted=(("zip:locked", "it is encrypted"),)
    ),
    "a database whose pages loop": Case(looping_tree, (("row 100 column 2",),)),
    "a document that refers to itself": Case(circular_pdf, (("pdf:object 4",),)),
    "a pack whose deltas loop": Case(
        looping_pack, (("pack:object at 12",),), unopened=(("", NO_PACK),)
    ),
}

WHOLE: dict[str, bytes] = {
    "zip": boxes.zipped({"a": TEXT * 40}),
    "stored zip": boxes.zipped({"a": TEXT * 40}, zipfile.ZIP_STORED),
    "tar": boxes.tarred({"a": TEXT * 40}),
    "tar.gz": boxes.tarred({"a": TEXT * 40}, "w:gz"),
    "gzip": gzip.compress(TEXT * 40),
    "bzip2": bz2.compress(TEXT * 40),
    "xz": lzma.compress(TEXT * 40),
    "lzma": lzma.compress(TEXT * 40, lzma.FORMAT_ALONE),
    "PDF": boxes.pdf(TEXT * 40),
    "pack": boxes.pack(TEXT),
    "bundle": boxes.bundle(TEXT),
    "ar": archives.ar({"a": TEXT * 40}),
    "cpio": archives.cpio({"a": TEXT * 40}),
    "rpm": archives.rpm({"a": TEXT * 40}),
    "docx": boxes.docx(*([KEY] * 40)),
}


def corrupted(data: bytes) -> bytes:
    """Turn over all bits of the bytes in the middle."""
    begin, end = len(data) // 2, len(data) // 2 + 16
    return data[:begin] + bytes(byte ^ 0xFF for byte in data[begin:end]) + data[end:]


# What a copy that was broken off shows of itself, in whatever kind of archive.
_SHOWS = ("zip", "stored zip", "tar", "tar.gz", "gzip", "bzip2", "xz", "lzma", "PDF", "pack")
TRUNCATED = {name: WHOLE[name][: len(WHOLE[name]) // 2] for name in (*_SHOWS, "bundle", "ar")}
# Bytes that are stored as they are have nothing to check them by.
CORRUPT = {
    name: corrupted(data)
    for name, data in WHOLE.items()
    if name not in {"tar", "ar", "cpio", "lzma"}
}


def scanned(parent: Path, boxes: Mapping[str, bytes]) -> Report:
    """Scan files by name under bounds, beside a key; nothing may be touched, or left behind."""
    (parent / "temporary").mkdir(parents=True)
    folder = parent / "tree"
    folder.mkdir()
    (folder / "beside.txt").write_text(BESIDE, encoding="utf-8")
    for name, data in boxes.items():
        (folder / name).write_bytes(data)
    before = _listing(folder.parent)
    # Git puts the objects of a pack together in a file of its own.
    written = 1024 if any(map(_is_of_git, boxes.values())) else 0
    bounds = f'ulimit -t {SECONDS} && ulimit -v {MEMORY} && ulimit -f {written} && exec "$@"'
    done = subprocess.run(
        ["sh", "-c", bounds, "sh", sys.executable, "-I", "-m", "bedrock_key_guard", *SCAN],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(folder.parent / "temporary")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert _listing(folder.parent) == before
    report: Report = json.loads(done.stdout)
    assert report["scanned"]["bytes"] == sum(map(len, boxes.values())) + len(BESIDE)
    assert _containers(report, BESIDE, "beside.txt") == [[]]
    return report


def _is_of_git(data: bytes) -> bool:
    return data.startswith((b"PACK", b"# v"))


def scanned_together(parent: Path, boxes: Mapping[str, bytes]) -> Reports:
    """Return for each name what one scan says of all, and another of what Git has to unpack."""
    kinds = [
        {name: data for name, data in boxes.items() if _is_of_git(data) is of_git}
        for of_git in (False, True)
    ]
    reports = [scanned(parent / str(number), some) for number, some in enumerate(kinds)]
    return {name: report for report, some in zip(reports, kinds, strict=True) for name in some}


def _listing(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_size) for path in folder.rglob("*"))


def _containers(report: Report, key: str, name: str) -> list[list[str]]:
    """Return where a key was found in a file, as the containers of each place."""
    fingerprint = fingerprint_of(key)
    return [
        each["containers"]
        for incident in report["incidents"]
        if incident["fingerprint"] == fingerprint
        for each in incident["locations"]
        if each["path"] == name
    ]


def _left_out(report: Report, name: str) -> list[tuple[str, str, str]]:
    return [
        (each["what"], each["kind"], each["reason"])
        for each in report["not_scanned"]
        if each["what"].partition(" > ")[0] == name
    ]


@pytest.mark.parametrize("name", sweep(CASES, quick=lambda name: name != LONG))
def test_a_hostile_archive_is_read_as_far_as_limits_reach(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    report = scanned(tmp_path / "of-this-test", {"box": case.make()})
    found = _containers(report, KEY, "box")
    assert [len(each) for each in found] == [len(each) for each in case.found]
    for steps, expected_steps in zip(found, case.found, strict=True):
        assert all(map(str.endswith, steps, expected_steps))
    expected = [("missing", each) for each in case.missing]
    expected += [("unopened", each) for each in case.unopened]
    expected += [("encrypted", each) for each in case.encrypted]
    assert _left_out(report, "box") == sorted(
        (" > ".join(filter(None, ("box", what))), kind, reason) for kind, (what, reason) in expected
    )
    # Findings come first, and the report says whether there may be more.
    assert report["complete"] is not bool(case.missing or case.unopened)


@pytest.fixture(scope="module")
def broken_off(loopback_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return scanned_together(tmp_path_factory.mktemp("broken-off"), TRUNCATED)


@pytest.mark.parametrize("name", TRUNCATED)
def test_what_was_broken_off_is_listed(name: str, broken_off: Reports) -> None:
    assert {kind for _, kind, _ in _left_out(broken_off[name], name)} == {"unopened"}


@pytest.fixture(scope="module")
def corrupt(loopback_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return scanned_together(tmp_path_factory.mktemp("corrupt"), CORRUPT)


@pytest.mark.parametrize("name", CORRUPT)
def test_what_is_corrupt_is_listed(name: str, corrupt: Reports) -> None:
    # A PDF's stream that is broken cannot be told from one that is encrypted.
    kind = "encrypted" if name == "PDF" else "unopened"
    assert {each for _, each, _ in _left_out(corrupt[name], name)} == {kind}


@pytest.fixture(scope="module")
def whole(loopback_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return scanned_together(tmp_path_factory.mktemp("whole"), WHOLE)


@pytest.mark.parametrize("name", WHOLE)
def test_the_same_archives_whole_are_read_whole(name: str, whole: Reports) -> None:
    assert _containers(whole[name], KEY, name)
    assert whole[name]["not_scanned"] == []
