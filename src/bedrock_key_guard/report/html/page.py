"""Write a report as one HTML page that needs nothing else: no script, no font, no network.

All text in it is escaped, and its policy forbids whatever escaping might have missed.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from itertools import chain
from typing import TYPE_CHECKING

from bedrock_key_guard import __version__
from bedrock_key_guard.keys.key import short
from bedrock_key_guard.report.across_repositories import across_repositories
from bedrock_key_guard.report.advice import afterwards, particular
from bedrock_key_guard.report.call_chart import worth_drawing
from bedrock_key_guard.report.details import circumstances, place, undoing
from bedrock_key_guard.report.document import Chart, Items, Rows, Table
from bedrock_key_guard.report.facts import facts
from bedrock_key_guard.report.html.elements import Markup, code, element, figure, joined, listing
from bedrock_key_guard.report.replacement import replacements
from bedrock_key_guard.report.report import and_more, totals
from bedrock_key_guard.report.status import headline, words, worst_first
from bedrock_key_guard.report.usage_sections import usage_sections

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.model.origins import Location
    from bedrock_key_guard.model.usage import Usage
    from bedrock_key_guard.report.document import Item, Section
    from bedrock_key_guard.report.report import Report

MOST_PLACES = 200
MOST_EVENTS = 6


def as_html(report: Report) -> str:
    """Return the report as a page, the worst first; no key is in it."""
    cases = worst_first(report.cases)
    title = headline(cases)
    heading = (element("p", "Bedrock Key Guard"), element("h1", title))
    written = f"Written by Bedrock Key Guard {__version__}. The key itself is nowhere in this page."
    body = element(
        "body",
        element("header", *heading, element("p", totals(report))),
        element(
            "main",
            *_across(report),
            *map(_case, cases),
            _afterwards(cases),
            *_remarks(report),
        ),
        element("footer", element("p", written)),
    )
    page = element("html", _head(title), body, lang="en")
    return f"<!doctype html>\n{page}\n"


def _head(title: str) -> Markup:
    style = files(__package__).joinpath("style.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{title} - Bedrock Key Guard"),
        element("style", Markup(style)),
    )


def _across(report: Report) -> Iterator[Markup]:
    """Yield what is said of all repositories together, where there are many."""
    if report.is_of_many:
        heading = element("h2", "All repositories", id="all")
        tables = map(_section, across_repositories(report))
        yield element("article", heading, *tables, aria_labelledby="all")


def _case(case: Case) -> Markup:
    """Lay a case out: its state and the next step, whose it is, what was done, what is left."""
    name = f"key-{short(case.incident.fingerprint)}"
    left = particular(case)[1:]
    parts = (
        *_headline(case, name),
        _titled("The key", _rows((*facts(case), ("fingerprint", code(case.incident.fingerprint))))),
        _titled("Where it is", _places(case.incident.locations)),
        *(_section(each, name) for each in usage_sections(case, MOST_EVENTS)),
        *(_section(each, name) for each in undoing(case)),
        _section(Items("What is left to do", left), name) if left else Markup(),
    )
    return element("article", *parts, aria_labelledby=name)


def _headline(case: Case, name: str) -> Iterator[Markup]:
    now = words(case)
    yield element("h2", case.incident.key.family.title, id=name)
    state = element("span", now.name.capitalize(), class_=f"state {now.level}")
    yield element("p", state, f". {now.sentence}")
    for step in particular(case)[:1]:
        yield element("div", _item(step), class_=f"next {now.level}")


def _places(locations: tuple[Location, ...]) -> Markup:
    more = and_more(len(locations) - MOST_PLACES, "place")
    return listing([*map(_place, locations[:MOST_PLACES]), *([more] if more else [])])


def _place(location: Location) -> Markup:
    around = circumstances(location)
    return joined((code(place(location)), f" ({around})" if around else ""))


def _afterwards(cases: list[Case]) -> Markup:
    """Say once what holds for every key."""
    sections = (
        *(Items("Afterwards", steps) for steps in (afterwards(cases),) if steps),
        *replacements((case, True) for case in cases),
    )
    return element("article", *(_section(each) for each in sections)) if sections else Markup()


# ── sections ────────────────────────────────────────────────────────────────────────────────────


def _section(section: Section, name: str = "") -> Markup:
    """Lay a section out; `name` begins the ids that it needs."""
    match section:
        case Chart(usage):
            return _chart(usage, f"{name}-calls") if worth_drawing(usage) else Markup()
        case Rows(title, rows):
            return _titled(title, _rows(rows))
        case Items(title, items):
            return _titled(title, listing(map(_item, items)))
        case Table():
            return element("section", _table(section))


def _chart(usage: Usage, name: str) -> Markup:
    drawing, behind = figure(usage, name)
    summary = element("summary", "The numbers")
    return joined((drawing, element("details", summary, _table(behind))))


def _titled(title: str, body: Markup) -> Markup:
    return element("section", element("h3", title), body) if body else body


def _rows(rows: Iterable[tuple[str, str]]) -> Markup:
    pairs = ((element("dt", label), element("dd", value)) for label, value in rows)
    return element("dl", *chain.from_iterable(pairs))


def _item(item: Item) -> Markup:
    block = element("pre", _block(item.code)) if item.code else ""
    link = element("a", item.link, href=item.link, rel="noreferrer") if item.link else ""
    apart = element("br") if link and not block else ""
    return joined((_sentence(item.text), listing(item.lines), block, apart, link))


def _sentence(text: str) -> Markup:
    """Return a sentence; what stands between backticks is code."""
    parts = text.split("`")
    return joined(code(part) if place % 2 else part for place, part in enumerate(parts))


def _table(table: Table) -> Markup:
    head = [element("th", name, scope="col") for name in (table.title, *table.columns)]
    rows = [_line(element("td", code(name)), *others) for name, *others in table.rows]
    more = element("p", table.more, class_="soft") if table.more else ""
    body = element("tbody", *rows)
    return joined((element("table", element("thead", element("tr", *head)), body), more))


def _line(name: Markup, *others: str) -> Markup:
    return element("tr", name, *(element("td", other) for other in others))


def _block(lines: Iterable[str]) -> Markup:
    """Return lines of code, each escaped by itself: line breaks between them are ours."""
    return element("code", Markup("\n".join(joined((line,)) for line in lines)))


# ── the run as a whole ──────────────────────────────────────────────────────────────────────────


def _remarks(report: Report) -> Iterator[Markup]:
    remarks = (f"{kind}: {remark}" for kind, remark in report.remarks)
    yield _titled("Remarks", listing(remarks))
    missed = report.scan.not_scanned
    unread = [f"{each.what}: {each.reason} ({each.label})" for each in missed[:MOST_PLACES]]
    more = and_more(len(missed) - MOST_PLACES, "thing")
    yield _titled("Not scanned", listing([*unread, *([more] if more else [])]))
