"""Hold what a report says, apart from how it looks: every output lays the same sections out.

All text in a section may be untrusted: each output makes it harmless in its own way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bedrock_key_guard.model.usage import Usage

Row = tuple[str, str]
"""A label and its value."""


@dataclass(frozen=True, slots=True)
class Item:
    """Hold a sentence, and what belongs to it: more lines, code to copy, a page that says more.

    A `general` item reads the same for every key.
    """

    text: str
    lines: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    language: str = "sh"
    link: str | None = None
    general: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """Hold labels and their values."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """Hold a list."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Hold columns: the first one has the title above it, the others hold numbers and times."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Hold the calls that are drawn over time, where an output can draw them."""

    usage: Usage


Section = Rows | Items | Table | Chart
