from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.scan.prefilter import may_hold_key
from tests import keysmith
from tests.contexts import ISSUED_AT
from tests.rows import each

KEYS = (keysmith.long_term("bob"), keysmith.short_term(issued_at=ISSUED_AT))
Show = Callable[[int, str], str]


def _keyed(form: str) -> Show:
    """Show the first piece behind the name of the key."""
    return lambda number, piece: form.format(number, ("key=" if number == 8 else "") + piece)


# How a program or a person shows a line that begins with a piece, by the number of the line.
GUTTERS: dict[str, Show] = {
    "grep -n": _keyed("{}:{}"),
    "cat -n": "{:6}\t{}".format,
    "git blame": "1a2b3c4d (A. Person 2026-11-18 10:00:00 +0000 {:3}) {}".format,
    "quotes in a mail": lambda _, piece: f"> > {piece}",
    "a log": "2026-11-18T10:00:{:02}.123Z app[1]: {}".format,
    "a box": lambda _, piece: f"\N{BOX DRAWINGS LIGHT VERTICAL} {piece:<60} |",
    "a table": lambda number, piece: f"| {'key' if number == 8 else '':8} | {piece:<60} |",
    "offsets": lambda number, piece: f"{60 * number:08x}  {piece}",
    "events of a server": lambda _, piece: f"data: {piece}",
    "lines of JSON": lambda number, piece: f'{{"n": {number}, "d": "{piece}"}}',
    "a shell, added": lambda number, piece: f"K{'+' if number > 8 else ''}={piece}",
    "a diff in a mail": lambda _, piece: f"> +    {piece}",
    "comments in a batch file": lambda _, piece: f"REM {piece}",
    "echo": lambda _, piece: f"echo -n {piece} >> key",
    "dots behind what was cut": lambda _, piece: f"12:{piece}...",
}


def shown(show: Show, pieces: Sequence[str], tail: str = "") -> bytes:
    lines = [show(number, piece) for number, piece in enumerate(pieces, 8)]
    return "\n".join(["first", *lines, f"the end{tail}", ""]).encode()


def cut(key: str, width: int) -> list[str]:
    return [key[begin : begin + width] for begin in range(0, len(key), width)]


@each("width", [30, 60, 100])
@each("gutter", GUTTERS)
@each("key", KEYS)
def test_a_key_over_lines_is_found_whatever_stands_around_its_pieces(
    key: str, gutter: str, width: int
) -> None:
    data = shown(GUTTERS[gutter], cut(key, width))
    assert may_hold_key(data)
    (match,) = matches(data)
    assert match.confidence == "exact"
    assert match.key.fingerprint == keysmith.fingerprint_of(key)
    assert match.offset == data.index(key[:10].encode())
    assert match.encodings == ("gutter",)


# How a program colours the lines that it shows.
COLOURED: dict[str, Show] = {
    "bat": lambda number, piece: (
        f"\x1b[38;5;238m{number if number == 8 else '':4}\x1b[0m   \x1b[38;5;238m"
        f"\N{BOX DRAWINGS LIGHT VERTICAL}\x1b[0m \x1b[38;5;186m{piece}\x1b[0m"
    ),
    "grep --color -n": lambda number, piece: (
        f"\x1b[32m{number}\x1b[m\x1b[36m:\x1b[m\x1b[1m{piece}\x1b[m"
    ),
    "a highlighter": lambda number, piece: (
        f'<span class="n">{number:3} </span><span>{piece}</span>'
    ),
}


@pytest.mark.parametrize("width", [40, 62])
@pytest.mark.parametrize("gutter", COLOURED)
@pytest.mark.parametrize("key", KEYS, ids=["long-term", "short-term"])
def test_colours_and_tags_may_stand_in_what_is_before_each_piece(
    key: str, gutter: str, width: int
) -> None:
    (match,) = matches(shown(COLOURED[gutter], cut(key, width)))
    assert match.confidence == "exact"
    assert match.key.fingerprint == keysmith.fingerprint_of(key)
    assert match.encodings[-1] == "gutter"


def test_pieces_of_another_shape_are_no_part_of_a_key() -> None:
    first, *others = cut(KEYS[0], 40)
    lines = [f"1: {first}", f"2: {others[0]}", *(f"other {each}" for each in others[1:])]
    assert [each.confidence for each in matches("\n".join(lines).encode())] != ["exact"]


def test_a_key_that_was_begun_ends_where_the_next_begins() -> None:
    pieces = cut(KEYS[0], 40)
    data = shown("{}: {}".format, [pieces[0], *pieces, "an end"])
    (match,) = (each for each in matches(data) if each.confidence == "exact")
    assert match.offset == data.rindex(pieces[0].encode())
