"""Write a report for a person at a terminal, or in the log of a run."""

from __future__ import annotations

import re
from itertools import chain
from textwrap import wrap
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.fingerprint import short
from bedrock_key_guard.report.advice import Step, afterwards, particular
from bedrock_key_guard.report.canvas import Canvas
from bedrock_key_guard.report.details import (
    Row,
    circumstances,
    identity,
    judgement,
    place,
    response,
    undo,
)
from bedrock_key_guard.report.redact import redact
from bedrock_key_guard.report.report import (
    Case,
    Report,
    Visibility,
    may_tell_where,
    may_tell_who,
)
from bedrock_key_guard.report.shown import shown
from bedrock_key_guard.report.standing import WORDS, Standing, standing, worst_first
from bedrock_key_guard.report.totals import plural, totals
from bedrock_key_guard.report.usage import WITHHELD
from bedrock_key_guard.report.usage_text import usage_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model import Location, NotScanned
MOST_PLACES = 20
WIDTH = 96

_LABEL_WIDTH = 12
_VALUE_INDENT = _LABEL_WIDTH + 2
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_RED, _YELLOW, _GREEN, _BLUE = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;32m", "\x1b[1;34m"
_COLOURS: dict[Standing, str] = {
    "live": _RED,
    "unconfirmed": _RED,
    "unverified": _YELLOW,
    "found": _YELLOW,
    "contained": _YELLOW,
    "stopped": _GREEN,
    "foreign": _BLUE,
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
    in the text can drive a terminal, and no line of it is a workflow command. `canvas` is what the
    use of a key is drawn on.
    """
    page = canvas or Canvas(WIDTH)
    blocks = [_case(case, visibility, page) for case in worst_first(report.cases)]
    blocks += [_afterwards(report.cases), _not_scanned(report.scan.not_scanned), _remarks(report)]
    blocks += [[f"{_BOLD}{totals(report)}{_PLAIN}"]]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return redact(text if colour else _COLOUR_CODE.sub("", text)) + "\n"


def _case(case: Case, visibility: Visibility | None, canvas: Canvas) -> list[str]:
    steps = list(chain.from_iterable(map(_step, particular(case))))
    used = _usage(case, visibility, canvas)
    rows = _rows(case, visibility)
    return [*_headline(case), "", *rows, *used, *([""] if steps else []), *steps]


def _usage(case: Case, visibility: Visibility | None, canvas: Canvas) -> list[str]:
    if case.usage is None:
        return []
    if not may_tell_who(visibility):
        return ["", f"  {_wrapped(WITHHELD, 2)}"]
    return usage_lines(case.usage, canvas)


def _headline(case: Case) -> Iterator[str]:
    now = standing(case)
    incident = case.incident
    name = WORDS[now].name.upper()
    title = f"{incident.key.family.title}, fingerprint {short(incident.fingerprint)}"
    yield f"{_COLOURS.get(now, _BOLD)}{name}{_PLAIN}  {_BOLD}{title}{_PLAIN}"
    yield f"  {WORDS[now].sentence}"


def _rows(case: Case, visibility: Visibility | None) -> Iterator[str]:
    told = may_tell_where(case, visibility)
    places = _places(case.incident.locations) if told else _withheld(case)
    for label, value in chain(places, identity(case)):
        yield _row(label, shown(value))
    for label, value in chain(judgement(case), response(case)):
        yield _row(label, _wrapped(value, _VALUE_INDENT))
    for command in undo(case):
        yield _row("undo", shown(command))
    if case.issue_url:
        yield _row("issue", shown(case.issue_url))


def _row(label: str, value: str) -> str:
    return f"  {_DIM}{label:<{_LABEL_WIDTH}}{_PLAIN}{value}"


def _wrapped(text: str, indent: int) -> str:
    """Return untrusted text in lines of the page's width, all but the first indented."""
    lines = wrap(shown(text), WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines)


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
    yield "where", f"{places}, not named here: others may read this, and the key may work"
    yield "", "run `bedrock-key-guard scan` in a clone, and look for the fingerprint"


def _step(step: Step) -> Iterator[str]:
    yield f"  - {_wrapped(step.text, 4)}"
    yield from (f"      {shown(command)}" for command in step.commands)
    if step.link:
        yield f"    {_DIM}{step.link}{_PLAIN}"


def _afterwards(cases: tuple[Case, ...]) -> list[str]:
    steps = afterwards(cases)
    return [f"{_BOLD}Afterwards{_PLAIN}", *chain.from_iterable(map(_step, steps))] if steps else []


def _not_scanned(missed: tuple[NotScanned, ...]) -> list[str]:
    if not missed:
        return []
    title = f"{_BOLD}Not scanned{_PLAIN}"
    return [title, *(f"  {each.kind:<9}{shown(f'{each.what}: {each.reason}')}" for each in missed)]


def _remarks(report: Report) -> list[str]:
    incomplete = [f"Incomplete: {shown(reason)}" for reason in report.incomplete]
    return [*incomplete, *(f"Note: {shown(note)}" for note in report.notes)]
