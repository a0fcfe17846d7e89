"""Write a report for a person at a terminal, or in the log of a run."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.fingerprint import short
from bedrock_key_guard.report.advice import Step, afterwards, particular
from bedrock_key_guard.report.headline import WORDS, Standing, standing, worst_first
from bedrock_key_guard.report.report import (
    Report,
    Visibility,
    may_tell_where,
    may_tell_who,
    why_not_where,
)
from bedrock_key_guard.report.terminal.details import (
    Row,
    circumstances,
    identity,
    judgement,
    place,
    response,
    undo,
)
from bedrock_key_guard.report.terminal.usage_text import usage_lines
from bedrock_key_guard.report.totals import plural, totals, unscanned
from bedrock_key_guard.report.usage_words import WITHHELD
from bedrock_key_guard.text.terminal import (
    BLUE,
    BOLD,
    DIM,
    GREEN,
    PLAIN,
    RED,
    YELLOW,
    Canvas,
    shown,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.model.case import Case
    from bedrock_key_guard.model.origins import Location

MOST_PLACES = 20

_LABEL_WIDTH = 12
_VALUE_INDENT = _LABEL_WIDTH + 2
_COLOURS: dict[Standing, str] = {
    "live": RED,
    "unconfirmed": RED,
    "unverified": YELLOW,
    "found": YELLOW,
    "contained": YELLOW,
    "stopped": GREEN,
    "foreign": BLUE,
}
_COLOUR_CODE = re.compile(r"\x1b\[[0-9;]+m")


def as_text(
    report: Report,
    *,
    colour: bool = False,
    visibility: Visibility | None = None,
    canvas: Canvas | None = None,
) -> str:
    """Return the report as lines of text, the worst first, the totals last.

    `visibility` says who else reads it: the log of a run in a public repository is public. Nothing
    in the text can drive a terminal, and no line of it is a workflow command. Sentences are as wide
    as `canvas`; paths and commands, which people copy, are never broken.
    """
    page = canvas or Canvas()
    blocks = [_case(case, visibility, page) for case in worst_first(report.cases)]
    blocks += [_afterwards(report.cases, page), _not_scanned(report, visibility, page)]
    blocks += [_remarks(report)]
    blocks += [[f"{BOLD}{totals(report)}{PLAIN}"]]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return (text if colour else _COLOUR_CODE.sub("", text)) + "\n"


def _case(case: Case, visibility: Visibility | None, canvas: Canvas) -> list[str]:
    steps = _steps(particular(case), canvas)
    used = _usage(case, visibility, canvas)
    rows = _rows(case, visibility, canvas)
    return [*_headline(case, canvas), "", *rows, *used, *([""] if steps else []), *steps]


def _usage(case: Case, visibility: Visibility | None, canvas: Canvas) -> list[str]:
    if case.usage is None:
        return []
    if not may_tell_who(visibility):
        return ["", f"  {wrapped(WITHHELD, 2, canvas)}"]
    return usage_lines(case.usage, canvas)


def _headline(case: Case, canvas: Canvas) -> Iterator[str]:
    now = standing(case)
    incident = case.incident
    name = WORDS[now].name.upper()
    title = f"{incident.key.family.title}, fingerprint {short(incident.fingerprint)}"
    yield f"{_COLOURS.get(now, BOLD)}{name}{PLAIN}  {BOLD}{title}{PLAIN}"
    yield f"  {wrapped(WORDS[now].sentence, 2, canvas)}"


def _rows(case: Case, visibility: Visibility | None, canvas: Canvas) -> Iterator[str]:
    told = may_tell_where(case, visibility)
    for label, value in _places(case.incident.locations) if told else ():
        yield _row(label, shown(value))
    withheld = () if told else _withheld(case)
    for label, value in chain(withheld, identity(case), judgement(case), response(case)):
        yield _row(label, wrapped(value, _VALUE_INDENT, canvas))
    for command in undo(case):
        yield _row("undo", shown(command))
    if case.issue_url:
        yield _row("issue", shown(case.issue_url))


def _row(label: str, value: str) -> str:
    return f"  {DIM}{label:<{_LABEL_WIDTH}}{PLAIN}{value}"


def _places(locations: tuple[Location, ...]) -> Iterator[Row]:
    for number, location in enumerate(locations[:MOST_PLACES]):
        around = circumstances(location)
        where = f"{place(location)} ({around})" if around else place(location)
        yield ("and" if number else "where"), where
    more = len(locations) - MOST_PLACES
    if more > 0:
        yield "and", f"{more:,} more; the JSON report lists them all"


def _withheld(case: Case) -> Iterator[Row]:
    places = plural(len(case.incident.locations), "place")
    yield "where", f"{places}, not named here: others may read this, and {why_not_where(case)}"
    yield "", "run `bedrock-key-guard scan` in a clone, and look for the fingerprint"


def _steps(steps: Iterable[Step], canvas: Canvas) -> list[str]:
    return list(chain.from_iterable(_step(step, canvas) for step in steps))


def _step(step: Step, canvas: Canvas) -> Iterator[str]:
    yield f"  - {wrapped(step.text, 4, canvas)}"
    yield from (f"      {shown(command)}" for command in step.commands)
    if step.link:
        yield f"    {DIM}{step.link}{PLAIN}"


def _afterwards(cases: tuple[Case, ...], canvas: Canvas) -> list[str]:
    steps = _steps(afterwards(cases), canvas)
    return [f"{BOLD}Afterwards{PLAIN}", *steps] if steps else []


def _not_scanned(report: Report, visibility: Visibility | None, canvas: Canvas) -> list[str]:
    missed = report.scan.not_scanned
    if not missed:
        return []
    title = f"{BOLD}Not scanned{PLAIN}"
    if not may_tell_where(report, visibility):
        return [title, f"  {wrapped(unscanned(report), 2, canvas)}"]
    return [title, *(f"  {each.kind:<9}{shown(f'{each.what}: {each.reason}')}" for each in missed)]


def _remarks(report: Report) -> list[str]:
    incomplete = [f"Incomplete: {shown(reason)}" for reason in report.incomplete]
    warnings = [f"Warning: {shown(warning)}" for warning in report.warnings]
    return [*incomplete, *warnings, *(f"Note: {shown(note)}" for note in report.notes)]
