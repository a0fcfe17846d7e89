"""Look at the HTML report as a browser shows it: wide, narrow, dark, printed, and read aloud."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.report.html.page import as_html
from tests.browser import Browser, Scheme, browser
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
    assert window.evaluate("document.title").startswith("Incident report")
    # The browser tells of two requests that it did not make, and says why in its log.
    assert len(window.said("Log.entryAdded")) >= 2


def test_every_bar_and_mark_is_drawn_and_fits_the_page(window: Browser, page: Path) -> None:
    window.open(page)
    drawn = window.evaluate(
        """
        [...document.querySelectorAll("figure pre")].map(pre => ({
          lines: pre.innerText.split("\\n"),
          colour: getComputedStyle(pre).color,
          exposed: [...pre.querySelectorAll("mark")].map(e => getComputedStyle(e).color),
          right: Math.max(...[...pre.querySelectorAll("mark")]
            .map(e => e.getBoundingClientRect().right)),
          edge: pre.getBoundingClientRect().right,
          room: pre.clientWidth, width: pre.scrollWidth }))
        """
    )
    assert len(drawn) == 2
    quiet, stolen = sorted(drawn, key=lambda each: len(each["exposed"]))
    assert "".join(quiet["lines"]).count("█") > 3
    assert sum(map("".join(stolen["lines"]).count, "▄█")) > 40
    assert ["leak", "response"] in [line.split() for line in stolen["lines"]]
    for each in drawn:
        assert each["width"] <= each["room"]
        assert each["right"] <= each["edge"]
        assert each["exposed"]
        assert each["colour"] not in each["exposed"]


@pytest.mark.parametrize("width", [320, 390, 768, 1600])
def test_nothing_is_wider_than_the_window(width: int, window: Browser, page: Path) -> None:
    window.open(page, width=width)
    assert window.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("media", ["", "print"])
def test_text_can_be_read_in_every_light(
    scheme: Scheme, media: str, window: Browser, page: Path
) -> None:
    window.open(page, scheme=scheme, media=media)
    for selector in ("p", ".soft", "dt", "th", ".state.alarm", ".state.success", "mark"):
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
