from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from hashlib import shake_256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.scan.prefilter.signatures import holds_stream
from bedrock_key_guard.scan.prefilter.streams import starts, starts_in_decoded
from tests import records

NOISE = shake_256(b"lines that do not repeat").hexdigest(2000).encode()
BEFORE = b"\0" + b"of another kind " * 9


def deflated(data: bytes, bits: int = 15, level: int = 6) -> bytes:
    stream = zlib.compressobj(level, zlib.DEFLATED, bits)
    return stream.compress(data) + stream.flush()


STREAMS = {
    **{f"zlib {level}": deflated(NOISE, level=level) for level in range(10)},
    "gzip": gzip.compress(NOISE),
    "bzip2": bz2.compress(NOISE),
    "xz": lzma.compress(NOISE),
    "lz4": records.lz4_frame(NOISE),
    "snappy": records.snappy_frames(NOISE),
    "zstd": b"\x28\xb5\x2f\xfd\x24" + NOISE,
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_seen_at_any_offset_of_a_file(name: str) -> None:
    kind = name.partition(" ")[0]
    data = BEFORE + STREAMS[name] + BEFORE
    assert (len(BEFORE), kind) in starts(data)
    assert holds_stream(data)


@pytest.mark.parametrize("bits", range(9, 16))
def test_in_what_was_decoded_every_window_of_zlib_is_seen(bits: int) -> None:
    data = BEFORE + deflated(NOISE, bits)
    assert (len(BEFORE), "zlib") in starts_in_decoded(data)


@pytest.mark.parametrize("bits", range(9, 16))
def test_in_a_picture_its_texts_are_seen_whatever_their_window(bits: int) -> None:
    text = deflated(b"key " * 40, bits)
    assert holds_stream(b"\x89PNG\r\n\x1a\n\0\0\0\1zTXtComment\0\0" + text)
    assert holds_stream(b"\0\0\0\1iTXtComment\0\1\0en\0\0" + text, b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        NOISE,
        b"x\x9c in a text",
        BEFORE + b"x\x9cnothing that was compressed" * 9,
        BEFORE + b"\x1f\x8b\x08\0" + bytes(99),
        b"\x89PNG\r\n\x1a\n\0\0\0\1IDAT" + deflated(NOISE),
        b"\x89PNG\r\n\x1a\n\0\0\0\1fdAT\0\0\0\2" + deflated(NOISE),
        b"wOFF\0\1\0\0" + deflated(NOISE),
        "schön x\x9c".encode() * 99,
    ],
)
def test_nothing_is_seen_where_nothing_was_compressed_or_what_was_are_pixels(data: bytes) -> None:
    assert not holds_stream(data)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_whatever_stands_around_a_stream_it_is_seen(before: bytes, after: bytes) -> None:
    stream = gzip.compress(NOISE, mtime=0)
    assert (len(before), "gzip") in starts(before + stream + after)
