from __future__ import annotations

from typing import SupportsIndex

import pytest

from bedrock_key_guard.scan.matching.windows import WIDTHS, Lines
from tests.rows import each

KEY = "key"


class Window(bytes):
    """Note how far behind a place anybody looks for the end of its line."""

    looked: int = 0

    def find(
        self,
        sub: bytes | SupportsIndex,  # type: ignore[override]
        start: SupportsIndex | None = None,
        end: SupportsIndex | None = None,
        /,
    ) -> int:
        begin = int(start or 0)
        found = super().find(sub, begin, len(self) if end is None else end)
        stop = found if found >= 0 else len(self) if end is None else min(int(end), len(self))
        self.looked += stop - begin
        return found


@pytest.mark.parametrize("encoding", ["", "utf-16-le"])
def test_a_finding_on_a_long_line_costs_no_look_at_all_of_it(encoding: str) -> None:
    text = "-" * 200_000 + KEY + "-" * 2_000_000
    window, lines = Window(text.encode(encoding or "utf-8")), Lines(encoding)
    first = 200_000 * WIDTHS[encoding]
    for number in range(100):
        place = lines.place(window, 0, first + number * WIDTHS[encoding])
        assert place.column == 200_001 + number
    assert window.looked < 4 * len(window)


ON_IT, FOR_NEXT = "pragma: allowlist secret", "pragma: allowlist nextline secret"


@each("encoding", sorted(WIDTHS))
@each("behind", [0, 1, 1000, 5000, 200_000])
@each("newline", ["\n", "\r\n"])
def test_a_pragma_is_seen_wherever_it_stands_on_its_line(
    encoding: str, behind: int, newline: str
) -> None:
    before = f"first{newline}" + "-" * 10
    line = KEY + "-" * behind + f"  // {ON_IT}{newline}"
    for text, pragma in ((line, ON_IT), (line.replace("//", newline), None)):
        data = (before + text + "=" * 9000).encode(encoding or "utf-8")
        place = Lines(encoding).place(data, 0, len(before) * WIDTHS[encoding])
        assert (place.line, place.column, place.pragma) == (2, 11, pragma)


@each("encoding", sorted(WIDTHS))
@each("newline", ["\n", "\r\n"])
@each(
    ("before", "pragma"),
    [
        (f"# {FOR_NEXT}", FOR_NEXT),
        (f"\ufeff# {FOR_NEXT}", FOR_NEXT),
        ("-" * 9000 + f"\n# {FOR_NEXT}", FOR_NEXT),
        (f"# {FOR_NEXT}\n", None),
        (f"a = 1  # {FOR_NEXT}", None),
        ("-" * 9000 + f"# {FOR_NEXT}", None),
        ("-" * (4095 - len(f"# {FOR_NEXT}")) + f" # {FOR_NEXT}", None),
        (f"# {ON_IT}", None),
    ],
)
def test_a_pragma_for_the_next_line_is_for_that_line_alone(
    encoding: str, newline: str, before: str, pragma: str | None
) -> None:
    begin = before.replace("\n", newline) + newline
    data = (begin + KEY + newline + KEY).encode(encoding or "utf-8")
    lines = Lines(encoding)
    at = len(begin.encode(encoding or "utf-8"))
    assert lines.place(data, 0, at).pragma == pragma
    below = at + len((KEY + newline).encode(encoding or "utf-8"))
    assert lines.place(data, 0, below).pragma is None
