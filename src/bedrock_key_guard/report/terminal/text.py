"""Write a report for a person at a terminal, or in the log of a run."""

from __future__ import annotations

from itertools import chain
from textwrap import wrap
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import short
from bedrock_key_guard.report.across_repositories import across_repositories
from bedrock_key_guard.report.advice import Further, afterwards, particular
from bedrock_key_guard.report.call_chart import bars
from bedrock_key_guard.report.details import circumstances, place, undoing, unscanned, withheld
from bedrock_key_guard.report.document import Chart, Item, Items, Section, Table
from bedrock_key_guard.report.facts import facts
from bedrock_key_guard.report.job import statement
from bedrock_key_guard.report.replacement import replacements
from bedrock_key_guard.report.report import (
    USERS_NOT_NAMED,
    Report,
    Visibility,
    and_more,
    may_name_places,
    may_name_users,
    totals,
)
from bedrock_key_guard.report.status import Level, words, worst_first
from bedrock_key_guard.report.usage_sections import usage_sections
from bedrock_key_guard.text.harmless import (
    BOLD,
    DIM,
    GREEN,
    PLAIN,
    RED,
    YELLOW,
    Canvas,
    for_shell,
    shown,
    uncoloured,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.report.document import Row

MOST_PLACES = 20

_LABEL_WIDTH = 12
_LONGEST_NAME = 44
_COLOURS: dict[Level, str] = {"alarm": RED, "warning": YELLOW, "success": GREEN, "note": BOLD}
# As wide as the longest word for what was not scanned, and a space.
_LABEL = 10


def as_text(
    report: Report,
    *,
    colour: bool = False,
    visibility: Visibility | None = None,
    canvas: Canvas | None = None,
    further: Further | None = None,
) -> str:
    """Return the report as lines of text, the worst first, the totals last.

    `visibility` says who else reads it: the log of a run in a public repository is public. Nothing
    in the text can drive a terminal, and no line of it is a workflow command. Sentences are as wide
    as `canvas`; paths and commands, which people copy, are never broken. `further` says how the
    reader goes on from this run.
    """
    page = canvas or Canvas()
    steps = afterwards(report.cases)
    shows_all = report.is_of_many and may_name_users(visibility)
    across = across_repositories(report) if shows_all else ()
    instead = replacements((case, may_name_places(case, visibility)) for case in report.cases)
    blocks = [
        *(list(_section(table, page)) for table in across),
        *(_case(case, visibility, page, further) for case in worst_first(report.cases)),
        [f"{BOLD}Afterwards{PLAIN}", *_items(steps, page)] if steps else [],
        *([f"{BOLD}{each.title}{PLAIN}", *_items(each.items, page)] for each in instead),
        _not_scanned(report, visibility, page),
        [f"{kind}: {shown(remark)}" for kind, remark in report.remarks],
        [shown(statement(report, visibility))] if report.job else [],
        [f"{BOLD}{totals(report)}{PLAIN}"],
    ]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return (text if colour else uncoloured(text)) + "\n"


def _case(
    case: Case, visibility: Visibility | None, canvas: Canvas, further: Further | None
) -> list[str]:
    step, *left = particular(case, further) or (None,)
    sections = (*undoing(case), *([Items("What is left to do", tuple(left))] if left else ()))
    blocks = (
        _rows_of(case, visibility, canvas),
        *_usage(case, visibility, canvas),
        *(_section(each, canvas) for each in sections),
    )
    apart = (line for block in blocks if (lines := list(block)) for line in ("", *lines))
    return [*_headline(case, step, canvas), *apart]


def _headline(case: Case, step: Item | None, canvas: Canvas) -> Iterator[str]:
    """Write the state of a key now, and the one next step."""
    now, incident = words(case), case.incident
    title = f"{incident.key.family.title}, fingerprint {short(incident.fingerprint)}"
    yield f"{_COLOURS[now.level]}{now.name.upper()}{PLAIN}  {BOLD}{title}{PLAIN}"
    yield f"  {wrapped(now.sentence, 2, canvas)}"
    if step is not None:
        yield from _item(step, canvas, bullet="")


def _rows_of(case: Case, visibility: Visibility | None, canvas: Canvas) -> Iterator[str]:
    named = may_name_places(case, visibility)
    if named:
        yield from _places(case)
    else:
        yield from _rows([("where", withheld(case))], canvas)
    yield from _rows(facts(case, named=named), canvas)
    if case.issue_url:
        yield _label("issue", shown(case.issue_url))


def _places(case: Case) -> Iterator[str]:
    locations = case.incident.locations
    for number, location in enumerate(locations[:MOST_PLACES]):
        around = circumstances(location)
        where = f"{place(location)} ({around})" if around else place(location)
        yield _label("and" if number else "where", shown(where))
    if more := and_more(len(locations) - MOST_PLACES, "place"):
        yield _label("", more)


def _usage(case: Case, visibility: Visibility | None, canvas: Canvas) -> Iterator[Iterable[str]]:
    if case.usage is None:
        return
    if may_name_users(visibility):
        yield from (_section(section, canvas) for section in usage_sections(case))
    else:
        yield [f"  {wrapped(USERS_NOT_NAMED, 2, canvas)}"]


# ── sections ────────────────────────────────────────────────────────────────────────────────────


def _section(section: Section, canvas: Canvas) -> Iterable[str]:
    if isinstance(section, Chart):
        drawn = bars(section.usage, Canvas(canvas.width - 2, canvas.blocks))
        return (f"  {line}".rstrip() for line in drawn)
    if isinstance(section, Table):
        return _table(section, canvas)
    title = f"  {BOLD}{shown(section.title)}{PLAIN}"
    if isinstance(section, Items):
        return (title, *_items(section.items, canvas))
    return (title, *_rows(section.rows, canvas))


def _rows(rows: Iterable[Row], canvas: Canvas) -> Iterator[str]:
    listed = tuple(rows)
    width = max(_LABEL_WIDTH, *(len(label) + 2 for label, _ in listed))
    for label, value in listed:
        yield _label(label, wrapped(value, width + 2, canvas), width)


def _label(label: str, value: str, width: int = _LABEL_WIDTH) -> str:
    return f"  {DIM}{label:<{width}}{PLAIN}{value}"


def _items(items: Iterable[Item], canvas: Canvas) -> Iterator[str]:
    return chain.from_iterable(_item(item, canvas) for item in items)


def _item(item: Item, canvas: Canvas, bullet: str = "- ") -> Iterator[str]:
    yield f"  {bullet}{wrapped(item.text, 2 + len(bullet), canvas)}"
    yield from (f"      {DIM}{wrapped(line, 6, canvas)}{PLAIN}" for line in item.lines)
    yield from (f"      {_command(line, canvas)}".rstrip() for line in item.code)
    if item.link:
        yield f"    {DIM}{item.link}{PLAIN}"


def _command(line: str, canvas: Canvas) -> str:
    return shown(for_shell(line, canvas.shell))


def _table(table: Table, canvas: Canvas) -> Iterator[str]:
    """Write a table whose first column is as wide as its names, within reason."""
    cells = [tuple(map(shown, row)) for row in ((table.title, *table.columns), *table.rows)]
    first, *widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    first = min(first, _LONGEST_NAME, canvas.width - 2 - sum(width + 2 for width in widths))
    header, *rows = (_cells(row, (first, *widths)) for row in cells)
    yield f"  {DIM}{header}{PLAIN}"
    yield from (f"  {row}" for row in rows)
    if table.more:
        yield f"  {table.more}"


def _cells(row: tuple[str, ...], widths: tuple[int, ...]) -> str:
    """Write a row; a long name takes lines of its own before it."""
    name, *others = row
    *before, last = wrap(name, widths[0], break_long_words=False, break_on_hyphens=False) or [""]
    if len(last) > widths[0]:
        before, last = [*before, last], ""
    cells = (f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True))
    line = "  ".join((f"{last:<{widths[0]}}", *cells))
    return "\n  ".join((*before, line))


# ── the run as a whole ──────────────────────────────────────────────────────────────────────────


def _not_scanned(report: Report, visibility: Visibility | None, canvas: Canvas) -> list[str]:
    missed = report.scan.not_scanned
    if not missed:
        return []
    title = f"{BOLD}Not scanned{PLAIN}"
    if not may_name_places(report, visibility):
        return [title, f"  {wrapped(unscanned(report), 2, canvas)}"]
    said = (wrapped(f"{each.what}: {each.reason}", _LABEL + 2, canvas) for each in missed)
    labels = (f"  {each.label:<{_LABEL}}" for each in missed)
    return [title, *map("".join, zip(labels, said, strict=True))]
