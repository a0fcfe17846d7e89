from __future__ import annotations

from typing import SupportsIndex

import pytest

from bedrock_key_guard.scan.matching.lines import WIDTHS, Lines

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


@pytest.mark.parametrize("encoding", sorted(WIDTHS))
@pytest.mark.parametrize("behind", [0, 1, 1000, 4096, 5000])
def test_the_text_around_a_place_ends_with_its_line(encoding: str, behind: int) -> None:
    width = WIDTHS[encoding]
    before = "first\n" + "-" * 10
    data = (before + KEY + "-" * behind + "\n" + "=" * 9000).encode(encoding or "utf-8")
    place = Lines(encoding).place(data, 0, len(before) * width)
    line = ("-" * 10 + KEY + "-" * behind).encode(encoding or "utf-8")
    assert (place.line, place.column) == (2, 11)
    assert place.text == line[: 10 * width + 4096]
