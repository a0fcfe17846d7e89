"""Say how a person goes on from a run: with the same source, paths and options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.report.advice import Further
from bedrock_key_guard.text.shell_words import command_line
from bedrock_key_guard.text.terminal import shown

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

_REPORT = "--output"
_BEFORE_OTHERS = ("scan", "verify")  # their options are options of what follows them


def further(arguments: argparse.Namespace) -> Further:
    """Return the words with which the next command begins where `scan` or `verify` began.

    The next report takes no place of this one.
    """
    command, *words = arguments.words
    if command not in _BEFORE_OTHERS:
        return Further()
    line = command_line(_without_output(words))
    rest = line if shown(line) == line else ""  # what cannot be shown as it is helps nobody
    return Further(rest, may_respond=command == "verify")


def _without_output(words: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(words):
        if words[at] == "--":
            yield from words[at:]
            return
        if words[at] == _REPORT:
            at += 1
        elif not words[at].startswith(f"{_REPORT}="):
            yield words[at]
        at += 1
