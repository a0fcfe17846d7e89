"""Write who used a key as the sections of an HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.model.times import moment
from bedrock_key_guard.report import usage_words as words
from bedrock_key_guard.report.html.chart import chart, share
from bedrock_key_guard.report.html.elements import Markup, code, element, joined, listing
from bedrock_key_guard.report.replacement import REPLACEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.model.usage import (
        Breakdown,
        Indicator,
        Reach,
        Tally,
        Usage,
    )

MOST_EVENTS = 6


def usage_sections(usage: Usage, name: str) -> Markup:
    """Return the sections about one key's use; `name` begins the ids in them."""
    return joined(
        (
            _figures(usage),
            chart(usage, name),
            _titled("Signs of abuse", _signs(usage)),
            _titled("How it was used", joined(_breakdowns(usage))),
            _titled("What was done to the user", _changes(usage)),
            _titled("What is not known", _unknown(usage)),
            _titled("What else its owner has", _reach(usage.reach) if usage.reach else Markup()),
            _titled("What to use instead", _replacements() if usage.reach else Markup()),
        )
    )


def _titled(title: str, body: Markup) -> Markup:
    return element("section", element("h3", title), body) if body else body


def _figures(usage: Usage) -> Markup:
    """Return the few numbers to read first, and whom CloudTrail was asked about."""
    rows = dict(words.overview(usage))
    subject = element("p", rows.pop("looked at"), class_="soft")
    figures = (
        element("div", element("dt", label), element("dd", value)) for label, value in rows.items()
    )
    return joined((element("dl", *figures, class_="figures"), subject))


def _signs(usage: Usage) -> Markup:
    if not usage.indicators:
        none = "None of those that were looked for. That proves nothing."
        return element("p", none, class_="soft") if usage.calls else Markup()
    return listing(map(_sign, usage.indicators), class_="signs")


def _sign(indicator: Indicator) -> Markup:
    title = element("strong", words.SIGNS[indicator.name])
    events = [
        joined((f"{words.exactly(seen.time)}, event ", code(seen.event_id)))
        for seen in indicator.events[:MOST_EVENTS]
    ]
    more = words.more_events(indicator, MOST_EVENTS)
    return joined((title, f": {indicator.sentence}", listing([*events, *([more] if more else [])])))


def _breakdowns(usage: Usage) -> Iterator[Markup]:
    for name, breakdown in words.shown_breakdowns(usage):
        yield element("h4", words.HEADINGS[name].capitalize())
        yield _table(breakdown)


def _table(breakdown: Breakdown) -> Markup:
    most = max(tally.calls for tally in breakdown.tallies)
    head = element(
        "tr",
        element("th", "value", scope="col"),
        element("th", "share", scope="col", class_="share"),
        element("th", "calls", scope="col", class_="number"),
        element("th", "failed", scope="col", class_="number"),
        element("th", "first", scope="col", class_="time"),
    )
    more = words.more_values(breakdown)
    rest = [element("tr", element("td", more, class_="soft", colspan=5))] if more else []
    rows = (_line(tally, most) for tally in breakdown.tallies)
    return element("table", element("thead", head), element("tbody", *rows, *rest))


def _line(tally: Tally, most: int) -> Markup:
    return element(
        "tr",
        element("td", code(tally.value)),
        element("td", share(tally.calls, most), class_="share"),
        element("td", f"{tally.calls:,}", class_="number"),
        element("td", f"{tally.errors:,}" if tally.errors else "", class_="number"),
        element("td", moment(tally.first.time)),
    )


def _changes(usage: Usage) -> Markup:
    older = words.older_changes(usage)
    return listing([*([older] if older else []), *map(words.change, usage.changes)])


def _unknown(usage: Usage) -> Markup:
    """Return first what could not be read this time, then what nobody can read."""
    gaps = [joined((element("strong", "Not read. "), words.gap(gap))) for gap in usage.gaps]
    return listing([*gaps, *usage.limits])


def _reach(reach: Reach) -> Markup:
    rows = (
        part
        for held in reach.holdings
        for part in (element("dt", held.name), element("dd", words.holding(held)))
    )
    return joined((element("p", code(reach.holder)), element("dl", *rows)))


def _replacements() -> Markup:
    return joined(
        part
        for way in REPLACEMENTS
        for part in (element("p", f"{way.title}:"), element("pre", block(way.lines)))
    )


def block(lines: Iterable[str]) -> Markup:
    """Return lines of code, each escaped by itself: line breaks between them are ours."""
    return element("code", Markup("\n".join(joined((line,)) for line in lines)))
