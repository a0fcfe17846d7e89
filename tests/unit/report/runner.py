"""Read lines of a log as the runner of GitHub Actions does (actions/runner, ActionCommand.cs)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_V2 = re.compile(r"\s*::(?P<head>.*?)::(?P<message>.*)", re.DOTALL)
_V1 = re.compile(r"##\[(?P<head>[^\]]*)\]")


@dataclass(frozen=True)
class Command:
    name: str
    properties: dict[str, str]
    message: str


def lines(log: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", log)


def command_in(line: str) -> Command | None:
    """Return the command that a line is, of either of the two syntaxes that runners obey."""
    found = _V2.fullmatch(line)
    if found is None:
        old = _V1.search(line)
        return Command(old["head"], {}, "") if old else None
    name, _, listed = found["head"].partition(" ")
    pairs = (part.partition("=") for part in listed.split(",") if part)
    properties = {key: _unescaped(value) for key, _, value in pairs}
    return Command(name, properties, _unescaped(found["message"]))


def _unescaped(text: str) -> str:
    for code, letter in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, letter)
    return text
