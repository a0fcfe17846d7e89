from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import zipfile
from array import array
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.git.cat_file import Records
from bedrock_key_guard.scan.prefilter import may_hold_key, object_worker
from bedrock_key_guard.scan.prefilter.object_worker import by_literals, by_prefilter
from bedrock_key_guard.scan.prefilter.signatures import (
    ZIP_END,
    container_kind,
    ends_as_zip,
    holds_stream,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

    Choose = Callable[[IO[bytes], Records], Iterator[int]]

LITERALS = (b"needle-", b"n\0e\0e\0d\0l\0e", b"QUJTS")
BYTES = (b"needle", b"QQQ", b"\n", b"PK\x03\x04", ZIP_END, b"x" * 30, b"\0")
PIECES = st.sampled_from([*LITERALS, *BYTES])
CONTENTS = st.lists(st.lists(PIECES | st.binary(max_size=5), max_size=8).map(b"".join), max_size=30)


def chosen(contents: list[bytes], choose: Choose) -> list[int]:
    """Return the numbers of the contents that are chosen."""
    stream = b"".join(b"%040d\n%b\n" % numbered for numbered in enumerate(contents))
    records = Records(41, array("Q", map(len, contents)))
    hits = list(choose(io.BytesIO(stream), records))
    assert records.all_read()
    return sorted(dict.fromkeys(hits))


def searched(stream: IO[bytes], records: Records) -> Iterator[int]:
    return by_literals(stream, records, LITERALS)


def a_tar(format: int) -> bytes:  # noqa: A002  # as tarfile calls it
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=format) as archive:
        archive.addfile(tarfile.TarInfo("name"))
    if format != tarfile.USTAR_FORMAT:
        return file.getvalue()
    # From before POSIX: no signature, and so another sum.
    header = bytearray(file.getvalue())
    header[257:265] = bytes(8)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return bytes(header)


def a_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("name", "text")
    return file.getvalue()


CONTAINERS = {
    "gzip": gzip.compress(b"text" * 300),
    "zip": a_zip(),
    "a zip behind something": b"-" * 3000 + a_zip(),
    "tar": a_tar(tarfile.GNU_FORMAT),
    "old tar": a_tar(tarfile.USTAR_FORMAT),
    "lzma": lzma.compress(b"text" * 300, lzma.FORMAT_ALONE),
    "a frame of zstd to skip": b"\x5a\x2a\x4d\x18" + bytes(600),
    "pdf": b"%PDF-1.7 short",
    "sqlite": b"SQLite format 3\0" + bytes(100),
}


@pytest.mark.parametrize("block", [1, 7, 64, 700, 1 << 18])
@given(contents=CONTENTS)
def test_a_search_chooses_what_holds_a_literal_or_is_a_container(
    contents: list[bytes], block: int
) -> None:
    expected = [
        number
        for number, content in enumerate(contents)
        if container_kind(content[:512]) or any(each in content for each in (*LITERALS, ZIP_END))
    ]
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(object_worker, "_BLOCK", block)
        assert chosen(contents, searched) == expected


@pytest.mark.parametrize("room", [2 << 10, 4 << 20])
@pytest.mark.parametrize("together", [0, 100, 1 << 20])
@given(contents=CONTENTS, large=st.integers(0, 3_000))
def test_a_deep_search_chooses_what_may_hold_a_key_and_what_is_too_large_to_tell(
    contents: list[bytes], large: int, room: int, together: int
) -> None:
    contents = [*contents, b"plain " * (large // 6), *contents]
    expected = [
        number
        for number, content in enumerate(contents)
        if len(content) >= room
        or container_kind(content)
        or ends_as_zip(content, len(content))
        or holds_stream(content)
        or may_hold_key(content)
    ]
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(object_worker, "_ROOM", room)
        monkeypatch.setattr(object_worker, "_TOGETHER", together)
        assert chosen(contents, by_prefilter) == expected


@pytest.mark.parametrize("choose", [by_literals, by_prefilter])
@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("before", [0, 1, 300, 700])
def test_every_container_is_chosen_and_nothing_beside_it(
    kind: str, choose: Choose, before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_worker, "_BLOCK", 600)
    plain = b"plain text " * 200
    contents = [plain[:before], CONTAINERS[kind], plain, b"", CONTAINERS[kind], b"x"]
    assert chosen(contents, choose) == [1, 4]


@pytest.mark.parametrize("choose", [by_literals, by_prefilter])
@pytest.mark.parametrize("stream", [b"", b"0" * 40 + b"\n0123456789", b"0" * 40 + b" missing\n"])
@pytest.mark.parametrize("size", [0, 10])
def test_a_stream_that_is_no_more_than_a_part_of_the_list_is_not_taken_for_all_of_it(
    choose: Choose, stream: bytes, size: int
) -> None:
    records = Records(41, array("Q", [size]))
    list(choose(io.BytesIO(stream), records))
    assert not records.all_read()
