"""Read zips as common tools open them, and what those do not see as well."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from hashlib import shake_256

import pytest

from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.containers.formats.zip import ABSENT, CONTRADICTING, CONTRADICTS
from bedrock_key_guard.scan.containers.members import TOO_FAR_IN
from bedrock_key_guard.scan.containers.reading import Reading, read_file
from bedrock_key_guard.scan.limits import LIMITS, SPENT, Limits
from bedrock_key_guard.scan.prefilter.batches import Batches
from bedrock_key_guard.scan.prefilter.signatures import TAIL, ends_as_zip
from tests import boxes
from tests.keysmith import fingerprint_of, long_term

KEY = long_term("bob")
TEXT = b"x = 1\n" * 30 + KEY.encode()
NAME = "a.txt"
BEFORE = shake_256(b"before").digest(300_000)
ZIP = boxes.zipped({NAME: TEXT})
FLAGS, METHOD = 6, 8


class Pipe:
    """Give bytes that nobody can read out of order."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._file.read(size)


def put(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def read(data: bytes, limits: Limits = LIMITS, *, piped: bool = False) -> Reading:
    return read_file(Pipe(data) if piped else io.BytesIO(data), WorkTree("box"), limits)


def finds(reading: Reading) -> bool:
    return {each.key.fingerprint for each in reading.findings} == {fingerprint_of(KEY)}


def empty_tar() -> bytes:
    box = io.BytesIO()
    with tarfile.open(fileobj=box, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("x"))
    return box.getvalue()


LIES = {
    "encrypted": put(ZIP, FLAGS, b"\1\0"),
    "bzip2": put(ZIP, METHOD, b"\x0c\0"),
    "PPMd": put(ZIP, METHOD, b"\x62\0"),
    "no method": put(ZIP, METHOD, b"\xff\xff"),
}
BEHIND = {
    "a program": b"MZ" + BEFORE + ZIP,
    "a picture": b"\x89PNG\r\n\x1a\n" + BEFORE + ZIP,
    "a PDF": b"%PDF-1.4\n" + ZIP,
    "gzip": gzip.compress(b"hi", mtime=0) + ZIP,
    "a tar": empty_tar() + ZIP,
    "a program, and no local header that is sound": b"MZ" + LIES["no method"],
    "a short program, and a comment": b"MZ\0" + boxes.zipped({NAME: TEXT}, comment=b"-" * 500),
    "two zips": boxes.zipped({"b": b"b"}) + ZIP,
}


def opened(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(NAME)


@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize("name", LIES)
def test_what_a_header_says_beside_the_directory_hides_nothing(name: str, piped: bool) -> None:
    assert opened(LIES[name]) == TEXT
    reading = read(LIES[name], piped=piped)
    assert finds(reading)
    assert CONTRADICTS in [gap.reason for gap in reading.missed if gap.kind == "unopened"]


@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize("name", BEHIND)
def test_a_zip_is_opened_wherever_it_begins(name: str, piped: bool) -> None:
    assert opened(BEHIND[name]) == TEXT
    reading = read(BEHIND[name], piped=piped)
    assert finds(reading)
    assert Batches().choose([BEHIND[name]]) == [0]


@pytest.mark.parametrize("name", [*LIES, *BEHIND])
@pytest.mark.parametrize(
    "around",
    [
        lambda data: boxes.zipped({"inner": data}),
        lambda data: boxes.tarred({"inner": data}),
        lambda data: gzip.compress(data, mtime=0),
    ],
    ids=["zip", "tar", "gzip"],
)
def test_a_zip_in_a_container_is_opened_so_too(name: str, around: Callable[[bytes], bytes]) -> None:
    assert finds(read(around((LIES | BEHIND)[name])))


@pytest.mark.parametrize("name", LIES)
def test_what_is_read_from_front_to_back_is_compared_with_the_directory(name: str) -> None:
    reading = read(boxes.tarred({"inner": LIES[name]}), Limits(held=100))
    assert {"unopened"} <= {gap.kind for gap in reading.missed}
    sound = read(boxes.tarred({"inner": ZIP, "other": b"MZ" + ZIP}), Limits(held=100))
    assert finds(sound)
    assert not sound.missed


def test_what_the_directory_hides_is_read_too() -> None:
    hidden, shown = boxes.zipped({"b": TEXT}), boxes.zipped({NAME: b"nothing"})
    reading = read(hidden[: hidden.index(b"PK\1\2")] + shown)
    assert finds(reading)
    assert not reading.missed


def test_a_member_that_the_directory_lists_inside_another_is_read() -> None:
    stored = boxes.zipped({NAME: TEXT}, zipfile.ZIP_STORED)
    inner = stored[: stored.index(b"PK\1\2")]
    whole = boxes.zipped({"all": b"-" * 50 + inner + b"-" * 50}, zipfile.ZIP_DEFLATED)
    assert finds(read(whole))
    cover = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, 0, 9999, 9999, 1, 0) + b"c"
    data = cover + stored
    assert opened(data) == TEXT
    assert finds(read(data))


def test_a_directory_that_lists_what_is_not_there_is_told_of() -> None:
    directory = ZIP.index(b"PK\1\2")
    data = put(ZIP, directory + 42, struct.pack("<I", 7))
    assert ABSENT in [gap.reason for gap in read(data).missed]


def test_a_zip_behind_more_than_can_be_held_is_not_passed_over() -> None:
    data = BEFORE * 7 + ZIP
    assert finds(read(data))
    (missed,) = read(data, piped=True).missed
    assert (missed.kind, missed.reason) == ("unopened", TOO_FAR_IN)
    (missed,) = read(gzip.compress(data, mtime=0)).missed
    assert (missed.kind, missed.reason) == ("unopened", TOO_FAR_IN)


def test_many_members_that_share_their_bytes_are_read_once() -> None:
    directory, end = ZIP.index(b"PK\1\2"), ZIP.index(b"PK\5\6")
    records = ZIP[directory:end] * 5000
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 5000, 5000, len(records), directory, 0)
    reading = read(ZIP[:directory] + records + tail)
    assert len(reading.findings) == 1


def with_end(data: bytes, **fields: int) -> bytes:
    """Let the record at the end of a zip say something else."""
    end = data.rindex(b"PK\5\6")
    for name, value in fields.items():
        at, size = {"size": (12, 4), "offset": (16, 4), "comment": (20, 2)}[name]
        data = put(data, end + at, value.to_bytes(size, "little"))
    return data


def absolute(before: bytes) -> bytes:
    """Put a zip behind something, and have all that it says count from the file's beginning."""
    data, directory = before + ZIP, len(before) + ZIP.index(b"PK\1\2")
    return with_end(put(data, directory + 42, len(before).to_bytes(4, "little")), offset=directory)


@pytest.mark.parametrize(
    "data",
    [
        b"MZ" + BEFORE + with_end(ZIP, comment=0xFFFF),
        absolute(b"MZ" + BEFORE),
        with_end(absolute(b"MZ" + BEFORE), size=3),
        b"MZ" + BEFORE + boxes.zipped({NAME: TEXT}, comment=b"-" * 0xFFFF),
    ],
    ids=["a comment cut off", "offsets of the file", "a size that is wrong", "a long comment"],
)
def test_an_end_is_believed_as_far_as_tools_believe_it(data: bytes) -> None:
    reading = read(data)
    assert finds(reading)
    assert not reading.missed
    assert Batches().choose([data]) == [0]


def test_an_offset_that_does_not_count_what_is_before_it_is_tried_as_it_is() -> None:
    reading = read(with_end(ZIP, offset=0))
    assert finds(reading)
    assert not reading.missed


ENDLESS = (1 << 64) - 2


def wide(record: bytes, at: int) -> bytes:
    """Have a number of a directory's record stand in its extra field, and be far too large."""
    extra = struct.pack("<HHQ", 1, 8, ENDLESS)
    return put(put(record, at, b"\xff" * 4), 30, b"\x0c\0") + extra


@pytest.mark.parametrize(("at", "method"), [(42, zipfile.ZIP_DEFLATED), (24, zipfile.ZIP_LZMA)])
def test_numbers_that_no_file_can_have_are_taken_for_what_they_are(at: int, method: int) -> None:
    data = boxes.zipped({NAME: TEXT}, method)
    directory, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    # LZMA that marks its end needs no size.
    record = wide(put(data[directory:end], 8, b"\0\0"), at)
    odd = with_end(data[:directory] + record + data[end:], size=len(record))
    assert [gap.kind for gap in read(odd).missed] == ["unopened"]


def test_a_larger_directory_that_is_nowhere_hides_nothing() -> None:
    end = ZIP.index(b"PK\5\6")
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, ENDLESS, ENDLESS)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, ENDLESS, 1)
    assert finds(read(ZIP[:end] + record + locator + ZIP[end:]))


@pytest.mark.parametrize("held", [LIMITS.held, 100])
@pytest.mark.parametrize("said", [150, "rest", 5000])
def test_a_stored_member_that_claims_others_does_not_hide_them(held: int, said: int | str) -> None:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("cover", b"-" * 99)
        archive.writestr(NAME, TEXT, zipfile.ZIP_DEFLATED)
    data = box.getvalue()
    size = said if isinstance(said, int) else len(data) - 35
    inner = put(data, 18, struct.pack("<2I", size, size))
    reading = read(boxes.gzipped(inner), Limits(held=held))
    assert {gap.kind for gap in reading.missed} == {"unopened"}
    assert {CONTRADICTS, CONTRADICTING} & {gap.reason for gap in reading.missed}
    if held == LIMITS.held:
        assert finds(reading)
    assert not read(boxes.gzipped(data), Limits(held=held)).missed


def test_what_only_a_header_calls_a_member_is_read_too() -> None:
    data = boxes.zipped({"x": gzip.compress(TEXT, mtime=0)}, zipfile.ZIP_STORED)
    directory = data.index(b"PK\1\2")
    reading = read(put(data, directory + 20, struct.pack("<I", 3)))
    assert finds(reading)
    assert CONTRADICTS in [gap.reason for gap in reading.missed]


@pytest.mark.parametrize("wrong", ["gzip", "zip"])
def test_a_zip_in_what_is_damaged_at_its_end_is_read(wrong: str) -> None:
    if wrong == "gzip":
        data = bytearray(boxes.gzipped(ZIP))
        data[-8] ^= 1
    else:
        data = bytearray(boxes.zipped({"inner": ZIP}))
        data[14] ^= 1
        data[data.rindex(b"PK\1\2") + 16] ^= 1
    reading = read(bytes(data))
    assert finds(reading)
    assert [gap.kind for gap in reading.missed] == ["unopened"]


def test_what_members_share_is_read_again_only_within_the_budget() -> None:
    name, size, count = b"c", 1 << 16, 500
    header = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, 0, size, size, 1, 0) + name
    record = struct.Struct("<4s6H3I5H2I")
    first = (b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, size, size, 1, 0, 0, 0, 0, 0)
    listed = b"".join(record.pack(*first, at * len(header)) + name for at in range(count))
    data = header * count + b"-" * size
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(listed), len(data), 0)
    reading = read(data + listed + end, Limits(work=1 << 22, effort=1))
    assert SPENT in [gap.reason for gap in reading.missed if gap.kind == "missing"]


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        (ZIP, True),
        (ZIP + b"behind it", True),
        (ZIP[-TAIL:], True),
        (boxes.zipped({}), False),
        (b"PK\5\6" + bytes(18), False),
        (BEFORE + b"PK\1\2PK\3\4PK\5\6PK\6\7 is not a zip archive that anyone can read", False),
        (b"PK\1\2" + bytes(90) + b"PK\5\6" + bytes(99), False),
        (b"PK\5\6", False),
        (ZIP[:-1], False),
        (b"-" * 99 + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, 46, 0, 0), False),
        (b"", False),
    ],
)
def test_a_zip_is_known_by_its_end(tail: bytes, expected: bool) -> None:
    assert ends_as_zip(tail, len(tail)) is expected
