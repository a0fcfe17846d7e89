from __future__ import annotations

import base64
import gzip
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.scan.prefilter import literals, may_hold_key
from tests.keysmith import long_term

KEY = long_term("bob").encode()
PROSE = b"The quick brown fox jumps over the lazy dog; 12 (or 0x1F) times, at 100 %.\n" * 20
LETTERS = st.binary(max_size=80) | st.sampled_from(
    [
        *literals.LITERALS,
        *(each[1:] for each in literals.LITERALS),
        *(b"X" * 300, base64.b64encode(KEY), b"user-a", b"t-", b"-at-", b"111122223333"),
        *(b"0000000", b"0000010", b"0000020", b"0000040"),
    ]
)


@given(st.lists(LETTERS, max_size=12))
def test_a_literal_is_seen_exactly_where_it_is(pieces: list[bytes]) -> None:
    letters = b"".join(pieces)
    assert literals.has_literal(letters) == (
        any(each in letters for each in literals.LITERALS)
        or any(True for _ in literals.decoded(letters))
        or any(True for _ in literals.dumped(letters))
    )


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
    assert not may_hold_key(data)


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
    assert may_hold_key(PROSE * times + b"\n" + data + b"\n" + PROSE * times)


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
            may_hold_key(data)
        finally:
            sys.setprofile(None)
        return count

    data = piece * (20_000 // len(piece))
    assert calls(data * 4) <= 4 * calls(data) + 400
