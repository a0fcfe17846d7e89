from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.github.marker import memory_in, read_marker, text_of, write_body
from bedrock_key_guard.github.memory import LONGEST_MEMORY, read_memory, write_memory
from bedrock_key_guard.model.sightings import Sighting, merged
from tests.unit.github.doubles import ONE

TEXTS = st.text(max_size=60) | st.sampled_from(["-->", "<!-- bedrock-key-guard:v1 x -->", "a\nb"])
COMMITS = st.sampled_from(["", "a" * 40, "b" * 64])
SIGHTINGS = st.builds(
    Sighting,
    repository=st.sampled_from(["", "acme/app", "acme/other"]),
    place=TEXTS,
    inside=TEXTS,
    commit=COMMITS,
    path=TEXTS,
    line=st.integers(1, 10**9),
    since=COMMITS,
    gone=st.booleans(),
)
FIELDS: list[Any] = ["acme/app", "a.env:1:3", "", "a" * 40, "a.env", 1, "", False]


@given(st.lists(SIGHTINGS, max_size=20).map(tuple), st.text(max_size=40))
def test_what_is_remembered_is_read_again_and_breaks_out_of_nothing(
    found: tuple[Sighting, ...], text: str
) -> None:
    body = write_body({"fingerprint": ONE}, text, write_memory(found))
    assert read_memory(memory_in(body)) == found
    assert read_marker(body) == {"fingerprint": ONE}
    assert text_of(body) == text_of(write_body({"fingerprint": ONE}, text))


def test_there_is_room_for_so_much_and_no_more() -> None:
    many = tuple(Sighting("acme/app", f"{number}.env:1:1" + "x" * 300) for number in range(1000))
    line = write_memory(many)
    assert len(line) <= LONGEST_MEMORY
    kept = read_memory(line)
    assert 40 < len(kept) < 100
    assert kept == many[: len(kept)]


@pytest.mark.parametrize(
    ("place", "forged"),
    [
        (0, "acme/app/../../x"),
        (0, "https://evil.example"),
        (0, 7),
        (1, "x" * 501),
        (1, None),
        (2, ["a"]),
        (3, "main"),
        (3, "A" * 40),
        (4, "p" * 501),
        (5, "1"),
        (5, True),
        (5, 0),
        (5, -1),
        (5, 1 << 60),
        (5, 1.5),
        (6, "javascript:"),
        (7, 1),
    ],
)
def test_what_nobody_would_have_written_is_left_out(place: int, forged: Any) -> None:
    row = [*FIELDS[:place], forged, *FIELDS[place + 1 :]]
    assert read_memory(json.dumps([row, FIELDS])) == (Sighting(*FIELDS),)


@pytest.mark.parametrize(
    "text",
    ["", "x", "{}", "7", "[", "[7, null, {}, [], [1]]", "[" * 9000, '"a"', f"[{'9' * 6000}]"],
)
def test_what_is_no_memory_is_nothing(text: str) -> None:
    assert read_memory(text) == ()


def test_a_line_further_down_is_no_memory() -> None:
    quoted = f"<!-- bedrock-key-guard:memory {json.dumps([FIELDS])} -->"
    assert memory_in(write_body({"fingerprint": ONE}, f"They say:\n{quoted}")) == ""
    assert memory_in(f"{quoted}\n\ntext") == ""


OLD = Sighting("acme/app", "a.env:1:3", "", "a" * 40, "a.env", 1)
COMMITTED = Sighting("acme/app", "a.env:1:3", "", "b" * 40, "a.env", 1, "b" * 40)
GONE = Sighting("acme/app", "a.env:1:3", "", "b" * 40, "a.env", 1, "b" * 40, gone=True)
MEMBER = Sighting("acme/app", "a.env:1:3", "gzip", "a" * 40, "a.env", 1)
OTHER = Sighting("acme/other", "a.env:1:3", "", "c" * 40, "a.env", 1)
LATER = Sighting("acme/app", "a.env:1:3", "", "d" * 40, "a.env", 1)


@pytest.mark.parametrize(
    ("known", "seen", "together"),
    [
        ([], [OLD], [OLD]),
        ([OLD], [], [OLD]),
        ([OLD], [OTHER], [OLD, OTHER]),
        ([OLD], [MEMBER], [OLD, MEMBER]),
        ([OLD], [LATER], [LATER]),
        ([OLD], [COMMITTED], [COMMITTED]),
        ([COMMITTED], [LATER], [COMMITTED]),
        ([COMMITTED], [GONE], [GONE]),
        ([GONE, OTHER], [COMMITTED], [COMMITTED, OTHER]),
        ([], [OLD, COMMITTED], [COMMITTED]),
        ([], [COMMITTED, OLD], [COMMITTED]),
    ],
)
def test_a_run_adds_and_corrects_and_forgets_no_place(
    known: list[Sighting], seen: list[Sighting], together: list[Sighting]
) -> None:
    assert list(merged(known, seen)) == together


@given(st.lists(SIGHTINGS, max_size=9), st.lists(SIGHTINGS, max_size=9))
def test_seeing_the_same_again_changes_nothing(known: list[Sighting], seen: list[Sighting]) -> None:
    once = merged(known, seen)
    assert merged(once, seen) == once
    assert {(s.repository, s.place, s.inside) for s in once} == {
        (s.repository, s.place, s.inside) for s in (*known, *seen)
    }
