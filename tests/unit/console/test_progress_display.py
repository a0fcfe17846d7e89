from __future__ import annotations

import io
import sys
from dataclasses import dataclass

import pytest

from bedrock_key_guard.console.progress_display import (
    BETWEEN_LINES,
    FIRST_ON_A_TERMINAL,
    Sum,
    watching,
)
from bedrock_key_guard.scan.source import silent


class Screen(io.StringIO):
    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


TERMINAL, CI = {"TERM": "xterm-256color"}, {"CI": "true"}


@pytest.mark.parametrize(
    ("is_terminal", "environment", "is_shown"),
    [
        (True, TERMINAL, True),
        (True, {"TERM": "dumb"}, True),
        (True, CI, True),
        (False, CI, True),
        (False, {"CI": "1"}, True),
        (False, {}, False),
        (False, {"CI": ""}, False),
        (False, {"CI": "false"}, False),
    ],
)
def test_progress_is_shown_to_people_and_in_logs_of_ci_alone(
    is_terminal: bool, environment: dict[str, str], is_shown: bool
) -> None:
    screen, clock = Screen(is_terminal=is_terminal), Clock()
    with watching(screen, environment, clock=clock) as progress:
        clock.now += 3600
        progress(objects=5, size=2_500_000, findings=1)
        assert (progress is silent) is not is_shown
    assert bool(screen.getvalue()) is is_shown


@pytest.mark.parametrize(
    ("is_terminal", "environment", "first"),
    [(True, TERMINAL, FIRST_ON_A_TERMINAL), (False, CI, BETWEEN_LINES)],
)
def test_nothing_is_shown_of_a_short_scan(
    is_terminal: bool, environment: dict[str, str], first: float
) -> None:
    screen, clock = Screen(is_terminal=is_terminal), Clock()
    with watching(screen, environment, clock=clock) as progress:
        clock.now += first - 0.01
        progress(objects=1_000_000)
    assert screen.getvalue() == ""


def test_a_line_is_followed_by_none_for_a_while() -> None:
    screen, clock = Screen(is_terminal=False), Clock()
    with watching(screen, CI, clock=clock) as progress:
        for _ in range(70):
            clock.now += 0.5
            progress(objects=1, size=1000)
    assert screen.getvalue().splitlines() == [
        f"Scanning: {number} objects, {number}.0 kB, 0 findings" for number in (20, 40, 60)
    ]


def test_a_bar_goes_away_in_the_end() -> None:
    screen, clock = Screen(is_terminal=True), Clock()
    with watching(screen, TERMINAL, clock=clock) as progress:
        clock.now += 2
        progress(expected=10_000_000, objects=7, size=4_000_000, findings=2)
    shown = screen.getvalue()
    assert "7 objects, 4.0 MB of 10.0 MB (40 %), 2 findings" in shown
    # The line is cleared, and the cursor is shown again.
    assert "\x1b[2K" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


@pytest.mark.parametrize("codec", ["cp437", "cp1252", "ascii"])
def test_a_bar_has_letters_that_the_console_has(codec: str) -> None:
    class Console(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    raw, clock = io.BytesIO(), Clock()
    screen = Console(raw, codec, errors="backslashreplace")
    with watching(screen, TERMINAL, clock=clock) as progress:
        clock.now += 2
        progress(expected=10_000_000, objects=7, size=4_000_000, findings=2)
    screen.flush()
    assert b"7 objects, 4.0 MB of 10.0 MB" in raw.getvalue()
    assert b"\\u" not in raw.getvalue()


def test_without_rich_there_are_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    screen, clock = Screen(is_terminal=True), Clock()
    with watching(screen, TERMINAL, clock=clock) as progress:
        clock.now += 2
        progress(objects=7)
    assert screen.getvalue() == "Scanning: 7 objects, 0 bytes, 0 findings\n"


def test_a_stream_that_fails_stops_no_scan() -> None:
    class Broken(Screen):
        def write(self, text: str, /) -> int:
            raise BrokenPipeError

    clock = Clock()
    with watching(Broken(is_terminal=False), CI, clock=clock) as progress:
        clock.now += 60
        progress(objects=1)
        progress(objects=1)


@pytest.mark.parametrize(
    ("so_far", "words"),
    [
        (Sum(), "0 objects, 0 bytes, 0 findings"),
        (Sum(1, 1, 1, 1), "1 object, 1 byte, 1 finding"),
        (Sum(2_000_000, 1_234, 1_000_000, 2), "1,234 objects, 1.0 MB of 2.0 MB (50 %), 2 findings"),
        (Sum(1_000, 2, 2_000, 0), "2 objects, 2.0 kB, 0 findings"),
    ],
)
def test_a_sum_is_said_in_words(so_far: Sum, words: str) -> None:
    assert str(so_far) == words
