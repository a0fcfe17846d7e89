from __future__ import annotations

import base64
import gzip
import io
import tracemalloc

import pytest

from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.containers.reading import Reading, read_file
from bedrock_key_guard.scan.limits import NESTED, NO_MEMORY, SPENT, Budget, Limits, Spent
from bedrock_key_guard.scan.matching.matcher import Stretches
from bedrock_key_guard.scan.matching.windows import Readable
from tests import boxes, costly
from tests.keysmith import fingerprint_of, long_term

KEY, OTHER = long_term("bob"), long_term("eve")
AT = WorkTree("box")


class Blob:
    """Give bytes as Git does: forwards only, with their size known."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._data = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._data.read(size)


def read(file: bytes | Readable, limits: Limits) -> Reading:
    opened = io.BytesIO(file) if isinstance(file, bytes) else file
    return read_file(opened, AT, limits)


def found(reading: Reading) -> list[tuple[str, int]]:
    return [(each.key.fingerprint, each.location.line) for each in reading.findings]


TIGHT = Limits(work=1 << 20, effort=0)
COSTLY = {
    "text": (costly.escapes(1), ()),
    "a zip": (boxes.zipped({"a": costly.escapes(1)}), ("zip:a",)),
    "zips in a zip": (costly.zip_of_zips(1), ("zip:0.zip", "zip:0.txt")),
}


@pytest.mark.parametrize("door", [bytes, Blob])
@pytest.mark.parametrize("name", COSTLY)
def test_beyond_its_budget_a_file_is_one_line_and_its_own_text_is_searched(
    name: str, door: type[bytes | Blob]
) -> None:
    data, where = COSTLY[name]
    plain = f"\nfirst = {KEY}\nsecond = {OTHER}\n".encode()
    reading = read(door(data + plain), TIGHT)
    assert reading.missed == (NotScanned(" > ".join(("box", *where)), "missing", SPENT),)
    keys = fingerprint_of(KEY), fingerprint_of(OTHER)
    assert [fingerprint for fingerprint, _ in found(reading)] == list(keys)


def test_the_keys_that_were_found_before_are_kept() -> None:
    first = base64.b64encode(KEY.encode() * 2) + b"\n" + b"- \n" * 20_000
    in_text = read(first + costly.escapes(1), Limits(work=1 << 22, effort=0))
    assert [each.reason for each in in_text.missed] == [SPENT]
    assert set(found(in_text)) == {(fingerprint_of(KEY), 1)}
    in_zip = read(boxes.zipped({"a": KEY.encode(), "b": costly.escapes(1)}), TIGHT)
    assert found(in_zip) == [(fingerprint_of(KEY), 1)]


@pytest.mark.slow
def test_what_is_in_the_text_of_members_counts_with_what_is_unpacked() -> None:
    text = base64.b64encode(gzip.compress(b"ABSK" * (1 << 18), mtime=0)) + b"\n"
    few, many = (boxes.zipped({str(each): text for each in range(count)}) for count in (3, 5))
    limits = Limits(work=80 << 20, effort=0)
    assert read(few, limits).missed == ()
    assert read(many, limits).missed == (NotScanned("box > zip:3", "missing", SPENT),)


def test_every_byte_of_a_file_buys_work() -> None:
    budget = Budget(Limits(work=10, effort=2), size=5)
    budget.spend(20)
    with pytest.raises(Spent, match="more work"):
        budget.spend(1)
    with pytest.raises(Spent):
        budget.spend(0)
    streamed = Budget(Limits(work=10, effort=2))
    streamed.read(5)
    streamed.spend(20)
    assert streamed.stopped == ""


def test_what_cannot_be_left_undone_is_counted_and_stops_nothing() -> None:
    budget = Budget(Limits(work=10, effort=0))
    budget.charge(11)
    assert budget.stopped == ""
    with pytest.raises(Spent):
        budget.spend(0)


def test_calls_in_calls_are_followed_as_far_as_python_does() -> None:
    behind = f"\n{KEY}\n".encode()
    reading = read(costly.filters_upon_filters() + behind, Limits())
    assert reading.missed == (NotScanned("box", "missing", NESTED),)
    assert [fingerprint for fingerprint, _ in found(reading)] == [fingerprint_of(KEY)]


class Full:
    """Give a file of which the end does not fit into memory."""

    def __init__(self, *blocks: bytes) -> None:
        self._blocks = iter(blocks)

    def read(self, _: int, /) -> bytes:
        block = next(self._blocks, None)
        if block is None:
            raise MemoryError
        return block


@pytest.mark.parametrize("packed", [False, True])
def test_without_memory_a_file_is_one_line_and_keys_found_before_are_kept(*, packed: bool) -> None:
    text = f"{KEY}\n".encode() + b"-" * (1 << 20)
    text = boxes.zipped({"a": text}) if packed else text
    reading = read(Full(text, b"-" * (1 << 20), b"-"), Limits())
    assert reading.missed == (NotScanned("box", "missing", NO_MEMORY),)
    assert [fingerprint for fingerprint, _ in found(reading)] == [fingerprint_of(KEY)]


def test_thousands_of_keys_in_one_stream_are_all_found() -> None:
    reading = read(costly.keys_in_one_stream(300), Limits())
    assert len({each.key.fingerprint for each in reading.findings}) == 300
    assert reading.missed == ()


@pytest.mark.long
def test_of_escapes_and_nothing_else_little_is_held() -> None:
    data = costly.escapes(3)
    tracemalloc.start()
    try:
        read(data, Limits())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


def test_stretches_that_touch_are_one() -> None:
    stretches = Stretches([(5, 9), (1, 3), (20, 30), (8, 12), (3, 4)])
    assert list(stretches) == [(1, 4), (5, 12), (20, 30)]
    stretches.add(4, 5)
    assert list(stretches) == [(1, 12), (20, 30)]


@pytest.mark.parametrize(
    ("begin", "end", "overlap"),
    [(0, 1, False), (0, 2, True), (3, 4, False), (2, 3, True), (11, 20, True), (12, 20, False)],
)
def test_what_shares_a_byte_overlaps(begin: int, end: int, overlap: bool) -> None:
    assert Stretches([(1, 3), (5, 12)]).overlap(begin, end) is overlap
