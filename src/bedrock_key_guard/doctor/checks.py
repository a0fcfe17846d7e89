"""Define what doctor says of one thing, and show all of it: as a table for people, or as JSON.

doctor-v1.json says what each field of the JSON means.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal, get_args

from bedrock_key_guard import __version__
from bedrock_key_guard.report.json.encode import encode
from bedrock_key_guard.text.harmless import (
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
    from collections.abc import Iterable, Iterator, Sequence

Subject = Literal[
    "python", "git", "hooks", "aws", "permissions", "quarantine", "bedrock", "github", "clock"
]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)
OFFLINE: tuple[Subject, ...] = ("python", "git", "hooks")
"""What is found out without the network."""

State = Literal["works", "lacks", "wrong", "unknown"]
"""A thing works; a credential or a permission lacks; something is wrong; nobody could find out."""

_EXIT_CODES: dict[State, int] = {"lacks": 3, "wrong": 2, "unknown": 4, "works": 0}


@dataclass(frozen=True, slots=True)
class Check:
    """Say of one thing whether it works.

    `said` is a sentence; for what is `unknown` it is the reason. `mend` is the line that mends it,
    "" where it works or nobody can say. `missing` names the permissions that lack, `untold` those
    of which nobody could find out whether they do. `account` is the one that it is about, "" for
    that of the credentials in use.
    """

    subject: Subject
    name: str
    state: State
    said: str
    mend: str = ""
    missing: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    account: str = ""


def exit_code(checks: Iterable[Check]) -> int:
    """Return 0 where all that was asked works.

    Otherwise 3 where a credential or a permission lacks, else 2 where something is wrong, else 4
    where something could not be found out.
    """
    found = {check.state for check in checks}
    return next((code for state, code in _EXIT_CODES.items() if state in found), 0)


SCHEMA_VERSION = 1


def as_checks_json(checks: Sequence[Check]) -> str:
    """Return the checks as JSON, ASCII throughout, with a line break at the end."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "bedrock-key-guard", "version": __version__},
        "exit_code": exit_code(checks),
        "checks": tuple(checks),
    }
    text = json.dumps(encode(document, {}), indent=2).replace("##[", r"#\u0023[")
    return text + "\n"


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
