from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import struct
import zlib
from collections.abc import Callable
from hashlib import shake_256

import pytest

from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.containers.cursor import BLOCK
from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.scan.containers.reading import Reading, read_file
from bedrock_key_guard.scan.limits import (
    LIMITS,
    NESTED,
    SPENT,
    TOO_LARGE,
    Budget,
    Limits,
)
from bedrock_key_guard.scan.matching.windows import Content
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


@pytest.mark.parametrize(
    "before",
    [
        gzip.compress(b"first", mtime=0) + b"not padding",
        bz2.compress(b"first") + b"\0\1",
        lzma.compress(b"first") + b"\1\0",
        b"x\x9c which is no zlib",
        b"x\x9c" + bytes(500),
    ],
)
def test_a_stream_behind_a_container_is_read_and_behind_what_only_begins_as_one(
    before: bytes,
) -> None:
    for data in (before + gzip.compress(TEXT), before + b"\0" * 9 + zlib.compress(TEXT)):
        assert where(read(data)), before


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
        pytest.param(16 << 20, LIMITS, marks=pytest.mark.long),
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


LIMITED: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes,
    "behind something else": lambda data: b"\0of no kind" + data,
    "in base64": base64.b64encode,
    "in base64 in a zip": lambda data: boxes.zipped({"a": base64.b64encode(data)}),
}


@pytest.mark.parametrize("write", LIMITED.values(), ids=LIMITED)
def test_a_limit_is_told_wherever_what_it_left_out_was_written(
    write: Callable[[bytes], bytes],
) -> None:
    reading = read_file(io.BytesIO(write(lzma.compress(TEXT))), AT, Limits(dictionary=1 << 20))
    assert [(each.kind, each.reason) for each in reading.missed] == [
        ("missing", "it needs too much memory to unpack")
    ]


@pytest.mark.parametrize("end", [0, -6], ids=["whole", "broken"])
def test_what_is_too_deep_is_noted_where_it_is_a_whole_stream(end: int) -> None:
    """Code begins as streams do by chance, and what comes out of it does so again."""
    data = shake_256(b"noise").digest(4096)
    for _ in range(7):
        data = b"\0\0" + zlib.compress(data)[: end or None]
    told = ["it is more than 5 containers deep"] if not end else []
    assert [each.reason for each in read(data).missed] == told


def test_a_nest_in_text_is_opened_to_a_set_depth_and_that_is_noted() -> None:
    data = TEXT
    for _ in range(6):
        data = boxes.zipped({"a": data})
    (missed,) = read(base64.b64encode(data)).missed
    assert (missed.kind, missed.reason) == ("missing", "it is more than 5 containers deep")


ROOM = 1 << 18
FILLED = boxes.zipped({"a": shake_256(b"large").digest(2 * ROOM)})
SMALL = boxes.zipped({"a": shake_256(b"small").digest(1 << 12)})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (base64.b64encode(FILLED), {TOO_LARGE: None}),
        (base64.b64encode(FILLED[: ROOM // 2]), {}),
        (b"a " * (ROOM // 2 - 999) + base64.b64encode(SMALL) + b" b" * ROOM, {}),
    ],
    ids=["no window has all of it", "it ends with the file", "the next window has all of it"],
)
def test_a_file_in_text_of_which_no_window_has_all_is_told(
    text: bytes, told: dict[str, None]
) -> None:
    budget = Budget(size=len(text))
    assert list(Content(AT, budget, matches, window=ROOM).findings(io.BytesIO(text))) == []
    assert budget.left_out == told
