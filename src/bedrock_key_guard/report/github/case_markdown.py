"""Write the parts of a case in Markdown that the job summary and the issue share."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath
from textwrap import indent
from typing import TYPE_CHECKING
from urllib.parse import quote

from bedrock_key_guard.keys.fingerprint import short
from bedrock_key_guard.report.report import why_not_where
from bedrock_key_guard.report.terminal.details import (
    circumstances,
    identity,
    judgement,
    place,
    response,
    undo,
)
from bedrock_key_guard.report.totals import plural
from bedrock_key_guard.text.markdown import code, fenced, prose, table
from bedrock_key_guard.text.redaction import redact
from bedrock_key_guard.text.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bedrock_key_guard.model.case import Case
    from bedrock_key_guard.model.origins import Location
    from bedrock_key_guard.report.advice import Step
    from bedrock_key_guard.report.report import Visibility

LONGEST_COMMANDS = 8_000
"""Bytes; no key needs a tenth of it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Name the files behind a scan: a repository (`owner/name`) at a commit, on a server."""

    server_url: str
    repository: str
    commit: str


def known(case: Case) -> str:
    """Return the table of what is known of a key, what was found out, and what was done."""
    rows = chain(identity(case), judgement(case), response(case))
    cells = [(label.capitalize(), _value(label, value)) for label, value in rows]
    return table(("Key", case.incident.key.family.title), cells)


def undoing(case: Case) -> str:
    """Return how to take a change back, "" where nothing can."""
    commands = undo(case)
    how = f"To take the change back, with the ledger of that run:\n\n{_commands(commands)}"
    return how if commands else ""


def locations(case: Case, source: Source | None, most: int, budget: int) -> str:
    """Return the table of places, with links where `source` is known.

    It holds at most `most` rows and about `budget` bytes, and says how many are missing.
    """
    found = case.incident.locations
    lines = table(("Where", "Details"), (_place(each, source) for each in found[:most]))
    kept = within(lines.split("\n"), budget)
    missing = len(found) - max(0, len(kept) - 2)
    rest = [f"\nand {missing:,} more; the JSON report lists them all."] if missing else []
    return "\n".join((*kept, *rest))


def withheld(case: Case, visibility: Visibility | None) -> str:
    """Return why the places of a key are not told, and how its owners find them."""
    readers = (
        "anyone can read this" if visibility == "public" else "others may be able to read this"
    )
    number = len(case.incident.locations)
    return (
        f"Where it stands, in {plural(number, 'place')}, is not told here, because {readers} and "
        f"{why_not_where(case)}. To see it, run `bedrock-key-guard scan` in a clone and look "
        f"for fingerprint `{short(case.incident.fingerprint)}`."
    )


def listed(steps: Iterable[Step], bullet: str) -> str:
    """Return what people must still do as a list."""
    return "\n".join(chain.from_iterable(_step(step, bullet) for step in steps))


def within(lines: Iterable[str], budget: int) -> list[str]:
    """Return the first lines that take no more than `budget` bytes together."""
    kept, left = [], budget
    for line in lines:
        left -= len(line.encode()) + 1
        if left < 0:
            break
        kept.append(line)
    return kept


def _value(label: str, value: str) -> str:
    return code(value) if label in {"alias", "principal", "names"} else prose(value)


def _place(location: Location, source: Source | None) -> tuple[str, str]:
    text, link = code(place(location)), _link(location, source)
    around = prose(circumstances(location)) or "plain text"
    return (f"[{text}]({link})" if link else text), around


def _link(location: Location, source: Source | None) -> str | None:
    """Return the address of a line, where GitHub can have it."""
    path = PurePosixPath(location.path)
    if (  # no link leads to what must not be named
        source is None
        or not location.path
        or redact(location.path) != location.path
        or location.source == "stdin"
        or path.is_absolute()
        or ".." in path.parts
    ):
        return None
    file = quote(str(path).encode("utf-8", "surrogateescape"))
    blob = f"{quote(source.repository)}/blob/{quote(location.commit or source.commit)}"
    return f"{source.server_url}/{blob}/{file}#L{location.line}"


def _step(step: Step, bullet: str) -> Iterator[str]:
    more = f" [More]({step.link})" if step.link else ""
    yield f"{bullet} {prose(step.text)}{more}"
    if step.commands:
        # What belongs to an item of a list stands right of its marker: "-" or "1.".
        margin = " " * (len(bullet.split(maxsplit=1)[0]) + 1)
        yield indent(f"\n{_commands(step.commands)}\n", margin)


def _commands(commands: Sequence[str]) -> str:
    """Return commands as a block; half a command would do something else, so none is cut."""
    kept = within(map(printable, commands), LONGEST_COMMANDS)
    return fenced(kept if len(kept) == len(commands) else [*kept, "# the rest is in the report"])
