from __future__ import annotations

import base64
import functools
import gzip
import io
import random
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from hashlib import shake_256
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.scan.containers.reading import read_file
from bedrock_key_guard.scan.decoding.layer import File, Layer, Regular
from bedrock_key_guard.scan.decoding.layers import DEPTH, layers_in, outermost, spots
from bedrock_key_guard.scan.limits import LIMITS, SPENT, STEP, Budget, Limits
from bedrock_key_guard.scan.matching.matcher import Match
from bedrock_key_guard.scan.prefilter import may_hold_key
from bedrock_key_guard.scan.prefilter.literals import HISTORY_LITERALS
from tests import keysmith
from tests.contexts import ISSUED_AT
from tests.hiding.dumps import numbers
from tests.hiding.encodings import (
    BLOCKS,
    CONCATENATED,
    ESCAPES,
    PACKED,
    SPECIAL,
    SPLITS,
    WIDES,
    based,
    by_letter,
    split,
    split_at,
)
from tests.hiding.hidden import Hidden, Step, text
from tests.keysmith import fingerprint_of, long_term, short_term
from tests.rows import each
from tests.sweeps import sweep

KEYS = {
    "bedrock-long-term": long_term("bob"),
    "bedrock-long-term-2": long_term(n=2),
    "bedrock-short-term": short_term(issued_at=ISSUED_AT),
    "claude-platform-long-term": long_term(prefix=keysmith.CLAUDE_PLATFORM_LONG_TERM),
    "claude-platform-short-term": keysmith.claude_platform_short_term(issued_at=ISSUED_AT),
    "cloudwatch-logs": long_term(prefix=keysmith.CLOUDWATCH_LOGS),
    "cloudwatch-metrics": long_term(prefix=keysmith.CLOUDWATCH_METRICS),
    "aws-long-term": long_term(prefix=keysmith.UNKNOWN),
}
KEY = KEYS["bedrock-long-term"]
# What undoes an encoding does not know the families: Bedrock's two say what a change may break.
FAMILIES = sweep(KEYS, quick=lambda name: name in ("bedrock-long-term", "bedrock-short-term"))
BEFORE, AFTER = "first\nsecond: ", "\n\nthe end of the text\n"

Encoder = Callable[[bytes], bytes]


def encoder(*steps: Step) -> tuple[tuple[str, ...], Encoder]:
    """Return the names of steps in a report, the outermost first, and what they write."""

    def hidden(data: bytes) -> Hidden:
        return reduce(lambda before, step: step(before), steps, Hidden(data))

    return hidden(b"ABSK" * 9).encodings, lambda data: hidden(data).data


def named(steps: Mapping[str, Step]) -> dict[str, tuple[str, Encoder]]:
    made = {name: encoder(step) for name, step in steps.items()}
    return {name: (names[0], encode) for name, (names, encode) in made.items()}


ENCODERS = named({**WIDES, **ESCAPES, **BLOCKS, "hex array": numbers("", "0x{:02x}", ", ", "")})
_SPLIT = (
    *("Lua", "Basic", "SQL", "PHP and Perl", "in a list", "shell, quotes in a word"),
    *("Python, implicit", "Python, bytes", "Python, added", "Python, appended"),
    *("JavaScript, added", "JavaScript, literals in a template", "JSON of a notebook"),
)
SPLITTERS = named(
    {
        **{name: step for name, step in SPLITS.items() if "lines" in name and "soft" not in name},
        **{name: SPLITS[name] for name in _SPLIT},
        "in threes": split(CONCATENATED, "' + '", 3, "'"),
        # In parts so long that keys of every family keep a sign.
        "a builder": split(CONCATENATED, '");\nkey.append("', 40, '"'),
        "pushed": split(CONCATENATED, "');\nkey.push('", 40, "'"),
    }
)
# What takes two steps, or leaves letters as they are.
OTHERS = {
    **{name: encoder(*steps) for name, steps in {**PACKED, **SPECIAL}.items()},
    "MIME, indented": encoder(based(b"Dear all,\n", line=76, newline="\n    ")),
    "numbers": encoder(numbers("", "{}", ", ", "")),
    "numbers in lines": encoder(numbers("", "{}", ", ", "", 1, "\n    ")),
    "percent of what is added": encoder(
        split_at(CONCATENATED, '" + "', 9),
        text('"', ""),
        by_letter("percent", lambda data: quote(data).encode()),
    ),
    "Docker config": encoder(
        text("AWS:", ""), based(), text('{"auths":{"x":{"auth":"', '"}}}'), based()
    ),
}
STEPS = ENCODERS | SPLITTERS


def exact(data: bytes) -> list[Match]:
    return [match for match in matches(data) if match.confidence == "exact"]


def layers(data: bytes, budget: Budget | None = None) -> Iterator[Layer]:
    budget = budget or Budget(size=len(data))
    with budget.bound():
        for outer in outermost(data, spots(data)):
            yield outer
            for each in layers_in(outer, budget):
                yield each.layer if isinstance(each, File) else each


def only(data: bytes) -> Match:
    (match,) = matches(data)
    assert match.confidence == "exact"
    return match


def around(data: bytes, outermost: str) -> tuple[bytes, int]:
    """Put text before and behind, and say where the data begins."""
    codec = outermost if outermost in WIDES else "ascii"
    before = BEFORE.encode(codec)
    return before + data + AFTER.encode(codec), len(before)


def orderless(name: str) -> str:
    return name.removesuffix("-le").removesuffix("-be")


# A prefix that nobody knows has to begin a word.
UNKNOWN, IN_A_WORD = "aws-long-term", "base64 one further"


@pytest.mark.parametrize("family", FAMILIES)
@each("step", STEPS)
def test_a_key_of_every_family_is_found_in_every_encoding(step: str, family: str) -> None:
    if (family, step) == (UNKNOWN, IN_A_WORD):
        assert exact(STEPS[step][1](KEYS[family].encode())) == []
        return
    name, encode = STEPS[step]
    data, offset = around(encode(KEYS[family].encode()), step)
    match = only(data)
    assert match.key.fingerprint == fingerprint_of(KEYS[family])
    assert match.encodings == (name,)
    assert data.count(b"\n", 0, match.offset) == data.count(b"\n", 0, offset)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", OTHERS)
def test_a_key_of_every_family_is_found_in_what_files_hold(step: str, family: str) -> None:
    names, encode = OTHERS[step]
    data, offset = around(encode(KEYS[family].encode()), step)
    match = only(data)
    assert match.key.fingerprint == fingerprint_of(KEYS[family])
    assert set(names) <= set(match.encodings) <= {*names, "concatenated", "wrapped"}
    assert data.count(b"\n", 0, match.offset) == data.count(b"\n", 0, offset)


@pytest.mark.parametrize("glue", ["\n", "\r\n    ", "\\\n", "=\n", '" + "', "%0A"])
@pytest.mark.parametrize("user", ["a", "ab", "abc"])
def test_a_key_that_is_split_anywhere_is_one_finding(user: str, glue: str) -> None:
    key = long_term(user)
    for at in range(40, len(key)):
        match = only(f'k = "{key[:at]}{glue}{key[at:]}"\n'.encode())
        assert (match.offset, match.key.fingerprint) == (5, fingerprint_of(key))


@each("prefix", [1, 2, 3, 5, 9, 15])
@pytest.mark.parametrize("family", FAMILIES)
@each("glue", ['" + "', "' '", '" "', '".concat("', "'\n  + '", "`+`", '" .. "'])
def test_a_prefix_that_is_split_anywhere_is_found(glue: str, family: str, prefix: int) -> None:
    key = KEYS[family]
    data = f'k = "{key[:prefix]}{glue}{key[prefix:]}"\n'.encode()
    match = only(data)
    assert (match.offset, match.key.fingerprint) == (5, fingerprint_of(key))


@pytest.mark.parametrize("step", ["percent", "hex entities", "JSON escapes"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_prefix_whose_letters_alone_are_escaped_is_found(family: str, step: str) -> None:
    key = KEYS[family]
    name, encode = ENCODERS[step]
    match = only(b"x=" + encode(key[:4].encode()) + key[4:].encode())
    assert (match.offset, match.encodings) == (2, (name,))


@pytest.mark.parametrize("times", [1, 2, 3])
def test_the_first_letter_is_placed_in_the_source(times: int) -> None:
    data, places = f"id: {KEY}".encode(), (4, 5, 6)
    for _ in range(times):
        data = base64.b64encode(data)
    expected = places[0]
    for _ in range(times):
        expected = expected * 4 // 3
    assert only(data).offset == expected


@pytest.mark.parametrize(
    ("text", "encodings"),
    [
        ("{decoded}", ("decoded",)),
        ('x = "{decoded}"', ("decoded",)),
        ("AWS_KEY={decoded}\n", ("decoded",)),
    ],
)
@pytest.mark.parametrize("user", ["BedrockAPIKey-ex4m", "bob", "a.b_c@d"])
def test_a_decoded_long_term_key_is_the_key(
    user: str, text: str, encodings: tuple[str, ...]
) -> None:
    key = long_term(user)
    decoded = base64.b64decode(key[4:]).decode()
    match = only(text.format(decoded=decoded).encode())
    assert match.key.fingerprint == fingerprint_of(key)
    assert match.offset == text.index("{")
    assert match.encodings == encodings


def test_a_decoded_key_of_the_other_console_is_of_its_family() -> None:
    key = long_term("AeaApiKey-x1", prefix=keysmith.CLAUDE_PLATFORM_LONG_TERM)
    match = only(b"k: " + base64.b64decode(key[4:]))
    assert match.key.fingerprint == fingerprint_of(key)


def test_a_decoded_key_inside_a_base64_file_is_found() -> None:
    data = base64.b64encode(b"user: x\npassword: " + base64.b64decode(KEY[4:]) + b"\n")
    assert only(data).encodings == ("base64", "decoded")


@pytest.mark.parametrize(
    "text",
    [
        "look-at-111122223333:EXAMPLE",
        # Git credentials of AWS CodeCommit look alike and are shorter.
        f"https://alice-at-111122223333:{'wJalrXUtnFEMI+K7MDENG' * 2}=@git-codecommit.x/",
        KEY[4:],
        KEY[4:-20],
        "aEAX" + KEY[4:],
        "XABSX" + KEY[4:],
        base64.b64encode(KEY[4:].encode()).decode(),
        "".join(f"%{ord(letter):02x}" for letter in KEY[4:]),
        '"ABSK" + "Qm" + key',
        "TABS KEYS, TABS KEPT" * 20,
        "THE SOFTWARE IS PROVIDED AS IS WITHOUT WARRANTY OF ANY KIND " * 20,
        base64.b64encode(gzip.compress(b"nothing to see here" * 50, mtime=0)).decode(),
        "eJ" + "A" * 400,
        "H4sI" + "A" * 400,
        "\\u0041\\u0042\\u0053\\u004b" * 50,
        "65 66 83 75 " * 50,
        "65, 66, 83, 75, " * 50,
        "[" + "1, 22, 333, 65536, 12.5, -3, " * 50,
        "00000010: 4142 534b 4142 534b 4142 534b 4142 534b  ABSKABSKABSKABSK\n" * 50,
        f"look-at-111122223333:{'0123456789abcde' * 4}",
        f"look-at-111122223333:{'0123456789ABCDE' * 4}",
        "-" * 500,
    ],
)
def test_what_only_looks_so_is_no_key(text: str) -> None:
    assert exact(text.encode()) == []


DUMPED = {
    "xxd": (16, "{at:08x}: {pairs}  {text}", 2),
    "xxd in capitals": (16, "{at:08X}: {PAIRS}  {text}", 2),
    "hexdump": (16, "{at:08x}  {pairs}  |{text}|", 1),
    "a debugger": (16, "0x{at:08x}: {pairs}  {text}", 1),
    "a network's": (16, "{at:04x}   {pairs}   {text}", 1),
    "octal offsets": (16, "{at:07o} {pairs}", 1),
    "decimal offsets": (10, "{at:07d} {pairs}", 1),
    "in a comment": (16, " *  {at:04x}: {pairs}", 1),
    "in a table": (16, "| {at:04x} | {pairs} | {text} |", 1),
}


@each("family", ["bedrock-long-term", "bedrock-short-term", "cloudwatch-logs"])
@each("before", [b"", b"key=", b"0123456789abcdef" * 40])
@each("style", DUMPED)
def test_a_dump_is_read_without_its_offsets_and_its_text(
    style: str, before: bytes, family: str
) -> None:
    width, row, size = DUMPED[style]
    data = before + KEYS[family].encode() + b"\n0123456789abcdef\n"
    rows = []
    for at in range(0, len(data), width):
        part = data[at : at + width]
        pairs = part.hex(" ", size) if size > 1 else part.hex(" ")
        pairs = pairs.ljust(width * 2 + width // size - 1)
        text = part.decode().replace("\n", ".")
        rows.append(row.format(at=at, pairs=pairs, PAIRS=pairs.upper(), text=text))
    match = only("\n".join(rows).encode())
    assert match.key.fingerprint == fingerprint_of(KEYS[family])
    assert match.encodings == ("hex",)
    line = "\n".join(rows).encode().count(b"\n", 0, match.offset)
    assert line == len(before) // width


def test_a_dump_of_words_is_read_in_both_byte_orders() -> None:
    data = b"k=" + KEY.encode() + b"\n" * (len(KEY) % 2)
    words = [data[at : at + 2][::-1].hex() for at in range(0, len(data), 2)]
    rows = [f"{2 * at:07x} {' '.join(words[at : at + 8])}" for at in range(0, len(words), 8)]
    match = only("\n".join(rows).encode())
    assert (match.offset, match.key.fingerprint) == (8 + 5 + 2, fingerprint_of(KEY))


@pytest.mark.parametrize(
    ("before", "between", "after"),
    [
        ("bytes([", ", ", "])"),
        ("new byte[] {", ",", "};"),
        ('{"type":"Buffer","data":[', ",", "]}"),
        ("k = [\n    ", ",\n    ", ",\n]"),
        ("k = {\r\n\t", ",\r\n\t", "\r\n}"),
        ("String.fromCharCode(", " , ", ")"),
        ("x = 9, 8, 7, 200, 255, ", ", ", ", 1, 2"),
    ],
)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_list_of_numbers_is_read_as_bytes(
    family: str, before: str, between: str, after: str
) -> None:
    data = before + between.join(str(byte) for byte in KEYS[family].encode()) + after
    match = only(data.encode())
    assert match.key.fingerprint == fingerprint_of(KEYS[family])
    assert (match.offset, match.encodings) == (len(before), ("decimal",))


@pytest.mark.parametrize("before", ["", "0", "00000000000", "f"])
@pytest.mark.parametrize("between", ["", ":", "-", " "])
def test_hex_is_read_from_its_first_pair_whatever_stands_before(before: str, between: str) -> None:
    data = KEY.encode().hex(between) if between else KEY.encode().hex()
    match = only(f"{before}{data}".encode())
    assert (match.offset, match.key.fingerprint) == (len(before), fingerprint_of(KEY))


def test_a_key_found_in_two_ways_is_one_finding_the_plainest() -> None:
    data = b"".join(
        (b'"', KEY.encode(), b'" "', KEY.encode(), b'"\n', base64.b64encode(KEY.encode()), b"\n")
    )
    assert [match.encodings for match in exact(data)] == [(), (), ("base64",)]


def test_two_keys_in_one_archive_are_both_found_once() -> None:
    other = long_term("eve")
    text = f"{KEY}\n{other}\n{KEY}\n".encode()
    found = exact(b"x: " + base64.b64encode(gzip.compress(text, mtime=0)))
    assert {match.key.fingerprint for match in found} == {fingerprint_of(k) for k in (KEY, other)}
    assert [match.offset for match in found] == [3, 3]


@given(
    st.sampled_from(sorted(KEYS.keys() - {UNKNOWN})),
    st.lists(st.sampled_from(sorted(ENCODERS)), max_size=DEPTH),
    st.sampled_from(["", *sorted(SPLITTERS)]),
    st.text(st.characters(codec="ascii", exclude_characters="AabM"), max_size=60),
    st.integers(0, 5),
)
def test_any_composition_in_any_text_is_found(
    family: str, steps: list[str], splitter: str, before: str, lines: int
) -> None:
    key = KEYS[family]
    assume(sum(step in WIDES for step in steps) <= 1)
    # Base64 writes `>` as `+`, which is no sign of base64 in text: Bedrock's keys have another.
    assume(splitter != "lines of a quoted mail" or "bedrock" in family or not steps)
    chosen: list[Encoder] = [ENCODERS[step][1] for step in steps]
    names = [ENCODERS[step][0] for step in steps]
    if splitter and len(steps) < DEPTH:
        chosen.insert(0, SPLITTERS[splitter][1])
        names.insert(0, SPLITTERS[splitter][0])
    data = key.encode()
    for encode in chosen:
        data = encode(data)
    codec = names[-1] if names and names[-1] in WIDES else "ascii"
    head = (before.replace("\r", "") + "\n" * (lines + 2)).encode(codec)
    found = exact(head + data + "\n\nend\n".encode(codec))
    assert [match.key.fingerprint for match in found] == [fingerprint_of(key)]
    (match,) = found
    outermost, *inner = (*reversed(names), "")
    # Between bytes of another width, either byte order can be read into escaped UTF-16.
    assert [orderless(name) for name in match.encodings[1:]] == [orderless(n) for n in inner[:-1]]
    assert match.encodings[:1] == ((outermost,) if names else ())
    begun = match.offset - len(head)
    assert begun >= 0
    assert data.count(b"\n", 0, begun) == 0 or splitter or "file" in " ".join(steps)


@given(
    st.sampled_from(["bedrock-long-term", "bedrock-short-term"]),
    st.sampled_from(["", *sorted(ENCODERS)]),
    st.sampled_from(["", *sorted(SPLITTERS)]),
    st.data(),
)
def test_a_key_altered_in_one_letter_is_never_exact(
    family: str, step: str, splitter: str, data: st.DataObject
) -> None:
    key = KEYS[family]
    at = data.draw(st.integers(len(key) // 4, len(key) // 2))
    letter = data.draw(st.sampled_from("*._-! \n\"',"))
    altered = (key[:at] + letter + key[at + 1 :]).encode()
    for encode in (SPLITTERS.get(splitter), ENCODERS.get(step)):
        altered = encode[1](altered) if encode else altered
    assert exact(b"a\n" + altered + b"\n") == []


PIECES = [
    *(
        b"%41 &#65; &# \\u0041 \\x41 \\101 \\ % = =41 =\n \" ' + ABSK AB SK QUJTS H4sI eJ".split(
            b" "
        )
    ),
    *(encode(b"ABSK") for _, encode in STEPS.values()),
    b"-at-111122223333:",
    b"\0",
    b"\n",
    base64.b64encode(zlib.compress(b"ABSK")),
]


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=60), max_size=40), st.integers(1, 8))
def test_noise_never_breaks_the_matcher(pieces: list[bytes], times: int) -> None:
    data = b"".join(pieces) * times
    found = matches(data)
    assert [match for match in found if match.confidence == "exact"] == []
    assert may_hold_key(data) or not found


def hostile() -> Iterator[tuple[str, bytes]]:
    noise = random.Random(7).randbytes(3 << 14)  # noqa: S311  # noise, no secret
    yield "base64", base64.b64encode(noise)
    yield "base64 of base64", base64.b64encode(base64.b64encode(noise))
    yield "MIME", base64.encodebytes(noise)
    yield "noise", noise
    for piece in (
        *(b"ABSK bedrock-api-key- QUJTS H4sI eJ eJwA A \\ % %41 %2541".split()),
        *(b'&#65; 41 =41 " ". 0x41,'.split()),
        *(
            b"\\u0041",
            b"ABSK\n",
            b'ABSK"#',
            b'ABSK"_',
            b'ABSK"\n+=',
            b"41 ",
            b"65, ",
            b"41-42-",
            b"00000010: 41 42 53 4b\n",
            b"00000010  41 42 53 4b 41 42 53 4b  |ABSKABSK|\n",
            b"\0",
            b"A\0",
            b"A\0\0\0",
        ),
        *(b"-at-123456789012:", b"abcdefgh\n", b"ABSKQmVkcm9ja0FQ", b"&#65;%41\\x41", KEY.encode()),
    ):
        yield repr(piece), piece * (65_536 // len(piece))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "data"), list(hostile()), ids=lambda value: str(value)[:20])
def test_the_work_grows_with_the_size_and_no_faster(name: str, data: bytes) -> None:
    once = sum(len(layer.data) for layer in layers(data))
    thrice = sum(len(layer.data) for layer in layers(data * 3))
    assert once <= 16 * len(data) + 4096
    assert thrice <= 4 * once + 65_536


MOST_INFLATED = 16 << 20


@functools.cache
def gzip_bomb() -> bytes:
    return gzip.compress(b"ABSK" * MOST_INFLATED, mtime=0)


BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip": lambda: base64.b64encode(gzip_bomb()),
    "zlib": lambda: base64.b64encode(zlib.compress(b"ABSK" * MOST_INFLATED)),
    "gzip in hex": lambda: gzip_bomb().hex().encode(),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sweep(BOMBS, quick=lambda name: name == "gzip"))
def test_a_bomb_is_read_only_so_far_and_that_is_noted(name: str) -> None:
    bomb = BOMBS[name]()
    budget = Budget(size=len(bomb))
    assert matches(bomb, budget=budget) == []
    assert budget.stopped == SPENT
    assert budget.spent <= LIMITS.work + LIMITS.effort * len(bomb) + (16 << 20)


@pytest.mark.parametrize(
    ("times", "limits"),
    [
        (1 << 18, Limits(work=1 << 18, effort=1)),
        pytest.param(MOST_INFLATED, LIMITS, marks=pytest.mark.long),
    ],
)
def test_a_bomb_in_a_text_makes_a_scan_incomplete(times: int, limits: Limits) -> None:
    at = WorkTree("a.yaml")
    bomb = base64.b64encode(gzip.compress(b"ABSK" * times, mtime=0))
    reading = read_file(io.BytesIO(b"data: " + bomb), at, limits)
    assert reading.missed == (NotScanned("a.yaml", "missing", SPENT),)
    assert read_file(io.BytesIO(KEY.encode()), at).missed == ()


def test_many_bombs_are_read_only_so_far_together() -> None:
    bomb = base64.b64encode(gzip.compress(b"ABSK" * (1 << 18), mtime=0)) + b"\n=\n"
    budget = Budget(Limits(work=0, effort=1 << 9), size=60 * len(bomb))
    assert matches(bomb * 60, budget=budget) == []
    assert budget.stopped
    assert budget.spent <= (60 * len(bomb) << 9) + (16 << 20)


def test_what_is_inflated_whole_is_not_noted() -> None:
    data = base64.b64encode(gzip.compress(KEY.encode() * 50, mtime=0))
    budget = Budget(size=len(data))
    assert matches(data, budget=budget)
    assert not budget.stopped


def test_of_what_is_broken_the_beginning_is_read() -> None:
    data = gzip.compress(KEY.encode() + shake_256(b"noise").digest(1 << 18), mtime=0)
    broken = data[:-1000] + bytes(100) + data[-900:]
    assert only(base64.b64encode(broken)).key.fingerprint == fingerprint_of(KEY)


@pytest.mark.slow
@pytest.mark.parametrize("at", [(1 << 20) - 40, (1 << 20) - (1 << 16) - 40, 19 << 20])
def test_a_key_is_found_wherever_in_a_long_stream_it_stands(at: int) -> None:
    text = b"-" * at + KEY.encode() + b"-" * (1 << 20)
    data = base64.b64encode(gzip.compress(text, mtime=0))
    (match,) = matches(data, budget=Budget(size=len(data)))
    assert match.key.fingerprint == fingerprint_of(KEY)


def test_what_was_stored_in_an_archive_is_one_finding() -> None:
    data = base64.b64encode(gzip.compress(KEY.encode(), 0, mtime=0))
    assert only(b"x: " + data).key.fingerprint == fingerprint_of(KEY)


@pytest.mark.parametrize("family", ["bedrock-long-term", "bedrock-short-term"])
@pytest.mark.parametrize(
    "step", ["", "utf-16-le", "utf-16-be", "base64", "base64 one further", "base64 of a file"]
)
def test_the_ten_anchors_of_history_find_what_is_usual(step: str, family: str) -> None:
    data = KEYS[family].encode()
    data = ENCODERS[step][1](data) if step else data
    assert len(HISTORY_LITERALS) <= 10
    assert any(anchor in data for anchor in HISTORY_LITERALS)


@pytest.mark.parametrize("second", ["percent", "base64"])
@pytest.mark.parametrize(
    "first", [each for each, (names, _) in OTHERS.items() if len(names) < DEPTH]
)
def test_what_files_hold_is_found_in_a_further_encoding(first: str, second: str) -> None:
    data = ENCODERS[second][1](OTHERS[first][1](KEY.encode()))
    assert only(data).key.fingerprint == fingerprint_of(KEY)


def test_however_little_is_in_a_layer_it_costs_what_it_takes_to_ask_all_decoders() -> None:
    budget = Budget()
    assert list(layers_in(Layer(b"ABSK", Regular(0)), budget)) == []
    assert budget.spent >= STEP // 2
