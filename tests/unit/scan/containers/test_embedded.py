from __future__ import annotations

import base64
import gzip
import io
import struct
import zlib
from collections.abc import Callable
from hashlib import shake_256

import pytest

from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.containers.cursor import BLOCK
from bedrock_key_guard.scan.containers.limits import LIMITS, NESTED, SPENT, Limits
from bedrock_key_guard.scan.containers.reading import Reading, read_file
from tests import boxes, keysmith
from tests.hiding.streams import LINES
from tests.keysmith import fingerprint_of

KEY = keysmith.long_term("bob")
TEXT = LINES + KEY.encode() + b"\n"
NOISE = shake_256(b"what stands around").digest(3 * BLOCK).replace(b"x", b"y")
AT = WorkTree("model.h5")


def read(data: bytes, limits: Limits = LIMITS) -> Reading:
    return read_file(io.BytesIO(data), AT, limits)


def where(reading: Reading) -> list[tuple[str, ...]]:
    return [each.location.containers for each in reading.findings if each.confidence == "exact"]


@pytest.mark.parametrize("at", [1, 500, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK - 9])
def test_a_stream_is_read_wherever_it_begins(at: int) -> None:
    data = b"\0" + NOISE[1:at] + zlib.compress(TEXT) + NOISE
    assert where(read(data)) == [(f"zlib:at {at}",)]


def test_of_a_stream_that_breaks_the_beginning_is_read_and_what_is_behind_it() -> None:
    broken = zlib.compress(TEXT + NOISE)[: BLOCK + 900]
    data = b"\0" * 9 + broken + NOISE + gzip.compress(TEXT.replace(b"nothing", b"something"))
    at = 9 + len(broken) + len(NOISE)
    assert where(read(data)) == [("zlib:at 9",), (f"gzip:at {at}",)]


def test_streams_are_read_in_archives_and_archives_in_streams() -> None:
    inner = b"\0" * 5 + zlib.compress(boxes.zipped({"a.env": TEXT}))
    reading = read(boxes.zipped({"model.h5": inner}))
    assert where(reading) == [("zip:model.h5", "zlib:at 5", "zip:a.env")]


def test_what_cannot_be_opened_is_named_and_streams_in_it_are_read() -> None:
    reading = read(b"hsqs" + bytes(92) + zlib.compress(TEXT))
    assert where(reading) == [("zlib:at 96",)]
    assert [each.kind for each in reading.missed] == ["unopened"]


def test_a_key_that_is_plain_in_the_file_is_one_finding() -> None:
    assert where(read(b"\0" + NOISE[:99] + zlib.compress(TEXT, 0))) == [()]


@pytest.mark.parametrize(
    ("pack", "sizes"),
    [
        (lambda piece: b"\0" + struct.pack("<I", len(piece)) + piece, (4096, 700)),
        (lambda piece: struct.pack(">I", len(piece)) + piece, (4096, 700)),
        (lambda piece: b"%x\r\n%b\r\n" % (len(piece), piece), (700, 999)),
    ],
    ids=["pg_dump", "big-endian", "chunked"],
)
def test_a_stream_in_pieces_is_put_together(
    pack: Callable[[bytes], bytes], sizes: tuple[int, int]
) -> None:
    stream = zlib.compress(shake_256(b"rows").hexdigest(9000).encode() + TEXT)
    for size in sizes:
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        data = b"\0\n" + b"".join(map(pack, pieces)) + NOISE[:999]
        (found,) = read(data).findings
        assert found.key.fingerprint == fingerprint_of(KEY)


@pytest.mark.parametrize(
    ("times", "limits"),
    [
        (1 << 18, Limits(work=1 << 18, effort=1)),
        pytest.param(16 << 20, LIMITS, marks=pytest.mark.slow),
    ],
)
def test_what_streams_cost_is_bounded_and_noted(times: int, limits: Limits) -> None:
    reading = read(b"\0" * 9 + zlib.compress(b"ABSK" * times), limits)
    assert [(each.kind, each.reason) for each in reading.missed] == [("missing", SPENT)]


def test_files_in_text_in_files_are_followed_so_far_and_that_is_noted() -> None:
    data = TEXT
    for _ in range(7):
        data = b"a: " + base64.b64encode(boxes.zipped({"a": data})) + b"\n"
    assert [each.reason for each in read(data).missed] == [NESTED]


def test_streams_in_streams_are_followed_so_far_and_that_is_noted() -> None:
    data = TEXT
    for _ in range(9):
        data = b"\0of no kind" + zlib.compress(data)
    reading = read(data)
    assert where(reading) == []
    assert [each.reason for each in reading.missed] == ["it is more than 5 containers deep"]
