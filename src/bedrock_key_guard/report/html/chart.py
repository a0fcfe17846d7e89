"""Draw calls over time as SVG: plain shapes, with a description for those who cannot see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.model.times import moment
from bedrock_key_guard.report.html.elements import Markup, element, joined
from bedrock_key_guard.report.series import Series, series
from bedrock_key_guard.report.totals import plural

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bedrock_key_guard.model.usage import Usage
    from bedrock_key_guard.report.series import Mark

COLUMNS = 120
_WIDTH, _HEIGHT = 900, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 8, 48, 26
_ACROSS, _DOWN = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
_FLOOR = _TOP + _DOWN


def chart(usage: Usage, name: str) -> Markup:
    """Return the drawing with its caption and its numbers; nothing where there were no calls.

    `name` begins the ids in it, which have to be one page's own.
    """
    if not usage.hours:
        return Markup()
    drawn = series(usage, COLUMNS)
    each = "hour" if drawn.hours == 1 else plural(drawn.hours, "hour")
    failed = ", those that failed in red" if usage.errors else ""
    picture = element(
        "svg",
        element("title", f"Calls made with the key in each {each}", id=f"{name}-title"),
        element("desc", _described(drawn), id=f"{name}-text"),
        *_shapes(drawn),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        aria_labelledby=f"{name}-title {name}-text",
    )
    caption = element("figcaption", f"Calls in each {each}{failed}. Times are UTC.")
    return joined((element("figure", picture, caption), _numbers(drawn, each)))


def share(calls: int, most: int) -> Markup:
    """Return a bar beside a number; the number says the same."""
    width = max(0.5, round(100 * calls / most, 1)) if most else 0
    bar = element("rect", class_="calls", width=width, height=10)
    return element("svg", bar, viewBox="0 0 100 10", preserveAspectRatio="none", aria_hidden="true")


def _described(drawn: Series) -> str:
    fullest = max(range(len(drawn.calls)), key=drawn.calls.__getitem__)
    marks = "".join(f" The {mark.name} was at {moment(mark.time)}." for mark in drawn.marks)
    return (
        f"From {moment(drawn.begin)} to {moment(drawn.end)}: {plural(sum(drawn.calls), 'call')}, "
        f"at most {drawn.highest:,}, at {moment(_begin(drawn, fullest))}.{marks}"
    )


def _shapes(drawn: Series) -> Iterator[Markup]:
    yield from _exposed(drawn)
    yield _line(_LEFT, _FLOOR, _WIDTH - _RIGHT, _FLOOR, "axis")
    yield from _bars(drawn)
    yield _label(_LEFT - 8, _TOP + 10, f"{drawn.highest:,}", "end")
    yield _label(_LEFT - 8, _FLOOR, "0", "end")
    yield _label(_LEFT, _HEIGHT - 8, moment(drawn.begin), "start")
    yield _label(_WIDTH - _RIGHT, _HEIGHT - 8, moment(drawn.end), "end")
    for row, mark in enumerate(drawn.marks):
        yield from _mark(mark, 14 + 19 * row)


def _exposed(drawn: Series) -> Iterator[Markup]:
    at = {mark.name: mark.at for mark in drawn.marks}
    if "leak" in at and at["leak"] <= at.get("response", 1):
        begin, end = _x(at["leak"]), _x(at.get("response", 1))
        yield _rect(begin, _TOP, end - begin, _DOWN, "exposed")


def _bars(drawn: Series) -> Iterator[Markup]:
    width = _ACROSS / len(drawn.calls)
    gap = min(1.5, width / 5)
    for column, (calls, errors) in enumerate(zip(drawn.calls, drawn.errors, strict=True)):
        left = _LEFT + column * width
        for number, kind in ((calls, "calls"), (errors, "errors")):
            if number:
                height = _down(number, drawn.highest)
                yield _rect(left, _FLOOR - height, width - gap, height, kind)


def _mark(mark: Mark, y: float) -> Iterator[Markup]:
    """Write a mark's name on the side where there is room."""
    x = _x(mark.at)
    left = mark.at > 0.7
    yield _line(x, y - 10, x, _FLOOR, "mark")
    text = f"{mark.name}, {moment(mark.time)}"
    yield _label(x - 6 if left else x + 6, y, text, "end" if left else "start", "name")


def _numbers(drawn: Series, each: str) -> Markup:
    """Return the same as a table, for whoever cannot see the drawing."""
    rows = [
        element(
            "tr",
            element("td", moment(_begin(drawn, column))),
            element("td", f"{calls:,}", class_="number"),
            element("td", f"{drawn.errors[column]:,}", class_="number"),
        )
        for column, calls in enumerate(drawn.calls)
        if calls
    ]
    head = element(
        "tr",
        element("th", f"{each} from", scope="col"),
        element("th", "calls", scope="col", class_="number"),
        element("th", "failed", scope="col", class_="number"),
    )
    table = element("table", element("thead", head), element("tbody", *rows))
    return element("details", element("summary", "The numbers"), table)


def _begin(drawn: Series, column: int) -> datetime:
    return drawn.begin + column * (drawn.end - drawn.begin) / len(drawn.calls)


def _x(share: float) -> float:
    return _LEFT + share * _ACROSS


def _down(calls: int, highest: int) -> float:
    """Return the height of a bar; a single call is seen beside thousands."""
    return max(1.5, calls / highest * _DOWN)


def _rect(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    sizes = (f"{number:.1f}" for number in (x, y, width, height))
    return element(
        "rect", class_=kind, **dict(zip(("x", "y", "width", "height"), sizes, strict=True))
    )


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    ends = (f"{number:.1f}" for number in (x1, y1, x2, y2))
    return element("line", class_=kind, **dict(zip(("x1", "y1", "x2", "y2"), ends, strict=True)))


def _label(x: float, y: float, text: str, anchor: str, kind: str | None = None) -> Markup:
    return element("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, class_=kind)
