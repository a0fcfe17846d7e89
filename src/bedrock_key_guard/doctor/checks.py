"""Define what doctor says of one thing, and what all of it amounts to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable

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
