from __future__ import annotations

import base64
import gzip
import re
import sys
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.scan import anchors
from bedrock_key_guard.scan.anchors import any_anchor, compressed, dense, texts
from tests.keysmith import long_term

KEY = long_term("bob").encode()
QUAD = re.compile(b"".join(b"[%b]" % letters for letters in anchors.ASCII_QUAD))
PROSE = b"The quick brown fox jumps over the lazy dog; 12 (or 0x1F) times, at 100 %.\n" * 20
LETTERS = st.binary(max_size=80) | st.sampled_from(
    [*anchors.LITERALS, *(each[1:] for each in anchors.LITERALS), b"X" * 300, base64.b64encode(KEY)]
)


@given(st.lists(LETTERS, max_size=12))
def test_a_literal_is_seen_exactly_where_it_is(pieces: list[bytes]) -> None:
    letters = b"".join(pieces)
    assert anchors._has_literal(letters) == any(each in letters for each in anchors.LITERALS)


@given(
    st.lists(
        st.integers(0, 5).map(lambda size: b"-" * size)
        | st.binary(max_size=160).map(lambda data: base64.b64encode(bytes(b & 127 for b in data)))
        | st.sampled_from([b"A" * 143, b"A" * 144, b"a" * 150, b"tYXQ" * 40]),
        max_size=8,
    )
)
def test_base64_of_ascii_is_seen_exactly_where_it_is(pieces: list[bytes]) -> None:
    letters = b"".join(pieces).translate(None, anchors.BETWEEN)
    assert set(texts(letters)) == set(_rows_of_quads(letters))


def _rows_of_quads(letters: bytes) -> Iterator[tuple[int, int]]:
    for phase in range(4):
        quads = [letters[at : at + 4] for at in range(phase, len(letters) - 2, 4)]
        shape = "".join("t" if QUAD.match(quad) else "-" for quad in quads)
        for row in re.finditer("t{36,}", shape):
            yield phase + 4 * row.start(), min(phase + 4 * row.end(), len(letters))


@pytest.mark.parametrize(
    "data",
    [
        PROSE,
        b"AD,AE,AF,AG,AI,AL,AM,AO,AQ,AR,IS,IN,ID,IR,IQ,IE,IM,IL,IT,CI,JM,JP,JE,JO,KZ,KE,KI,KW\n"
        * 9,
        b"CREATE_IN_PROGRESS|CREATE_FAILED|UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS\n" * 9,
        b"\n".join(b"sha256:%064x" % (number**40) for number in range(90)),
        b", ".join(b"%d" % number for number in range(2, 130, 2)),
        b"_serialized = [4,1,7,%b26,78]"
        % b"".join(b"%d,-1,5,1," % (43 + n % 80) for n in range(400)),
        b'{"a": "\\n\\n\\t"}' * 90,
        b"eJ" + b"a" * 57 + b" eJa\n" + b"xeJ" + b"a" * 90,
        b"user-at-12345678901 at user-at-work-at-home",
        bytes(range(256)) * 9,
    ],
    ids=lambda data: data[:12].decode("latin-1"),
)
def test_what_only_looks_like_it_is_not_worth_a_scan(data: bytes) -> None:
    assert not any_anchor(data)


@pytest.mark.parametrize(
    "data",
    [
        KEY,
        KEY.hex().encode(),
        base64.b64encode(base64.b64encode(KEY)),
        base64.b64encode(zlib.compress(KEY)),
        base64.b64encode(gzip.compress(KEY, mtime=0)),
        "".join(f"\\x{byte:02x}" for byte in KEY).encode(),
        ", ".join(map(str, KEY)).encode(),
        base64.b64decode(KEY[4:]),
    ],
    ids=lambda data: data[:12].decode("latin-1"),
)
@pytest.mark.parametrize("times", [0, 1, 40])
def test_what_can_be_undone_is_worth_a_scan_wherever_it_stands(data: bytes, times: int) -> None:
    assert any_anchor(PROSE * times + b"\n" + data + b"\n" + PROSE * times)


@pytest.mark.parametrize("before", [0, 1, 500, 1023])
def test_escapes_are_counted_in_blocks(before: int) -> None:
    escapes = b"%41" * (2 * anchors.BLOCK // 3)
    begin = next(iter(dense(b"-" * before + escapes)))
    assert begin % anchors.BLOCK == 0
    assert list(dense(b"%41" * 19 + b"-" * anchors.BLOCK + b"%41" * 19)) == []


def test_a_run_that_zlib_may_have_made_is_seen_from_its_beginning() -> None:
    run = b"eJw" + b"a" * 60
    assert list(compressed(b"x " + run + b" " + run)) == [(2, 65), (66, 129)]


HOSTILE = [
    *(b"A", b"%", b"\\", b"%41", b"-at-", b"-at-123456789012", b"X", b"W", b"QUJT", b"a", b"e"),
    *(
        b"eJw" + b"a" * 60 + b" ",
        b"41 ",
        b"65, ",
        b"&#",
        b"\\u0041",
        b"'a'+",
        b"a\n",
        b"ABS",
        b"hdC0",
    ),
    *(
        b"bedrock-api-",
        b"AAAA",
        b"ADAB" * 36 + b"a",
        b"f" * 159 + b"g",
        b"\0",
        b"-",
        b"0" * 35 + b"z",
    ),
]


@pytest.mark.parametrize("piece", HOSTILE, ids=lambda piece: piece[:12].decode())
def test_the_gate_does_no_more_work_than_there_are_bytes(piece: bytes) -> None:
    def calls(data: bytes) -> int:
        count = 0

        def note(_frame: object, event: str, _: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(note)
        try:
            any_anchor(data)
        finally:
            sys.setprofile(None)
        return count

    data = piece * (20_000 // len(piece))
    assert calls(data * 4) <= 4 * calls(data) + 400
