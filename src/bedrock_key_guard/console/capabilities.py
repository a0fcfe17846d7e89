"""Decide what a stream can show, and whether a person is there to answer: here, and nowhere else.

The variables are those of https://no-color.org, https://force-color.org and terminfo(5); they win
over each other as in Python's own messages ("Controlling color" in its documentation).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO = ("", "0", "false")


def has_colours(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Return whether what goes to `stream` is coloured."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "").lower() not in _NO:
        return True
    return is_capable(stream, environment)


def is_capable(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Return whether `stream` is a terminal on which a line can be drawn again."""
    return stream.isatty() and environment.get("TERM") != "dumb"


def in_ci(environment: Mapping[str, str]) -> bool:
    """Return whether this is a job of CI, whose log people read later."""
    return environment.get("CI", "").lower() not in _NO


def somebody_is_there() -> bool:
    """Return whether a person can read a question on standard error, and answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()
