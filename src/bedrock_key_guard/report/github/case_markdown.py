"""Write the parts of a case in Markdown that the job summary and the issue share."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from textwrap import indent
from typing import TYPE_CHECKING
from urllib.parse import quote

from bedrock_key_guard.model.remembered import Sighting
from bedrock_key_guard.report.details import (
    known_since,
    path_in_tree,
    place,
    surroundings,
    withheld,
)
from bedrock_key_guard.report.document import Chart, Items, Table
from bedrock_key_guard.report.facts import facts
from bedrock_key_guard.report.report import (
    USERS_NOT_NAMED,
    and_more,
    may_name_places,
    may_name_users,
)
from bedrock_key_guard.report.usage_sections import usage_sections
from bedrock_key_guard.text.harmless import clip, code, fenced, printable, prose, table
from bedrock_key_guard.text.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.model.origins import Location
    from bedrock_key_guard.report.document import Item, Row, Section
    from bedrock_key_guard.report.report import Visibility

LONGEST_USE = 24_000
"""Bytes: an issue takes 65,536 characters, and says more than who used a key."""

LONGEST_CODE = 8_000
"""Bytes; no key needs a tenth of it."""

MOST_VALUES = 5


@dataclass(frozen=True, slots=True)
class ScannedCode:
    """Name what is behind a scan: a repository (`owner/name`) on a server, and code at a commit.

    `code` is the repository of that code, where it is another one, and "" where nobody knows which.
    `top` is the folder that its files are in, "" for the current one.
    """

    server_url: str
    repository: str
    commit: str
    code: str | None = None
    top: str = ""

    def repository_of(self, location: Location) -> str:
        """Return the repository of a place, "" where it is not known."""
        if location.repository:
            return location.repository
        of_code = self.repository if self.code is None else self.code
        return self.repository if location.source == "event" else of_code


def known(case: Case, visibility: Visibility) -> str:
    """Return the table of what is known of a key, what was found out, and what was done."""
    rows = facts(case, named=may_name_places(case, visibility), lasting=True)
    cells = [(label.capitalize(), _value(label, value)) for label, value in rows]
    return table(("Key", case.incident.key.family.title), cells)


def used(case: Case, visibility: Visibility) -> str:
    """Return what a key opened and who used it, "" where nobody has asked, or why it is not shown.

    It is the same as long as CloudTrail says the same: it does not say when it was asked.
    """
    if case.usage is None:
        return ""
    title = "### What was done with it"
    if not may_name_users(visibility):
        return f"{title}\n\n{USERS_NOT_NAMED}"
    sections = usage_sections(case, 3, MOST_VALUES, lasting=True)
    parts = [title, *filter(None, map(_section, sections))]
    kept = within(parts, LONGEST_USE, apart=2)
    cut = ["There is more; the JSON report has it."] if len(kept) < len(parts) else []
    return "\n\n".join((*kept, *cut))


def titled(sections: Iterable[Items]) -> str:
    """Return sections under headings of their own."""
    parts = (f"### {prose(each.title)}\n\n{listed(each.items)}" for each in sections)
    return "\n\n".join(parts)


def places(
    case: Case, visibility: Visibility, source: ScannedCode | None, most: int, budget: int
) -> str:
    """Return the table of places, with links where `source` is known, or why they are not named.

    It holds at most `most` rows and about `budget` bytes, and says how many are missing.
    """
    if not may_name_places(case, visibility):
        return withheld(case)
    return place_table(sightings(case, source), source, most, budget)


def sightings(case: Case, source: ScannedCode | None) -> tuple[Sighting, ...]:
    """Return where a key was seen: what people are told of it in an issue."""
    return tuple(_sighting(each, source) for each in case.incident.locations)


def place_table(
    found: Sequence[Sighting], source: ScannedCode | None, most: int, budget: int
) -> str:
    """Return the table of what was seen, wherever: of another repository than `source` it is said.

    It holds at most `most` rows and about `budget` bytes, and says how many are missing.
    """
    lines = table(("Where", "Details"), (_row(each, source) for each in found[:most]))
    return cut(lines, budget, "place", len(found))


def listed(items: Iterable[Item], bullet: str = "-") -> str:
    """Return a list."""
    return "\n".join(chain.from_iterable(_item(item, bullet) for item in items))


def within(parts: Iterable[str], budget: int, apart: int = 1) -> list[str]:
    """Return the first parts that take no more than `budget` bytes with what keeps them apart."""
    kept, left = [], budget
    for part in parts:
        left -= len(part.encode()) + apart
        if left < 0:
            break
        kept.append(part)
    return kept


def cut(lines: str, budget: int, noun: str, total: int | None = None) -> str:
    """Return the lines that fit, and how many things are missing then.

    Each line is a thing, or the lines are a table that may hold only the first of a `total`.
    """
    whole = lines.split("\n")
    kept = within(whole, budget)
    missing = len(whole) - len(kept) if total is None else total - max(0, len(kept) - 2)
    rest = and_more(missing, noun)
    return "\n".join((*kept, *([f"\n{rest}."] if rest else [])))


def _section(section: Section) -> str:
    """Return a section; a drawing is for wider pages."""
    if isinstance(section, Chart):
        return ""
    if isinstance(section, Table):
        return as_table(section)
    body = listed(section.items) if isinstance(section, Items) else _rows(section.rows)
    return f"{prose(section.title)}:\n\n{body}"


def _rows(rows: Iterable[Row]) -> str:
    header, *others = ((label.capitalize(), prose(value)) for label, value in rows)
    return table(header, others)


def as_table(wanted: Table) -> str:
    """Return a table of a report."""
    header = [each.capitalize() for each in (wanted.title, *wanted.columns)]
    body = table(header, ((code(name), *others) for name, *others in wanted.rows))
    return f"{body}\n\n{wanted.more}" if wanted.more else body


def _value(label: str, value: str) -> str:
    return code(value) if label in {"alias", "principal", "signer", "names"} else prose(value)


def _sighting(location: Location, source: ScannedCode | None) -> Sighting:
    path, repository = _linked(location, source), source.repository_of(location) if source else ""
    return Sighting(
        repository=repository,
        place=clip(printable(place(location))),
        inside=clip(printable(surroundings(location))),
        commit=_commit(location, source) if source and path and not location.page else "",
        path=path,
        line=location.line,
        since=location.commit or "",
        gone=location.at_tip is False,
    )


def _row(sighting: Sighting, source: ScannedCode | None) -> tuple[str, str]:
    text, link = code(sighting.place), _link(sighting, source)
    own = source.repository if source else ""
    other = f"{code(sighting.repository)}: " if sighting.repository not in ("", own) else ""
    words = (known_since(sighting.since, gone=sighting.gone), sighting.inside)
    around = prose(", ".join(filter(None, words))) or "plain text"
    return f"{other}[{text}]({link})" if link else f"{other}{text}", around


def _linked(location: Location, source: ScannedCode | None) -> str:
    """Return the path to a place, where GitHub can have it."""
    if source is None:
        return ""
    if location.source == "event":
        return location.page if redact(location.path) == location.path else ""
    if not source.repository_of(location) or not _commit(location, source):
        return ""
    return path_in_tree(location, source.top)


def _commit(location: Location, source: ScannedCode) -> str:
    """Return the commit that has a file as it was read: not the one that first had a key in it."""
    return (location.source != "working-tree" and location.commit) or source.commit


def _link(sighting: Sighting, source: ScannedCode | None) -> str | None:
    """Return the address of a line or a page; what an issue remembers may be anybody's text."""
    if source is None or not sighting.path:
        return None
    repository = f"{source.server_url}/{quote(sighting.repository)}"
    if not sighting.commit:
        return f"{repository}/{quote(sighting.path, safe='/%#')}"
    path = quote(sighting.path, safe="/%")
    return f"{repository}/blob/{quote(sighting.commit)}/{path}#L{sighting.line}"


def _item(item: Item, bullet: str) -> Iterator[str]:
    # What belongs to an item of a list begins right of its marker: "-" or "1.".
    margin = " " * (len(bullet.split(maxsplit=1)[0]) + 1)
    more = f" [More]({item.link})" if item.link else ""
    yield f"{bullet} {prose(item.text)}{more}"
    yield from (f"{margin}- {prose(line)}" for line in item.lines)
    if item.code:
        yield indent(f"\n{_block(item.code, item.language)}\n", margin)


def _block(lines: Sequence[str], language: str = "sh") -> str:
    """Return lines as a block; half a command would do something else, so none is cut."""
    kept = within(map(printable, lines), LONGEST_CODE)
    rest = [] if len(kept) == len(lines) else ["# the rest is in the report"]
    return fenced([*kept, *rest], language)
