"""Hide any key in any composition of encodings, and look for it as a scan does."""

from __future__ import annotations

import io
import string

from hypothesis import assume, given
from hypothesis import strategies as st

from bedrock_key_guard.model.findings import Finding
from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.scan.containers.reading import read_file
from bedrock_key_guard.scan.decoding.layers import DEPTH
from bedrock_key_guard.scan.prefilter import may_hold_key
from tests import keysmith
from tests.hiding.alterations import prefix_of
from tests.hiding.dumps import ARRAYS, DUMPS
from tests.hiding.encodings import BLOCKS, ESCAPES, FEW, PACKED, SPLITS, WIDES
from tests.hiding.hidden import FAMILIES, LONG_FAMILIES, Step, hide, key_of, text

STEPS: dict[str, tuple[Step, ...]] = {
    **{name: (step,) for name, step in {**ESCAPES, **BLOCKS, **WIDES, **SPLITS, **ARRAYS}.items()},
    **PACKED,
}


def _has_letters(split: str) -> bool:
    return any(letter.isalpha() for letter in hide("0" * 200, SPLITS[split]).data.decode())


# These are done first or not at all: strings in strings, and letters of what is already encoded.
# Base64 writes `>` and `~` as `+`, which is no sign of base64 in text: such splits stand alone.
_ALONE = {"Elixir", "Jinja", "lines of a quoted mail"}
FIRST: dict[str, Step] = {
    **{name: step for name, step in SPLITS.items() if name not in _ALONE},
    **{name: step for name, step in FEW.items() if "prefix" in name or "one letter " in name},
}
# Letters between the parts may cut the only sign of keys whose prefix is no sign: not Bedrock's.
LETTERED = {name for name in SPLITS if _has_letters(name)}
AFTERWARDS = sorted({*ESCAPES, *BLOCKS, *WIDES, *PACKED})
NAMES = st.text(string.ascii_letters + string.digits + "+=,.@_-", min_size=1, max_size=64)
ACCOUNTS = st.integers(0, 10**12 - 1).map("{:012}".format)
WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\\%&=\"'`"), max_size=40
)


@st.composite
def keys(draw: st.DrawFn) -> str:
    family = draw(st.sampled_from(FAMILIES))
    if family not in LONG_FAMILIES:
        return key_of(draw(st.text(max_size=5)), family)
    user, account, seed = draw(NAMES), draw(ACCOUNTS), draw(st.text(max_size=3))
    return keysmith.long_term(user, account, prefix=LONG_FAMILIES[family], seed=seed)


def exact(data: bytes) -> list[Finding]:
    reading = read_file(io.BytesIO(data), WorkTree("a"))
    return [each for each in reading.findings if each.confidence == "exact"]


@given(
    keys(),
    st.sampled_from(["", *FIRST]),
    st.lists(st.sampled_from(AFTERWARDS), max_size=DEPTH),
    st.lists(WORDS, max_size=3).map("\n".join),
    st.sampled_from(["\n", "\n  key: ", '\nkey = "', "\n> ", "\n- ", "\n[", "\n("]),
    st.sampled_from(["\n", "\n\nthe end\n", "\n  }\n", ""]),
)
def test_any_key_in_any_composition_in_any_text_is_found_where_it_is(
    key: str, first: str, others: list[str], before: str, lead: str, after: str
) -> None:
    assume(first not in LETTERED or prefix_of(key) in ("ABSK", "bedrock-api-key-"))
    assume(sum(name in WIDES for name in others) <= 1)
    # Inside another encoding a line break of one byte before it reads as the other byte order.
    assume(not any(name.endswith("-be") for name in others[:-1]))
    # Without zeros between its letters, what zlib compressed has a sign; gzip has one in any case.
    assume(not any("zlib" in name for name in others) or not set(others) & WIDES.keys())
    steps = [FIRST[first]] if first else []
    steps += [step for name in others for step in STEPS[name]]
    hidden = hide(key, *steps)
    assume(len(hidden.encodings) <= DEPTH)
    assume(len(hidden.data) <= 30_000)
    codec = others[-1] if others and others[-1] in WIDES else "utf-8"
    placed = text((before + lead).encode(codec), after.encode(codec))(hidden)
    (found,) = exact(placed.data)
    assert found.key.fingerprint == keysmith.fingerprint_of(key)
    assert (found.location.line, found.location.column) == placed.place
    assert _names(found.location.encodings) == _names(placed.encodings)


def _names(encodings: tuple[str, ...]) -> set[str]:
    """Leave out what cannot be told: base64url may have none of its own letters in the key."""
    return {name.removesuffix("url") for name in encodings}


@given(
    keys(),
    st.sampled_from(["", *AFTERWARDS, *ARRAYS, *SPLITS, *DUMPS]),
    st.sampled_from("*._!\u00e9\u200b~\0<>[]{}"),
    st.data(),
)
def test_any_key_with_a_letter_that_is_none_is_never_exact(
    key: str, step: str, letter: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(len(prefix_of(key)), _whole_from(key)))
    broken = (key[:at] + letter + key[at + 1 :]).encode()
    steps = {**STEPS, **{name: (each,) for name, each in DUMPS.items()}}.get(step, ())
    hidden = hide(broken.decode("latin-1"), *steps)
    assert exact(text("key: ")(hidden).data) == []


def _whole_from(key: str) -> int:
    """Return how much of a key may go without leaving one with a shorter secret."""
    return len(key) * 3 // 5


PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([hide("ABSK" * 9, *steps).data for steps in STEPS.values()]),
    st.sampled_from([hide("ABSKQmVkcm9ja0FQSUtleS1" * 3, step).data for step in DUMPS.values()]),
    st.sampled_from(
        [b"-at-111122223333:", b"ABSK", b"bedrock-api-key-", b"H4sI", b"eJw", b"QUJTS"]
    ),
    st.sampled_from(
        [b"\n", b"\\", b'"', b"'", b"\0", b" ", b",", b"0x", b"00000010: ", b"%", b"&#"]
    ),
)


@given(st.lists(PIECES, max_size=30))
def test_noise_of_every_kind_is_never_exact_and_breaks_nothing(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    found = matches(data)
    assert [match for match in found if match.confidence == "exact"] == []
    assert all(0 <= match.offset < match.end <= len(data) for match in found)
    assert may_hold_key(data) or not found
