from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.github.marker import (
    LONGEST_BODY,
    LONGEST_TITLE,
    WHERE,
    before_where,
    is_done,
    plain,
    read_marker,
    text_of,
    with_ticks,
    write_body,
    write_title,
)
from tests.unit.github.doubles import ONE, TWO

OWN = {"fingerprint": ONE}
TEXT = st.text(max_size=200)


@given(TEXT)
def test_a_body_comes_back_from_github_as_it_was_sent(text: str) -> None:
    body = write_body(OWN, text)
    assert plain(body) == body
    assert plain(body.replace("\n", "\r\n") + "\n") == body
    assert body.encode()


@given(TEXT)
def test_a_title_comes_back_from_github_as_it_was_sent(text: str) -> None:
    title = write_title(text)
    assert write_title(title) == title
    assert title == title.strip()
    assert "\n" not in title


@given(TEXT, st.dictionaries(st.from_regex(r"[a-z]{1,9}", fullmatch=True), st.just("1")))
def test_the_marker_is_read_as_it_was_written(text: str, fields: dict[str, str]) -> None:
    marker = {**fields, "fingerprint": ONE}
    assert read_marker(write_body(marker, text)) == marker


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ("", "", True),
        ("\r\n \n", "", True),
        ("", " \t", True),
        ("Hello. ", "", False),
        ("- \n", "", False),
        ("> ", "", False),
        ("```\n", "\n```", False),
        ("", " Hello.", False),
        ("", f" <!-- bedrock-key-guard:v1 fingerprint={TWO} -->", False),
    ],
)
def test_a_marker_counts_only_as_the_first_line(before: str, after: str, counts: bool) -> None:
    line, text = write_body(OWN, "x").split("\n", 1)
    body = f"{before}{line}{after}\n{text}"
    assert read_marker(body) == (OWN if counts else {})
    assert text_of(body) == ("x" if counts else plain(body))


@pytest.mark.parametrize("length", [LONGEST_BODY - 200, LONGEST_BODY, LONGEST_BODY * 3])
def test_a_body_is_as_long_as_github_takes_and_says_what_is_missing(length: int) -> None:
    body = write_body(OWN, "x" * length)
    assert len(body) <= LONGEST_BODY
    assert ("left out" in body) is (length >= LONGEST_BODY)
    assert read_marker(body) == OWN
    assert plain(body) == body


def test_what_is_left_of_a_file_name_that_is_not_utf_8_is_replaced() -> None:
    assert write_body(OWN, "a\udc80b").endswith("a?b")
    assert write_title("a\udc80b") == "a?b"


@pytest.mark.parametrize("text", ["", " \n", "\0"])
def test_there_is_always_a_title(text: str) -> None:
    assert write_title(text) == "Leaked credential"


def test_a_long_title_is_cut() -> None:
    assert len(write_title("word " * 100)) in {LONGEST_TITLE - 1, LONGEST_TITLE}


def test_a_marker_in_the_text_does_not_take_the_place_of_ours() -> None:
    foreign = write_body({"fingerprint": TWO, "closed": "1"}, "")
    assert read_marker(write_body(OWN, foreign)) == OWN


@pytest.mark.parametrize(
    ("body", "marker"),
    [
        (f"<!-- bedrock-key-guard:v1 fingerprint={ONE} -->", OWN),
        (f"<!-- bedrock-key-guard:v1 fingerprint={ONE} -->\r\nafter", OWN),
        (f"before\n<!-- bedrock-key-guard:v1 fingerprint={ONE} -->\nafter", {}),
        (f"<!-- bedrock-key-guard:v1 fingerprint={ONE} new=a/b,c -->", {**OWN, "new": "a/b,c"}),
        (f"<!-- bedrock-key-guard:v1 flag fingerprint={ONE} -->", {"flag": "", **OWN}),
        (f"<!-- bedrock-key-guard:v2 fingerprint={ONE} -->", {}),
        (f"<!-- bedrock-key-guard:v1 fingerprint={ONE[1:]} -->", {}),
        (f"<!-- bedrock-key-guard:v1 fingerprint={'A' * 64} -->", {}),
        (f"<!-- bedrock-key-guard:v1\nfingerprint={ONE} -->", {}),
        ("<!-- bedrock-key-guard:v1 -->", {}),
        ("", {}),
    ],
)
def test_only_a_whole_marker_counts(body: str, marker: dict[str, str]) -> None:
    assert read_marker(body) == marker


@given(TEXT)
def test_the_text_of_a_body_is_what_was_written(text: str) -> None:
    assert text_of(write_body(OWN, text)) == plain(text)


def test_boxes_that_people_ticked_stay_ticked_in_the_new_text() -> None:
    body = write_body(OWN, "- [x] rotate\n- [ ] purge\n- [x] gone since")
    new = "Changed.\n- [ ] rotate\n- [ ] purge\n- [ ] look"
    assert with_ticks(new, body) == "Changed.\n- [x] rotate\n- [ ] purge\n- [ ] look"


@pytest.mark.parametrize("text", ["", "A key.", "A key.\n\n- [ ] rotate"])
def test_the_part_that_says_where_a_key_stands_is_told_apart(text: str) -> None:
    assert before_where(text) == text
    assert before_where(f"{text}\n\n{WHERE}\n\nThere.\n{WHERE}\nand there".strip()) == text


@pytest.mark.parametrize(
    ("text", "done"),
    [("", True), ("- [x] a", True), ("- [ ] a", False), ("- [x] a\r\n- [ ] b", False)],
)
def test_work_is_done_when_no_box_is_left(text: str, done: bool) -> None:
    assert is_done(text) is done
