from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given

from bedrock_key_guard.report.html.elements import Markup, code, element, joined, listing
from bedrock_key_guard.report.html.page import as_html
from bedrock_key_guard.report.report import Report
from tests.unit.report import arbitrary, samples, usages

TAGS = set(
    "html head meta title style body header main footer article section h1 h2 h3 p span "
    "ul li dl dt dd div a br pre code figure figcaption svg rect line text details summary "
    "table thead tbody tr th td".split()
)
ATTRIBUTES = set(
    "lang charset http-equiv content name class id aria-labelledby role href rel scope "
    "x y width height x1 x2 y1 y2 dx text-anchor".split()
)
EMPTY = {"meta", "br"}


class Reader(HTMLParser):
    """Read a page strictly: what is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text: list[str] = []
        self.ids: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        found = dict(attrs)
        self.ids += [found["id"]] if found.get("id") else []  # type: ignore[list-item]
        self.links += [found["href"]] if found.get("href") else []  # type: ignore[list-item]
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in EMPTY
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader._open == []
    return reader


@given(arbitrary.reports)
def test_no_report_makes_markup_of_its_own(report: Report) -> None:
    reader = read(as_html(report))
    assert reader.tags <= TAGS
    assert reader.attributes <= ATTRIBUTES
    assert all(link.startswith("https://docs.") for link in reader.links)
    assert all(line.isprintable() for line in "".join(reader.text).split("\n"))


@given(arbitrary.reports)
def test_no_page_holds_a_key(report: Report) -> None:
    assert arbitrary.PIECE not in as_html(report)


def test_hostile_text_is_shown_as_text() -> None:
    rich = samples.rich()
    told = replace(rich.cases[0], usage=usages.theft())
    text = "".join(read(as_html(replace(rich, cases=(told, *rich.cases[1:])))).text)
    for words in (usages.SHELL, "<img src=x onerror=alert(1)>", "<!-- bedrock-key-guard:v1"):
        assert words in text
    assert "\\u202egpj.exe" in text


def test_the_page_asks_for_nothing_and_forbids_what_it_does_not_need() -> None:
    page = as_html(samples.rich())
    assert "default-src 'none'" in page.replace("&#x27;", "'")
    for word in ("@import", "url(", "src=", 'http-equiv="refresh"'):
        assert word not in page.partition("<body>")[0]


def test_a_clean_report_is_a_page_too() -> None:
    reader = read(as_html(samples.report()))
    assert "No leaked keys" in reader.text
    assert "No keys found; 412 files, 3.1 MB read; complete." in reader.text


def test_two_keys_of_one_name_are_two_ids() -> None:
    reader = read(as_html(samples.rich()))
    assert len(reader.ids) == len(set(reader.ids))


def test_a_key_without_use_has_no_drawing() -> None:
    quiet, busy = (
        as_html(samples.report(replace(samples.case(), usage=usage)))
        for usage in (usages.nothing(), usages.little())
    )
    assert "<figure>" not in quiet
    assert "<figure>" in busy


def test_the_drawing_colours_the_calls_between_the_leak_and_the_response() -> None:
    usage = usages.theft()
    late = replace(usage, responded_at=usage.leaked_at and usage.leaked_at + timedelta(hours=20))
    page = as_html(samples.report(replace(samples.case(), usage=late)))
    drawing = page.partition("<svg")[2].partition("</svg>")[0]
    exposed = drawing.count('class="exposed"')
    assert 0 < exposed < drawing.count("<rect")
    assert drawing.count("<line") == 2
    assert [name in drawing for name in (">leak<", ">response<")] == [True, True]


def test_a_live_keys_page_begins_with_what_stops_it() -> None:
    live = samples.case(verdict=samples.verdict("live", iam=samples.iam_found()))
    dead = samples.case(verdict=samples.verdict("dead"))
    text = "\n".join(read(as_html(samples.report(dead, live))).text)
    order = (
        "Stop it: a leaked key works",
        "Stop it now",
        "--status Inactive",
        "The key",
        "account",
    )
    assert [text.index(words) for words in order] == sorted(text.index(words) for words in order)


@pytest.mark.parametrize(
    ("made", "written"),
    [
        (element("p", 'a < b & "c"'), "<p>a &lt; b &amp; &quot;c&quot;</p>"),
        (element("p", element("b", "<")), "<p><b>&lt;</b></p>"),
        (element("a", "x", href='"><script>'), '<a href="&quot;&gt;&lt;script&gt;">x</a>'),
        (element("br"), "<br/>"),
        (
            element("div", class_="a", aria_label="b", title=None),
            '<div class="a" aria-label="b"></div>',
        ),
        (joined(("<", Markup("<br/>"))), "&lt;<br/>"),
        (code("\x1b[31m"), "<code>\\x1b[31m</code>"),
        (listing(()), ""),
        (listing(("<",), "ol"), "<ol><li>&lt;</li></ol>"),
    ],
)
def test_only_what_is_made_here_is_markup(made: str, written: str) -> None:
    assert made == written
    assert isinstance(made, Markup)
