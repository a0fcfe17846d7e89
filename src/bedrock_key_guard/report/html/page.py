"""Write a report as one HTML page that needs nothing else: no script, no font, no network.

All text in it is escaped, and its policy forbids whatever escaping might have missed.
"""

from __future__ import annotations

import base64
import hashlib
from itertools import chain
from typing import TYPE_CHECKING

from bedrock_key_guard import __version__
from bedrock_key_guard.keys.fingerprint import short
from bedrock_key_guard.report.advice import Step, advice
from bedrock_key_guard.report.headline import WORDS, Standing, standing, worst_first
from bedrock_key_guard.report.html.elements import Markup, code, element, joined, listing
from bedrock_key_guard.report.html.style import STYLE
from bedrock_key_guard.report.html.usage_sections import block, usage_sections
from bedrock_key_guard.report.terminal.details import (
    circumstances,
    identity,
    judgement,
    place,
    response,
    undo,
)
from bedrock_key_guard.report.totals import plural, totals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model.case import Case
    from bedrock_key_guard.model.origins import Location
    from bedrock_key_guard.report.report import Report

MOST_PLACES = 200

_STATES: dict[Standing, str] = {
    "live": "live",
    "unconfirmed": "live",
    "unverified": "warn",
    "found": "warn",
    "contained": "warn",
    "stopped": "calm",
}


def as_html(report: Report) -> str:
    """Return the report as a page, the worst first; no key is in it."""
    cases = worst_first(report.cases)
    title = "Incident report" if cases else "No leaked keys"
    body = element(
        "body",
        element(
            "header", element("p", "Bedrock Key Guard"), element("h1", title), *_summary(report)
        ),
        element("main", *(_case(case) for case in cases), *_remarks(report)),
        _footer(),
    )
    page = element("html", _head(title), body, lang="en")
    return f"<!doctype html>\n{page}\n"


def _head(title: str) -> Markup:
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{title} - Bedrock Key Guard"),
        element("style", Markup(STYLE)),
    )


def _summary(report: Report) -> Iterator[Markup]:
    yield element("p", totals(report))


def _case(case: Case) -> Markup:
    name = f"key-{short(case.incident.fingerprint)}"
    parts = (
        _headline(case, name),
        usage_sections(case.usage, name) if case.usage else Markup(),
        _section("The key", _facts(case)),
        _section("What is still to be done", listing(map(_step, advice(case)), "ol")),
        _section("Where it stands", _places(case.incident.locations)),
    )
    return element("article", *parts, aria_labelledby=name)


def _section(title: str, body: Markup) -> Markup:
    return element("section", element("h3", title), body) if body else body


def _headline(case: Case, name: str) -> Markup:
    now = standing(case)
    words = WORDS[now]
    state = element("span", words.name.capitalize(), class_=f"state {_STATES.get(now, '')}".strip())
    return joined(
        (
            element("h2", case.incident.key.family.title, id=name),
            element("p", state, f". {words.sentence}"),
        )
    )


def _facts(case: Case) -> Markup:
    rows = chain(identity(case), judgement(case), response(case), _undo(case))
    pairs = (part for label, value in rows for part in (element("dt", label), element("dd", value)))
    fingerprint = (element("dt", "fingerprint"), element("dd", code(case.incident.fingerprint)))
    return element("dl", *pairs, *fingerprint)


def _undo(case: Case) -> Iterator[tuple[str, Markup]]:
    for command in undo(case):
        yield "to undo", code(command)


def _step(step: Step) -> Markup:
    link = element("a", step.link, href=step.link, rel="noreferrer") if step.link else Markup()
    between = element("pre", block(step.commands)) if step.commands else element("br")
    return joined((step.text, between if step.commands or link else "", link))


def _places(locations: tuple[Location, ...]) -> Markup:
    found = [_place(each) for each in locations[:MOST_PLACES]]
    more = len(locations) - len(found)
    return listing(
        [*found, *([f"and {more:,} more; the JSON report lists them all"] if more else [])]
    )


def _place(location: Location) -> Markup:
    around = circumstances(location)
    return joined((code(place(location)), f" ({around})" if around else ""))


def _remarks(report: Report) -> Iterator[Markup]:
    incomplete = [f"Incomplete: {reason}" for reason in report.incomplete]
    warnings = [f"Warning: {warning}" for warning in report.warnings]
    remarks = listing([*incomplete, *warnings, *report.notes])
    missed = report.scan.not_scanned
    unread = listing(f"{each.what}: {each.reason} ({each.kind})" for each in missed[:MOST_PLACES])
    left = len(missed) - MOST_PLACES
    rest = element("p", f"and {plural(left, 'more thing')}") if left > 0 else Markup()
    yield _section("Remarks", remarks)
    yield _section("Not scanned", joined((unread, rest)))


def _footer() -> Markup:
    written = f"Written by Bedrock Key Guard {__version__}. The key itself is nowhere in this page."
    return element("footer", element("p", written))
