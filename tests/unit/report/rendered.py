"""Render Markdown as GitHub does, as far as its tests need: CommonMark with tables."""

from __future__ import annotations

import html
import re

from markdown_it import MarkdownIt

from bedrock_key_guard.model.findings import Case
from bedrock_key_guard.model.remembered import Memory
from bedrock_key_guard.report.github.case_markdown import sightings
from bedrock_key_guard.report.github.issue import IssueContext, issue_text, where_it_is

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_CODE = re.compile(r"<code[^>]*>(.*?)</code>", re.DOTALL)
_TAG = re.compile(r"<(/?[a-zA-Z][^\s>/]*)[^>]*>")


def issue_body(case: Case, context: IssueContext) -> str:
    """Return all that a new issue says of a key."""
    text = issue_text(case, context)
    seen = Memory(sightings(case, context.source))
    return f"{text}\n\n{where_it_is(case, context, seen, text)}"


def page(text: str) -> str:
    """Return the page as HTML."""
    rendered: str = _MARKDOWN.render(text)
    return rendered


def codes(text: str) -> list[str]:
    """Return what the page shows as code."""
    return [html.unescape(found) for found in _CODE.findall(page(text))]


def outside_code(text: str) -> str:
    """Return the page without its code: what GitHub looks through for mentions and references."""
    return _CODE.sub("", page(text))


def visible(text: str) -> str:
    """Return the text that the page shows, without its tags."""
    return html.unescape(without_tags(page(text)))


def without_tags(rendered: str) -> str:
    """Return HTML without its tags."""
    return _TAG.sub("", rendered)


def tags(text: str) -> set[str]:
    """Return the names of the tags of the page, code aside."""
    return {name.strip("/") for name in _TAG.findall(outside_code(text))}


def links(text: str) -> list[str]:
    """Return where the links of the page lead."""
    return [html.unescape(link) for link in re.findall(r'href="([^"]*)"', outside_code(text))]
