"""What stands in a container but in none of its members is read all the same, and only once."""

from __future__ import annotations

import base64
import gzip
import io
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from hashlib import shake_256
from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan import prefilter
from bedrock_key_guard.scan.containers import between_members, extractor
from bedrock_key_guard.scan.containers.between_members import BetweenMembers
from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.scan.containers.reading import Reading, read_file
from bedrock_key_guard.scan.limits import SPENT, Budget
from bedrock_key_guard.scan.matching.windows import Content
from tests import archives, boxes
from tests.keysmith import fingerprint_of, long_term

KEY = long_term("bob")
AT = WorkTree("box")
TEXT = b"no key in here\n" * 99


def read(data: bytes) -> Reading:
    return read_file(io.BytesIO(data), AT)


def named_gzip(comment: bytes, extra: bytes = b"") -> bytes:
    flags = 0x10 | (0x04 if extra else 0)
    field = len(extra).to_bytes(2, "little") + extra if extra else b""
    packed = zlib.compressobj(wbits=-15)
    body = packed.compress(TEXT) + packed.flush()
    end = zlib.crc32(TEXT).to_bytes(4, "little") + len(TEXT).to_bytes(4, "little")
    return b"\x1f\x8b\x08" + bytes((flags,)) + bytes(6) + field + comment + b"\0" + body + end


def extra_of_zip(extra: bytes) -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        info = zipfile.ZipInfo("a")
        info.extra = b"ZZ" + len(extra).to_bytes(2, "little") + extra
        archive.writestr(info, TEXT)
    return box.getvalue()


def linked(target: str) -> bytes:
    box = io.BytesIO()
    with tarfile.open(fileobj=box, mode="w") as archive:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, target
        archive.addfile(info)
    return box.getvalue()


def padded_tar(padding: bytes) -> bytes:
    data = bytearray(boxes.tarred({"a": b"x", "b": TEXT}, layout=tarfile.USTAR_FORMAT))
    data[600 : 600 + len(padding)] = padding
    return bytes(data)


RAW = KEY.encode()
OUTSIDE: dict[str, bytes] = {
    "a comment of zip": boxes.zipped({"a": TEXT}, comment=RAW),
    "a name in zip": boxes.zipped({"b": TEXT, KEY: TEXT}),
    "an extra field of zip": extra_of_zip(RAW),
    "before a zip": b"#!/bin/sh\n# " + RAW + b"\n" + boxes.zipped({"a": TEXT}),
    "between two zips": boxes.zipped({"a": TEXT}) + RAW + boxes.zipped({"b": TEXT}),
    "behind a zip": boxes.zipped({"a": TEXT}) + b"\n" + RAW,
    "a long name in pax": boxes.tarred({KEY: TEXT, "b": TEXT}),
    "a long name in GNU tar": boxes.tarred({KEY: TEXT, "b": TEXT}, layout=tarfile.GNU_FORMAT),
    "a link in tar": linked(KEY),
    "padding of tar": padded_tar(RAW),
    "behind a tar": boxes.tarred({"a": TEXT}) + RAW,
    "a comment of gzip": named_gzip(RAW),
    "a comment of gzip, behind more": named_gzip(RAW, b"-" * 999),
    "an extra field of gzip": named_gzip(b"-", RAW),
    "the second comment of gzip": named_gzip(b"-") + named_gzip(RAW),
    "behind a gzip": gzip.compress(TEXT) + RAW,
    "a name in ar": archives.ar({"b": TEXT, KEY: TEXT}),
    "behind an ar": archives.ar({"b": TEXT}) + RAW,
    "a name in cpio": archives.cpio({KEY: TEXT}),
    "the properties of a PDF": boxes.pdf(TEXT, comment=b"<< /Title (" + RAW + b") >>\n"),
    "behind a PDF": boxes.pdf(TEXT) + RAW,
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_key_outside_of_all_members_is_found_where_it_stands(name: str) -> None:
    data = OUTSIDE[name]
    found = [
        (each.location.containers, each.location.line)
        for each in read(data).findings
        if each.key.fingerprint == fingerprint_of(KEY)
    ]
    begin = data.index(RAW)
    # It may be written twice, as the names in a zip are.
    assert found[0] == ((), data.count(b"\n", 0, begin) + 1)
    assert len(found) == data.count(RAW)


def test_lines_and_columns_outside_are_those_of_the_container() -> None:
    """A newline in what a member has counts, and so does what stands before on the same line."""
    first = boxes.zipped({"a": b"\n\n\n" * 400_000}, zipfile.ZIP_STORED)
    data = first + b"\nkey = " + RAW
    (finding,) = read(data).findings
    assert finding.location.line == data.count(b"\n") + 1
    assert finding.location.column == len("key = ") + 1
    (finding,) = read(first + b"key = " + RAW).findings
    at = len(first) + len("key = ")
    assert finding.location.column == at - first.rindex(b"\n")


CHUNKS = st.lists(
    st.tuples(
        st.sampled_from([b"\n" + RAW + b" ", b"-" * 7, b"\n" * 900, b"=" * 1500]), st.booleans()
    ),
    max_size=9,
)


@given(CHUNKS, st.integers(1, 3000))
def test_exactly_what_is_not_claimed_is_scanned(
    chunks: list[tuple[bytes, bool]], block: int
) -> None:
    data, claims = b"", []
    expected = []
    for chunk, is_claimed in chunks:
        if is_claimed:
            claims.append((len(data), len(data) + len(chunk)))
        elif RAW in chunk:
            expected.append((data.count(b"\n") + 2, 1))
        data += chunk
    assert _scanned(data, claims, block) == expected


def _scanned(data: bytes, claims: list[tuple[int, int]], block: int) -> list[tuple[int, int]]:
    scanner = BetweenMembers(io.BytesIO(data), lambda: Content(AT, Budget(), matches), window=700)
    position = 0
    waiting = list(claims)
    while piece := scanner.read(block):
        position += len(piece)
        # Readers claim what they have read, in pieces of any size.
        while waiting and waiting[0][0] < position:
            begin, end = waiting.pop(0)
            scanner.claim(begin, min(end, position))
            if end > position:
                waiting.insert(0, (position, end))
                break
    scanner.finish()
    whole = (each for each in scanner.findings if each.confidence == "exact")
    return [(each.location.line, each.location.column) for each in whole]


MUCH = b"".join(b"value_%d = compute(%d)\n" % (each, each * 7919) for each in range(60_000))
LARGE: dict[str, Callable[[], bytes]] = {
    "one large member of tar": lambda: boxes.tarred({"a": MUCH}),
    "many members of tar": lambda: boxes.tarred({str(n): MUCH[: n * 50] for n in range(300)}),
    "one large stored member of zip": lambda: boxes.zipped({"a": MUCH}, zipfile.ZIP_STORED),
    "many stored members of zip": lambda: boxes.zipped(
        {str(n): MUCH[: n * 50] for n in range(300)}, zipfile.ZIP_STORED
    ),
    "stored members of unknown size": lambda: boxes.zipped_as_stream(
        {str(n): MUCH[: n * 50] for n in range(300)}, zipfile.ZIP_STORED
    ),
    "ar": lambda: archives.ar({"a": MUCH}),
    "cpio": lambda: archives.cpio({"a": MUCH}),
    "gzip": lambda: gzip.compress(shake_256(b"noise").digest(2_000_000)),
}


@pytest.mark.parametrize("name", LARGE)
def test_what_members_have_is_not_searched_twice(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = 0

    def counted(data: bytes) -> bool:
        nonlocal searched
        searched += len(data)
        return prefilter.may_hold_key(data)

    monkeypatch.setattr(between_members, "may_hold_key", counted)
    monkeypatch.setattr(extractor, "may_hold_key", counted)
    monkeypatch.setattr("bedrock_key_guard.scan.matching.windows.may_hold_key", counted)
    data = LARGE[name]()
    assert read(data).findings == ()
    # Windows overlap, and headers are no member's.
    assert searched < 1.6 * len(data)


IN_TEXT: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "in a member": (lambda bomb: boxes.zipped({"a": bomb}), "box > zip:a"),
    "in a markup": (
        lambda bomb: boxes.zipped({"a.xml": b"<p>" + bomb + b"</p>"}),
        "box > zip:a.xml",
    ),
    "outside of all members": (lambda bomb: boxes.zipped({"a": TEXT}) + bomb, "box"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_TEXT)
def test_a_bomb_in_a_text_in_a_container_is_listed(name: str) -> None:
    put, what = IN_TEXT[name]
    bomb = base64.b64encode(gzip.compress(bytes(80 << 20)))
    missed = read(put(bomb)).missed
    assert missed == (NotScanned(what, "missing", SPENT),)


class Long:
    """Give a head, any number of lines, and a tail, without holding more than it is asked for."""

    def __init__(self, head: bytes, lines: int, tail: bytes) -> None:
        self._pieces = chain((head,), repeat(b"value = compute(1234567)\n" * 1000, lines), (tail,))
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        self._rest = self._rest or next(self._pieces, b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def headed_tar(size: int) -> bytes:
    info = tarfile.TarInfo("a")
    info.size = size
    return info.tobuf()


def headed_zip(size: int) -> bytes:
    """Write the header of a stored member whose checksum follows."""
    name = zipfile.ZipInfo("a")
    name.flag_bits, name.file_size, name.compress_size = 0x08, size, size
    header = bytearray(name.FileHeader())
    header[18:26] = size.to_bytes(4, "little") * 2
    return bytes(header)


HEADS: dict[str, Callable[[int], bytes]] = {
    "tar": headed_tar,
    "zip": headed_zip,
    "ar": lambda size: b"!<arch>\n%-48s%-10d`\n" % (b"a/", size),
    "encrypted zip": lambda size: headed_zip(size).replace(b"\x08\0", b"\x01\0", 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", HEADS)
def test_memory_does_not_grow_with_a_member(kind: str) -> None:
    tail = b"\nkey = " + RAW + b"\n"
    lines = 1200
    size = lines * len(b"value = compute(1234567)\n") * 1000 + len(tail)
    tracemalloc.start()
    try:
        reading = read_file(Long(HEADS[kind](size), lines, tail), AT)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [each.location.line for each in reading.findings][:1] == [lines * 1000 + 2]
    assert size > 28 << 20
    assert peak < 16 << 20
