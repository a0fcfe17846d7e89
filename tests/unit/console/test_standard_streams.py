from __future__ import annotations

import io

import pytest

from bedrock_key_guard.console.standard_streams import has_colours, is_capable


class Stream(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize(
    ("terminal", "environment", "coloured"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "true", "TERM": "dumb"}, True),
        (False, {"FORCE_COLOR": "0"}, False),
        (False, {"FORCE_COLOR": ""}, False),
        (True, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_are_shown_where_they_can_be_and_are_wanted(
    terminal: bool, environment: dict[str, str], coloured: bool
) -> None:
    assert has_colours(Stream(terminal=terminal), environment) is coloured


@pytest.mark.parametrize(
    ("terminal", "environment", "capable"),
    [(True, {}, True), (True, {"TERM": "dumb"}, False), (False, {"FORCE_COLOR": "1"}, False)],
)
def test_a_bar_is_drawn_on_a_terminal_that_can(
    terminal: bool, environment: dict[str, str], capable: bool
) -> None:
    assert is_capable(Stream(terminal=terminal), environment) is capable
