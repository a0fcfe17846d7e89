"""Write what doctor says as a table for people: what works, what does not, the line that mends."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from bedrock_key_guard.text.terminal import (
    BOLD,
    DIM,
    GREEN,
    PLAIN,
    RED,
    YELLOW,
    Canvas,
    shown,
    uncoloured,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bedrock_key_guard.doctor.checks import Check, State, Subject

_TITLES: dict[Subject, str] = {
    "python": "Python",
    "git": "Git",
    "hooks": "Hooks",
    "aws": "AWS identity",
    "permissions": "Permissions, by feature",
    "quarantine": "Quarantine policy",
    "bedrock": "Bedrock's planes",
    "github": "GitHub",
    "clock": "Clock",
}
_COLOURS: dict[State, str] = {"works": GREEN, "lacks": RED, "wrong": RED, "unknown": YELLOW}
_STATE, _LONGEST_NAME, _MEND = 9, 32, "mend it:"


def as_table(checks: Sequence[Check], *, colour: bool = False, canvas: Canvas | None = None) -> str:
    """Return the table, a block for each subject, and how much of it works.

    Sentences are as wide as `canvas`; the lines that mend, which people copy, are never broken.
    """
    page = canvas or Canvas()
    longest = max((len(_name(check)) + 2 for check in checks), default=0)
    width = max(min(longest, _LONGEST_NAME), len(_MEND) + 1)
    blocks = [
        [
            f"{BOLD}{_TITLES[subject]}{PLAIN}",
            *(line for check in some for line in _rows(check, width, page)),
        ]
        for subject, some in groupby(checks, lambda check: check.subject)
    ]
    text = "\n\n".join("\n".join(block) for block in [*blocks, [_total(checks)]])
    return (text if colour else uncoloured(text)) + "\n"


def _rows(check: Check, width: int, canvas: Canvas) -> Iterator[str]:
    indent = 2 + _STATE + width
    state = f"{_COLOURS[check.state]}{check.state:<{_STATE}}{PLAIN}"
    yield f"  {state}{_name(check):<{width}}{wrapped(check.said, indent, canvas)}"
    if check.mend:
        yield f"{' ' * (2 + _STATE)}{DIM}{_MEND:<{width}}{PLAIN}{shown(check.mend)}"


def _name(check: Check) -> str:
    return shown(f"{check.name} in {check.account}" if check.account else check.name)


def _total(checks: Sequence[Check]) -> str:
    """Count what works and what does not."""
    counts = {state: sum(check.state == state for check in checks) for state in _COLOURS}
    of_all = f"{counts['works']} of {len(checks)}"
    said: dict[State, tuple[str, str]] = {
        "works": (f"{of_all} works", f"{of_all} work"),
        "lacks": ("1 lacks a credential or a permission", "{} lack a credential or a permission"),
        "wrong": ("1 is wrong", "{} are wrong"),
        "unknown": ("1 could not be found out", "{} could not be found out"),
    }
    shown_states = [state for state in counts if counts[state] or state == "works"]
    words = [said[state][counts[state] != 1].format(counts[state]) for state in shown_states]
    return f"{BOLD}{', '.join(words)}.{PLAIN}"
