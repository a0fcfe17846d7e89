from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.github.marker import memory_in, read_marker, text_of, write_body
from bedrock_key_guard.github.memory import LONGEST_MEMORY, read_memory, write_memory
from bedrock_key_guard.model.remembered import (
    MOST_MILESTONES,
    KeyState,
    Memory,
    Milestone,
    Sighting,
    What,
    merged,
    together,
)
from tests.unit.github.doubles import ONE

TEXTS = st.text(max_size=60) | st.sampled_from(["-->", "<!-- bedrock-key-guard:v1 x -->", "a\nb"])
COMMITS = st.sampled_from(["", "a" * 40, "b" * 64])
REPOSITORIES = st.sampled_from(["", "acme/app", "acme/other"])
SIGHTINGS = st.builds(
    Sighting,
    repository=REPOSITORIES,
    place=TEXTS,
    inside=TEXTS,
    commit=COMMITS,
    path=TEXTS,
    line=st.integers(1, 10**9),
    since=COMMITS,
    gone=st.booleans(),
)
START = datetime(2026, 11, 23, 6, tzinfo=timezone.utc)
TIMES = st.integers(0, 10**6).map(lambda seconds: START + timedelta(seconds=seconds))
MILESTONES = st.builds(Milestone, TIMES, st.sampled_from(get_args(What)), REPOSITORIES)
CREDENTIALS = st.sampled_from([("", None), ("1" * 12, "ACCAQNZGKIQYEXAMPLE22"), ("1" * 12, "")])
MEMORIES = st.builds(
    lambda credential, **more: Memory(account=credential[0], credential=credential[1], **more),
    CREDENTIALS,
    places=st.lists(SIGHTINGS, max_size=9).map(tuple),
    milestones=st.lists(MILESTONES, max_size=9).map(tuple),
    state=st.sampled_from(get_args(KeyState)),
    expires_at=st.none() | TIMES,
)
FIELDS: list[Any] = ["acme/app", "a.env:1:3", "", "a" * 40, "a.env", 1, "", False]


@given(MEMORIES, st.text(max_size=40))
def test_what_is_remembered_is_read_again_and_breaks_out_of_nothing(
    found: Memory, text: str
) -> None:
    body = write_body({"fingerprint": ONE}, text, write_memory(found))
    assert read_memory(memory_in(body)) == found
    assert read_marker(body) == {"fingerprint": ONE}
    assert text_of(body) == text_of(write_body({"fingerprint": ONE}, text))


def test_there_is_room_for_so_much_and_no_more() -> None:
    many = tuple(Sighting("acme/app", f"{number}.env:1:1" + "x" * 300) for number in range(1000))
    milestones = tuple(Milestone(START, "found", "o/" + "r" * 98) for _ in range(MOST_MILESTONES))
    line = write_memory(Memory(many, milestones, "working"))
    assert len(line) <= LONGEST_MEMORY
    kept = read_memory(line)
    assert 30 < len(kept.places) < 100
    assert (kept.places, kept.milestones) == (many[: len(kept.places)], milestones)


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
    read = read_memory(json.dumps({"places": [row, FIELDS]}))
    assert read == Memory((Sighting(*FIELDS),))


SOUND: dict[str, Any] = {
    "state": "dead",
    "account": "111122223333",
    "credential": "ACCAQNZGKIQYEXAMPLE22",
    "expires": "2026-11-23T06:00:00+00:00",
    "milestones": [["2026-11-23T06:00:00+00:00", "found", "acme/app"]],
}


@pytest.mark.parametrize(
    ("name", "forged"),
    [
        ("state", "alive"),
        ("state", ["dead"]),
        ("state", {}),
        ("account", "1111-2222-3333"),
        ("account", "１" * 12),
        ("account", 111122223333.5),
        ("credential", "ACCA"),
        ("credential", "A" * 33),
        ("credential", "ACCAQNZGKIQYEXAMPLE2; rm"),
        ("credential", None),
        ("expires", "tomorrow"),
        ("expires", "9999-12-31T23:59:59+00:00"),
        ("expires", "2026-11-23T06:00:00"),
        ("expires", 7),
        ("milestones", [["2026-11-23T06:00:00+00:00", "published", ""]]),
        ("milestones", [["2026-11-23T06:00:00+00:00", "found", "a/b/c"]]),
        ("milestones", [["2026-11-23T06:00:00+00:00", ["found"], ""]]),
        ("milestones", [["now", "found", ""], ["2026-11-23T06:00:00+00:00", "found"]]),
        ("milestones", {"2026-11-23T06:00:00+00:00": "found"}),
    ],
)
def test_a_field_that_is_not_sound_says_nothing(name: str, forged: Any) -> None:
    nothing = {"account": "", "credential": None, "expires": None, "milestones": (), "state": ""}
    read = read_memory(json.dumps({**SOUND, name: forged}))
    told = {"expires": read.expires_at, **{n: getattr(read, n) for n in nothing if n != "expires"}}
    gone = {"account", "credential"} if name in ("account", "credential") else {name}
    whole = read_memory(json.dumps(SOUND))
    assert all(told[each] == nothing[each] for each in gone)
    assert told["state"] == (whole.state if "state" not in gone else "")


@pytest.mark.parametrize(
    "text",
    ["", "x", "{}", "7", "[", "[7, null, {}, [], [1]]", "[" * 9000, '"a"', f"[{'9' * 6000}]"],
)
def test_what_is_no_memory_is_nothing(text: str) -> None:
    assert read_memory(text) == Memory()
    assert read_memory(f'{{"places": {text}}}') == Memory()


def test_a_line_further_down_is_no_memory() -> None:
    quoted = f"<!-- bedrock-key-guard:memory {json.dumps({'places': [FIELDS]})} -->"
    assert memory_in(write_body({"fingerprint": ONE}, f"They say:\n{quoted}")) == ""
    assert memory_in(f"{quoted}\n\ntext") == ""


# ── places ──────────────────────────────────────────────────────────────────────────────────────

OLD = Sighting("acme/app", "a.env:1:3", "", "a" * 40, "a.env", 1)
COMMITTED = Sighting("acme/app", "a.env:1:3", "", "b" * 40, "a.env", 1, "b" * 40)
GONE = Sighting("acme/app", "a.env:1:3", "", "b" * 40, "a.env", 1, "b" * 40, gone=True)
MEMBER = Sighting("acme/app", "a.env:1:3", "gzip", "a" * 40, "a.env", 1)
OTHER = Sighting("acme/other", "a.env:1:3", "", "c" * 40, "a.env", 1)
LATER = Sighting("acme/app", "a.env:1:3", "", "d" * 40, "a.env", 1)


@pytest.mark.parametrize(
    ("known", "seen", "after"),
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
    known: list[Sighting], seen: list[Sighting], after: list[Sighting]
) -> None:
    assert list(merged(known, seen)) == after


@given(MEMORIES, MEMORIES)
def test_a_run_forgets_no_place_of_another(known: Memory, seen: Memory) -> None:
    once = together(known, seen)
    assert {(s.repository, s.place, s.inside) for s in once.places} == {
        (s.repository, s.place, s.inside) for s in (*known.places, *seen.places)
    }


# ── what happened ───────────────────────────────────────────────────────────────────────────────


def at(minutes: int, what: What, repository: str = "") -> Milestone:
    return Milestone(START + timedelta(minutes=minutes), what, repository)


FOUND, VERIFIED = at(1, "found", "acme/app"), at(2, "verified")
DISABLED, CONFIRMED = at(3, "disabled"), at(4, "confirmed")
STORY = (FOUND, VERIFIED, DISABLED, CONFIRMED)


@pytest.mark.parametrize(
    ("known", "seen", "after"),
    [
        ((), STORY, STORY),
        # The same again is no news, nor is it that the next run finds a key dead.
        (STORY, (at(9, "found", "acme/app"), at(9, "confirmed")), STORY),
        ((FOUND, VERIFIED), (at(9, "found", "acme/app"), at(9, "verified")), (FOUND, VERIFIED)),
        # Another repository, and an earlier leak.
        (STORY, (at(9, "found", "acme/other"),), (*STORY, at(9, "found", "acme/other"))),
        ((at(0, "leaked"), FOUND), (at(-9, "leaked"),), (at(-9, "leaked"), FOUND)),
        ((at(-9, "leaked"), FOUND), (at(0, "leaked"),), (at(-9, "leaked"), FOUND)),
        # People made it dead.
        ((FOUND, VERIFIED), (CONFIRMED,), (FOUND, VERIFIED, CONFIRMED)),
        # It works again, so somebody has switched it on, and it is stopped anew.
        (
            STORY,
            (at(8, "verified"), at(9, "disabled")),
            (*STORY, at(8, "restored"), at(8, "verified"), at(9, "disabled")),
        ),
        (
            (*STORY, at(7, "restored")),
            (at(8, "verified"),),
            (*STORY, at(7, "restored"), at(8, "verified")),
        ),
        # What a run saw before another one stopped the key is no news after it.
        (STORY, (VERIFIED,), STORY),
        # In one and the same second a key is stopped, and not switched on again.
        ((FOUND, at(4, "verified")), (CONFIRMED,), (FOUND, at(4, "verified"), CONFIRMED)),
        (STORY, (at(4, "verified"),), STORY),
        # What is dated after now is nobody's word, and holds up no story.
        (
            (FOUND, VERIFIED, at(10**6, "confirmed")),
            (at(9, "disabled"),),
            (FOUND, VERIFIED, at(9, "disabled")),
        ),
        # A key that works is used; one that was stopped is used again.
        ((FOUND, VERIFIED), (at(9, "used"),), (FOUND, VERIFIED)),
        (STORY, (at(9, "used"),), (*STORY, at(9, "used"))),
        ((), (at(9, "used"),), ()),
    ],
)
def test_what_happened_is_told_turn_by_turn(
    known: tuple[Milestone, ...], seen: tuple[Milestone, ...], after: tuple[Milestone, ...]
) -> None:
    once = together(Memory(milestones=known), Memory(milestones=seen))
    assert once.milestones == after
    assert together(once, Memory(milestones=seen)) == once


def test_however_often_a_key_is_switched_the_story_has_a_bound() -> None:
    memory = Memory(milestones=STORY)
    for day in range(1, 200):
        seen = (at(day * 100, "verified"), at(day * 100 + 1, "confirmed"))
        memory = together(memory, Memory(milestones=seen))
    assert len(memory.milestones) == MOST_MILESTONES
    assert memory.milestones[:4] == STORY
    assert memory.milestones[-1] == at(19_901, "confirmed")


@pytest.mark.parametrize(
    ("known", "seen", "after"),
    [
        ("", "working", "working"),
        ("working", "dead", "dead"),
        ("dead", "working", "working"),
        ("dead", "doubtful", "dead"),
        ("working", "doubtful", "working"),
        ("", "doubtful", "doubtful"),
        ("denied", "", "denied"),
    ],
)
def test_doubt_corrects_no_state(known: KeyState, seen: KeyState, after: KeyState) -> None:
    assert together(Memory(state=known), Memory(state=seen)).state == after


def test_a_credential_is_known_until_a_run_says_otherwise() -> None:
    known = Memory(account="1" * 12, credential="ACCA1")
    assert together(known, Memory()) == known
    assert together(known, Memory(account="1" * 12, credential="")).credential == ""


@given(MEMORIES)
def test_strangers_read_when_something_happened_and_not_where(memory: Memory) -> None:
    told = memory.outline
    assert told == Memory(milestones=told.milestones, state=memory.state)
    assert all(not each.repository and each.what != "leaked" for each in told.milestones)
    assert told.outline == told
