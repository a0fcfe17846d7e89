"""Write who used a key in Markdown, for the issue and the job summary.

It is the same as long as CloudTrail tells the same: it does not say when it was asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.model.times import moment
from bedrock_key_guard.report import usage_words as words
from bedrock_key_guard.report.replacement import REPLACEMENTS
from bedrock_key_guard.report.report import may_tell_who
from bedrock_key_guard.text.markdown import code, fenced, prose, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.model.case import Case
    from bedrock_key_guard.model.usage import Breakdown, Dimension, Indicator, Reach, Usage
    from bedrock_key_guard.report.report import Visibility

LONGEST = 24_000
"""Bytes: an issue takes 65,536 characters, and says more than this."""

MOST_VALUES = 5
MOST_EVENTS = 3


def used(case: Case, visibility: Visibility) -> str:
    """Return who used a key, "" where nobody has asked, or why it is not told here."""
    if case.usage is None:
        return ""
    title = "### Who used it"
    if not may_tell_who(visibility):
        return f"{title}\n\n{prose(words.WITHHELD)}"
    kept, left = [], LONGEST
    for part in filter(None, (title, *_parts(case.usage))):
        left -= len(part.encode()) + 2
        if left < 0:
            kept.append("There is more; the JSON report has it.")
            break
        kept.append(part)
    return "\n\n".join(kept)


def _parts(usage: Usage) -> Iterator[str]:
    yield _overview(usage)
    yield _signs(usage.indicators)
    for name, breakdown in words.shown_breakdowns(usage):
        yield _breakdown(name, breakdown)
    yield _list("What was done to the user:", _changes(usage))
    yield _list("What could not be read:", map(words.gap, usage.gaps))
    yield _list("What cannot be seen:", usage.limits)
    if usage.reach:
        yield from _reach(usage.reach)


def _overview(usage: Usage) -> str:
    """Return what stays the same until the key is used again."""
    (label, value), *others = (
        (label.capitalize(), prose(value)) for label, value in words.lasting(usage)
    )
    return table((label, value), others)


def _signs(indicators: Iterable[Indicator]) -> str:
    return _list("Signs of abuse:", (_sign(indicator) for indicator in indicators))


def _sign(indicator: Indicator) -> str:
    events = "; ".join(words.event(seen) for seen in indicator.events[:MOST_EVENTS])
    more = words.more_events(indicator, MOST_EVENTS)
    return f"{words.sign(indicator)} ({events}{f'; {more}' if more else ''})"


def _breakdown(name: Dimension, breakdown: Breakdown) -> str:
    header = (words.HEADINGS[name].capitalize(), "Calls", "Failed", "First")
    rows = [
        (code(tally.value), f"{tally.calls:,}", f"{tally.errors:,}", moment(tally.first.time))
        for tally in breakdown.tallies[:MOST_VALUES]
    ]
    left = len(breakdown.tallies) - len(rows) + breakdown.more
    rest = f"\n\nand {left:,} more; the JSON report lists more." if left else ""
    return table(header, rows) + rest


def _changes(usage: Usage) -> Iterator[str]:
    older = words.older_changes(usage)
    yield from [older] if older else []
    yield from map(words.change, usage.changes)


def _reach(reach: Reach) -> Iterator[str]:
    rows = [(prose(held.name), prose(words.holding(held))) for held in reach.holdings]
    yield table(("What else it has", code(reach.holder)), rows)
    for way in REPLACEMENTS:
        yield f"{prose(way.title)}:\n\n{fenced(way.lines, way.language)}"


def _list(title: str, items: Iterable[str]) -> str:
    lines = [f"- {prose(item)}" for item in items]
    return "\n".join((title, "", *lines)) if lines else ""
