"""Build HTML so that untrusted text stays text: what is no markup of ours is escaped, always.

Calls made with a key are drawn as SVG within the page. All is placed in percent, so that text keeps
its size and the right end is in view at any width.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from bedrock_key_guard.model.times import moment
from bedrock_key_guard.report.call_chart import caption, numbers, series
from bedrock_key_guard.text.harmless import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.model.usage import Usage
    from bedrock_key_guard.report.call_chart import Mark, Series
    from bedrock_key_guard.report.document import Table

_EMPTY = frozenset(("br", "meta"))


class Markup(str):
    """Mark text as HTML that this module has made."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str | float | None) -> Markup:
    """Return an element; children that are no Markup are text, attributes of None are left out.

    `class_` is written `class`, and `aria_label` is written `aria-label`.
    """
    written = (
        f' {key.rstrip("_").replace("_", "-")}="{_text(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    start = f"<{name}{''.join(written)}"
    if name in _EMPTY:
        return Markup(f"{start}/>")
    return Markup(f"{start}>{joined(children)}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """Return parts one after the other, those that are no Markup as text."""
    return Markup("".join(part if isinstance(part, Markup) else _text(part) for part in parts))


def code(text: str) -> Markup:
    """Return text as code."""
    return element("code", text)


def listing(items: Iterable[str], kind: str = "ul", **attributes: str | None) -> Markup:
    """Return a list, or nothing where there are no items."""
    made = [element("li", item) for item in items]
    return element(kind, *made, **attributes) if made else Markup()


def _text(text: str) -> str:
    return escape(printable(text), quote=True)


COLUMNS = 90
_FULL = 74
"""Percent of the height; above the fullest column stand the names of marks."""


def figure(usage: Usage, name: str) -> tuple[Markup, Table]:
    """Return the drawing with a caption that says the same, and the numbers behind it.

    `name` is an id for the caption. There has to be something to draw.
    """
    drawn = series(usage, COLUMNS)
    picture = element(
        "svg", *_bars(drawn), *_marks(drawn), class_="chart", role="img", aria_labelledby=name
    )
    ends = (element("span", moment(when)) for when in (drawn.begin, drawn.end))
    text = element("figcaption", caption(drawn), id=name)
    return element("figure", picture, element("p", *ends, class_="ends"), text), numbers(drawn)


def _bars(drawn: Series) -> Iterator[Markup]:
    wide = 100 / len(drawn.calls)
    for column, calls in enumerate(drawn.calls):
        if calls:
            high = max(1.5, calls * _FULL / drawn.highest)  # one call is seen beside thousands
            yield element(
                "rect",
                x=f"{column * wide:.2f}%",
                y=f"{100 - high:.2f}%",
                width=f"{min(wide * 0.86, 4):.2f}%",
                height=f"{high:.2f}%",
                class_="exposed" if drawn.exposed(column) else None,
            )


def _marks(drawn: Series) -> Iterator[Markup]:
    for row, mark in enumerate(drawn.marks):
        at = f"{mark.column * 100 / len(drawn.calls):.2f}%"
        yield element("line", x1=at, x2=at, y1="0", y2="100%")
        yield _named(drawn, mark, at, row)


def _named(drawn: Series, mark: Mark, at: str, row: int) -> Markup:
    """Write a mark's name on the side of its line where there is room."""
    left = mark.column * 2 < len(drawn.calls)
    return element(
        "text",
        mark.name,
        x=at,
        y=f"{0.8 + row * 1.1:.1f}em",
        dx="5" if left else "-5",
        text_anchor="start" if left else "end",
    )
