from __future__ import annotations

import gzip
import io
import lzma
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.containers.members import UNREAD_END
from bedrock_key_guard.scan.containers.reading import Reading, read_file
from bedrock_key_guard.scan.limits import DAMAGED
from bedrock_key_guard.scan.prefilter.signatures import kind_at_end, kinds_of
from tests import boxes, keysmith, records
from tests.contexts import ISSUED_AT
from tests.hiding.streams import LINES

KEY = keysmith.short_term(issued_at=ISSUED_AT)
TEXT = LINES + f"TOKEN={KEY}\n".encode() + LINES
Write = Callable[[bytes], bytes]
# What writes a file, and where the key is told to be in it.
FILES: dict[str, tuple[str, Write]] = {
    "Avro, deflate": ("avro:block 1", records.avro),
    "Avro, Snappy": ("avro:block 1", partial(records.avro, codec="snappy")),
    "Avro": ("avro:block 1", partial(records.avro, codec="null")),
    "ORC, zlib": ("orc:chunks", records.orc),
    "ORC, Snappy": ("orc:chunks", partial(records.orc, pack=records.snappy, codec=2)),
    "ORC, LZ4": ("orc:chunks", partial(records.orc, pack=records.lz4, codec=4)),
    "Parquet, Snappy": ("parquet:page 2", records.parquet),
    "Parquet, LZ4": ("parquet:page 2", partial(records.parquet, pack=records.lz4)),
    "Parquet, version 2": ("parquet:page 2", partial(records.parquet, levels=b"\3\0\0\0\2\1")),
    "Parquet": ("parquet:page 2", partial(records.parquet, pack=bytes)),
    "LZ4": ("lz4", records.lz4_frame),
    "LZ4, small blocks": ("lz4", partial(records.lz4_frame, block=700)),
    "Snappy": ("snappy", records.snappy_frames),
    "LZF": ("lzf", records.lzf_blocks),
}


def read(data: bytes) -> Reading:
    return read_file(io.BytesIO(data), WorkTree("box"))


def where(reading: Reading) -> list[tuple[str, ...]]:
    return [each.location.containers for each in reading.findings if each.confidence == "exact"]


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_records_is_read(name: str) -> None:
    place, write = FILES[name]
    reading = read(write(TEXT if "small" not in name else LINES[:999] + KEY.encode()))
    assert where(reading) == [(place,)]
    assert not reading.missed


def test_a_page_of_a_stream_with_a_sign_is_opened_as_one() -> None:
    reading = read(records.parquet(TEXT, pack=gzip.compress))
    assert where(reading) == [("parquet:page 2", "gzip")]


def test_each_block_of_a_table_of_leveldb_is_read() -> None:
    reading = read(records.leveldb(TEXT, size=len(LINES) + 2000))
    assert where(reading) == [("leveldb:block at 0",)]
    data = records.leveldb(TEXT)
    assert kinds_of(data[:99], data[-99:], len(data)) == ["leveldb"]
    assert kind_at_end(data[-99:], len(data)) == "leveldb"


def test_a_table_that_only_its_far_end_tells_of_is_named() -> None:
    large = boxes.zipped({"a.ldb": b"\1" * (2 << 20) + records.leveldb(TEXT)})
    assert [each.reason for each in read(large).missed] == [UNREAD_END["leveldb"]]


@pytest.mark.parametrize("size", [100, 700, 1 << 16])
def test_a_key_that_lies_in_two_chunks_of_orc_is_whole(size: int) -> None:
    assert where(read(records.orc(TEXT, size=size))) == [("orc:chunks",)]


@pytest.mark.parametrize("head", [b"ORC", b"ORC\x80\0\0", b"ORC\1\0\0"])
def test_what_is_not_compressed_is_read_as_it_is(head: bytes) -> None:
    reading = read(head + b"\0" + TEXT)
    assert where(reading)
    assert not reading.missed


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (records.avro(TEXT, codec="brotli"), "what brotli compressed cannot be read"),
        (
            records.orc(TEXT, pack=lzma.compress, codec=3),
            "what they are compressed with cannot be undone",
        ),
        (
            records.parquet(TEXT, pack=lambda data: b"\x1b" + lzma.compress(data)),
            "what it is compressed with cannot be undone (and 1 more like it)",
        ),
        (records.avro(TEXT)[:-9], "it ends too early"),
        (records.avro(TEXT)[:-9] + b"another one", DAMAGED),
        (
            b"\x89HDF\r\n\x1a\n\0" + b"\x20\0lzf\0" + bytes(99),
            "files of the kind HDF5 with a filter of its own cannot be read",
        ),
    ],
    ids=["Avro", "ORC", "Parquet", "Avro, cut", "Avro, changed", "HDF5"],
)
def test_what_cannot_be_undone_is_named(data: bytes, reason: str) -> None:
    reading = read(data)
    assert {(each.kind, each.reason) for each in reading.missed} == {("unopened", reason)}


@settings(max_examples=60)
@given(st.sampled_from(sorted(FILES)), st.integers(0, 3000), st.binary(max_size=6))
def test_a_file_of_records_that_is_damaged_anywhere_stops_nothing(
    name: str, at: int, damage: bytes
) -> None:
    data = FILES[name][1](TEXT[:4000])
    read(data[:at] + damage + data[at + len(damage) :])


@given(st.binary(max_size=300))
def test_whatever_ends_as_a_table_of_leveldb_is_read_without_a_fault(data: bytes) -> None:
    read(data + bytes.fromhex("57fb808b247547db"))
