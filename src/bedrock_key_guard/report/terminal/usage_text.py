"""Write who used a key for a person at a terminal, as lines that stand under a case."""

from __future__ import annotations

from itertools import chain
from textwrap import wrap
from typing import TYPE_CHECKING

from bedrock_key_guard.report import usage_words as words
from bedrock_key_guard.report.replacement import REPLACEMENTS
from bedrock_key_guard.report.terminal.bars import bars
from bedrock_key_guard.text.terminal import BOLD, DIM, PLAIN, Canvas, shown, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.model.usage import Breakdown, Indicator, Reach, Usage

MOST_EVENTS = 3
_LABEL_WIDTH = 14
_LONGEST_NAME = 44


def usage_lines(usage: Usage, canvas: Canvas) -> list[str]:
    """Return the lines of one key's use, each section apart by an empty line."""
    drawing = [f"  {line}".rstrip() for line in bars(usage, _narrower(canvas))]
    sections = [
        [_row(label, value, canvas) for label, value in words.overview(usage)],
        drawing,
        list(chain.from_iterable(_breakdowns(usage, canvas))),
        _titled("looks like abuse", chain.from_iterable(_signs(usage.indicators, canvas))),
        _titled("what was done to the user", _bullets(_changes(usage), canvas)),
        _titled("not read", _bullets(map(words.gap, usage.gaps), canvas)),
        _titled("what cannot be seen", _bullets(usage.limits, canvas)),
        *([] if usage.reach is None else _reach(usage.reach, canvas)),
    ]
    return [line for section in sections if section for line in ("", *section)]


def _narrower(canvas: Canvas) -> Canvas:
    return Canvas(canvas.width - 2, canvas.blocks)


def _row(label: str, value: str, canvas: Canvas) -> str:
    start = f"  {DIM}{label:<{_LABEL_WIDTH}}{PLAIN}"
    return start + wrapped(value, _LABEL_WIDTH + 2, canvas)


def _titled(title: str, lines: Iterable[str]) -> list[str]:
    body = list(lines)
    return [f"  {BOLD}{title}{PLAIN}", *body] if body else []


def _bullets(texts: Iterable[str], canvas: Canvas) -> list[str]:
    return [f"  - {wrapped(text, 4, canvas)}" for text in texts]


def _breakdowns(usage: Usage, canvas: Canvas) -> Iterator[list[str]]:
    for name, breakdown in words.shown_breakdowns(usage):
        yield list(_breakdown(words.HEADINGS[name], breakdown, canvas))


def _breakdown(heading: str, breakdown: Breakdown, canvas: Canvas) -> Iterator[str]:
    """Write a table whose first column is as wide as its names, within reason."""
    names = [shown(tally.value) for tally in breakdown.tallies]
    width = min(max(map(len, names)), _LONGEST_NAME)
    label = heading
    for name, tally in zip(names, breakdown.tallies, strict=True):
        value = f"{name:<{width}}  {words.amount(tally)}"
        yield f"  {DIM}{label:<{_LABEL_WIDTH}}{PLAIN}{_folded(value, canvas)}"
        label = ""
    more = words.more_values(breakdown)
    if more:
        yield f"  {'':<{_LABEL_WIDTH}}{more}"


def _folded(value: str, canvas: Canvas) -> str:
    """Break a long line of a table, its continuation indented."""
    indent = _LABEL_WIDTH + 2
    room = canvas.width - indent
    if len(value) <= room:
        return value
    lines = wrap(
        value, room, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return f"\n{' ' * indent}".join(lines)


def _signs(indicators: Iterable[Indicator], canvas: Canvas) -> Iterator[list[str]]:
    for indicator in indicators:
        events = [words.event(seen) for seen in indicator.events[:MOST_EVENTS]]
        more = words.more_events(indicator, MOST_EVENTS)
        behind = [*events, *([f"{more}; the JSON report lists more"] if more else [])]
        lines = (f"      {DIM}{wrapped(line, 6, canvas)}{PLAIN}" for line in behind)
        yield [f"  - {wrapped(words.sign(indicator), 4, canvas)}", *lines]


def _changes(usage: Usage) -> Iterator[str]:
    older = words.older_changes(usage)
    yield from [older] if older else []
    yield from map(words.change, usage.changes)


def _reach(reach: Reach, canvas: Canvas) -> Iterator[list[str]]:
    held = [f"{each.name}: {words.holding(each)}" for each in reach.holdings]
    yield _titled(f"what else {shown(reach.holder)} has", _bullets(held, canvas))
    yield _titled("instead of the key", chain.from_iterable(_ways(canvas)))


def _ways(canvas: Canvas) -> Iterator[list[str]]:
    for way in REPLACEMENTS:
        lines = (f"      {line}".rstrip() for line in way.lines)
        yield [*_bullets([way.title], canvas), *lines]
