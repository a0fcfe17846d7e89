"""Look at the HTML report as a browser shows it: wide, narrow, dark, printed, and read aloud."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.report.html.page import as_html
from tests.browser import Browser, Scheme, browser
from tests.jobs import ROOT
from tests.unit.report import samples, usages

# The contrast of an element's text with the page, by WCAG 2.2's definition.
CONTRAST = """
(selector => {
  const light = colour => {
    const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map(Number).map(c => c / 255)
      .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = getComputedStyle(document.querySelector(selector));
  const text = light(style.color);
  const paper = light(getComputedStyle(document.body).backgroundColor);
  return (Math.max(text, paper) + 0.05) / (Math.min(text, paper) + 0.05);
})
"""


@pytest.fixture(scope="module")
def window(
    loopback_environment: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Write a report with a theft, a key that was used a little, and hostile text throughout."""
    rich = samples.rich()
    stolen, quiet, *others = rich.cases
    told = (replace(stolen, usage=usages.theft()), replace(quiet, usage=usages.little()))
    path = tmp_path / "report.html"
    path.write_text(as_html(replace(rich, cases=(*told, *others))), encoding="utf-8")
    return path


def test_nothing_in_the_page_acts_or_asks_for_anything(window: Browser, page: Path) -> None:
    window.open(page)
    assert [each["request"]["url"] for each in window.said("Network.requestWillBeSent")] == [
        page.as_uri()
    ]
    assert window.said("Log.entryAdded") == []
    assert window.said("Runtime.exceptionThrown") == []
    assert window.said("Page.javascriptDialogOpening") == []
    active = "script, img, iframe, object, embed, form, input, link, base, a[href^=javascript]"
    assert window.evaluate(f"document.querySelectorAll('{active}').length") == 0
    handlers = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
    assert window.evaluate(f"{handlers}.filter(name => name.startsWith('on'))") == []
    assert usages.SHELL in window.evaluate("document.body.innerText")


def test_the_policy_would_stop_what_escaping_missed(window: Browser, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    injected = "<script>document.title = 'owned'</script><img src='https://198.51.100.1/x'>"
    page.write_text(text.replace("<main>", f"<main>{injected}"), encoding="utf-8")
    window.open(page)
    assert window.evaluate("document.title").startswith("Stop it")
    # The browser tells of two requests that it did not make, and says why in its log.
    assert len(window.said("Log.entryAdded")) >= 2


@pytest.mark.parametrize("width", [420, 1280])
def test_every_bar_and_mark_is_drawn_with_the_right_end_in_view(
    width: int, window: Browser, page: Path
) -> None:
    window.open(page, width=width)
    drawn = window.evaluate(
        """
        [...document.querySelectorAll("svg.chart")].map(chart => ({
          box: chart.getBoundingClientRect().toJSON(),
          room: document.documentElement.clientWidth,
          bars: [...chart.querySelectorAll("rect")].map(e => ({
            ...e.getBoundingClientRect().toJSON(), fill: getComputedStyle(e).fill,
            exposed: e.classList.contains("exposed") })),
          marks: [...chart.querySelectorAll("text")].map(e => ({
            ...e.getBoundingClientRect().toJSON(), text: e.textContent })) }))
        """
    )
    assert len(drawn) == 2
    quiet, stolen = sorted(drawn, key=lambda each: len(each["bars"]))
    assert [mark["text"] for mark in stolen["marks"]] == ["leak", "response"]
    assert len(stolen["bars"]) > 40
    assert quiet["bars"]
    for each in drawn:
        box = each["box"]
        assert 0 < box["left"] < box["right"] < each["room"]
        for part in (*each["bars"], *each["marks"]):
            assert part["width"] >= 1
            assert part["height"] >= 1
            assert box["left"] - 1 <= part["left"]
            assert part["right"] <= box["right"] + 1
        fills = {
            exposed: {b["fill"] for b in each["bars"] if b["exposed"] is exposed}
            for exposed in (True, False)
        }
        assert fills[True]
        assert not fills[True] & fills[False]


@pytest.mark.parametrize("width", [320, 390, 420, 768, 1600])
def test_nothing_is_wider_than_the_window(width: int, window: Browser, page: Path) -> None:
    window.open(page, width=width)
    assert window.evaluate("document.documentElement.scrollWidth") <= width
    parts = "[...document.querySelectorAll('pre, dd, td, li')]"
    cut = window.evaluate(
        f"{parts}.filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)"
    )
    assert cut == []


def test_a_live_key_is_stopped_from_the_first_screen_of_a_phone(
    window: Browser, page: Path
) -> None:
    window.open(page, width=420)
    told = window.evaluate(
        "[...document.querySelectorAll('h1, .next')].slice(0, 2).map(e => "
        "({text: e.innerText, bottom: e.getBoundingClientRect().bottom}))"
    )
    title, step = told
    assert title["text"].startswith("Stop it: ")
    assert step["text"].startswith("Stop it now: ")
    assert step["bottom"] < 800


@pytest.mark.parametrize("width", [420, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_readmes_picture_can_be_read_and_does_nothing(
    width: int, scheme: Scheme, window: Browser, tmp_path: Path
) -> None:
    picture = ROOT / "docs" / "demo.svg"
    shown = tmp_path / "readme.html"
    shown.write_text(
        f"<body style='margin: 1rem'><img src='{picture.as_uri()}' style='max-width: 100%'>",
        encoding="utf-8",
    )
    window.open(shown, width=width, scheme=scheme)
    assert window.evaluate("document.documentElement.scrollWidth") <= width
    scale = window.evaluate("document.images[0].width / document.images[0].naturalWidth")
    window.open(picture, width=width, scheme=scheme)
    asked = [each["request"]["url"] for each in window.said("Network.requestWillBeSent")]
    assert asked == [picture.as_uri()]
    assert window.said("Log.entryAdded") == []
    frame = "document.querySelector('rect').getBBox()"
    texts = window.evaluate(
        "[...document.querySelectorAll('text')].map(e => ({text: e.textContent, "
        "high: parseFloat(getComputedStyle(e).fontSize), ink: getComputedStyle(e).fill, "
        f"paper: getComputedStyle(document.querySelector('rect')).fill, "
        f"inside: e.getBBox().x + e.getBBox().width < {frame}.x + {frame}.width && "
        f"e.getBBox().y + e.getBBox().height < {frame}.y + {frame}.height }}))"
    )
    assert texts
    for each in texts:
        assert each["inside"], each
        assert each["high"] * scale >= 10, each
        assert contrast(each["ink"], each["paper"]) >= 4.5, each


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as a browser writes them, by WCAG 2.2's definition."""
    dark, light = sorted(map(_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("media", ["", "print"])
def test_text_can_be_read_in_every_light(
    scheme: Scheme, media: str, window: Browser, page: Path
) -> None:
    window.open(page, scheme=scheme, media=media)
    for selector in ("p", ".soft", "dt", "th", ".state.alarm", ".state.success"):
        assert window.evaluate(f"({CONTRAST})('{selector}')") >= 4.5, selector
    paper = window.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light" or media == "print")


def test_whoever_cannot_see_the_drawing_is_told_what_is_in_it(window: Browser, page: Path) -> None:
    window.open(page)
    nodes: list[dict[str, Any]] = window.call("Accessibility.getFullAXTree")["nodes"]
    named = [
        node["name"]["value"]
        for node in nodes
        if not node.get("ignored") and node["role"]["value"] in ("image", "img")
    ]
    assert len(named) == 2
    for name in named:
        assert name.startswith("Calls made with the key in each")
        assert "The leak was at 2026-11-21 03:00 UTC." in name
    headings = "[...document.querySelectorAll('h1, h2, h3, h4')].map(e => Number(e.tagName[1]))"
    levels: list[int] = window.evaluate(headings)
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert window.evaluate("document.documentElement.lang") == "en"


def test_ids_are_unique_and_references_lead_somewhere(window: Browser, page: Path) -> None:
    window.open(page)
    ids = window.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    references = window.evaluate(
        "[...document.querySelectorAll('[aria-labelledby]')]"
        ".flatMap(e => e.getAttribute('aria-labelledby').split(' '))"
    )
    assert references
    assert set(references) <= set(ids)


def test_it_can_be_printed(window: Browser, page: Path) -> None:
    window.open(page)
    printed = base64.b64decode(window.call("Page.printToPDF", printBackground=True)["data"])
    assert printed.startswith(b"%PDF-")
    assert len(printed) > 20_000
