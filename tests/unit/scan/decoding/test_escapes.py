from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.scan.decoding import escapes
from bedrock_key_guard.scan.matching import key_parser
from tests import keysmith
from tests.contexts import ISSUED_AT
from tests.hiding.encodings import BLOCKS, MARKS
from tests.hiding.hidden import Hidden, hide, text
from tests.rows import each

KEYS = (keysmith.long_term("bob"), keysmith.short_term(issued_at=ISSUED_AT))


def plain(hidden: Hidden) -> Hidden:
    return hidden


def in_json(hidden: Hidden) -> Hidden:
    """Write as a string of JSON, with every character that is not ASCII escaped."""
    written = json.dumps({"key": hidden.data.decode()}).encode()
    begun = hidden.data[: hidden.at].decode()
    return Hidden(written, len(json.dumps({"key": begun})) - len('"}'))


@each("around", [plain, in_json, BLOCKS["base64"]])
@each("mark", MARKS)
@each("key", KEYS)
def test_a_key_is_found_whatever_marks_nobody_sees(
    key: str, mark: str, around: Callable[[Hidden], Hidden]
) -> None:
    hidden = hide(key, MARKS[mark], text("\N{BULLET} first\nkey: ", "\nlast\n"), around)
    (match,) = (each for each in matches(hidden.data) if each.confidence == "exact")
    assert match.key.fingerprint == keysmith.fingerprint_of(key)
    assert match.offset == hidden.at


@pytest.mark.parametrize("mark", ["bold letters of HTML", "colours of a terminal"])
def test_a_prefix_of_its_own_colour_is_found(mark: str) -> None:
    marked = hide(KEYS[0], MARKS[mark]).data.replace(b"ABSK", b"\x1b[01;31m\x1b[KABSK\x1b[m", 1)
    (match,) = matches(marked)
    assert match.confidence == "exact"


def test_a_hyphen_of_a_prefix_may_be_escaped() -> None:
    (match,) = matches(KEYS[1].replace("-", "\\-", 3).encode())
    assert match.confidence == "exact"


@pytest.mark.parametrize(
    "pattern",
    [escapes._TOKEN, key_parser._DECODED, *key_parser._UNKNOWN],
    ids=["token", "decoded", "unknown", "long unknown"],
)
def test_what_is_put_to_all_of_a_text_looks_for_one_letter_first(
    pattern: re.Pattern[bytes],
) -> None:
    # A set, or what has to stand before, is asked about at every byte, which takes far longer.
    branches = re.split(rb"\n +\| ", pattern.pattern.strip())
    assert [branch for branch in branches if branch.startswith((b"(", b"["))] == []
