"""Define what setting up a repository comes to: what is written, and what is left to people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """Write a file, by its path from the top; `before` is None where there was none."""

    path: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class ByHand:
    """Leave a file to a person, who adds `text`, and say why."""

    path: str
    why: str
    text: str


@dataclass(frozen=True, slots=True)
class Unneeded:
    """Leave a file as it is, for it says already what it should."""

    path: str
    why: str


Step = Change | ByHand | Unneeded
