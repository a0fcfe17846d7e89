"""Build HTML so that untrusted text stays text: what is no markup of ours is escaped, always."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from bedrock_key_guard.text.harmless import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

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
