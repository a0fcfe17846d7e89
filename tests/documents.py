"""Read the documents as people do: their pages, links, anchors, and fenced examples."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[1]
DOCS = ("README.md", *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/**/*.md")))
"""The pages whose examples are run."""
PAGES = (
    *DOCS,
    *("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "deploy/README.md"),
    *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob(".github/**/*.md")),
)
"""The pages whose links are followed."""


@dataclass(frozen=True, slots=True)
class Example:
    """A fenced block: `kind` is what stands behind the fence, such as `console`."""

    page: str
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        """Name it in the id of a test."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody types, and what is printed under it."""

    page: str
    command: str
    output: str


def examples(kind: str = "") -> list[Example]:
    """Return every fenced block of the documents, or those of a kind."""
    every = (each for page in DOCS for each in _examples(page))
    return [each for each in every if kind in ("", each.kind)]


def sessions() -> list[Typed]:
    """Return all that is to be typed, in the order of its page; every line where none is marked."""
    return [
        Typed(each.page, command, output)
        for each in examples("console")
        for command, output in _typed(each.text)
    ]


def indented(page: str) -> str:
    """Return what stands in a page as code without a fence."""
    return "".join(each.content for each in _tokens(page) if each.type == "code_block")


def links(page: str) -> list[str]:
    """Return where the links and the pictures of a page lead."""
    inline = (child for each in _tokens(page) for child in each.children or ())
    found = (each.attrs.get("href") or each.attrs.get("src") for each in inline)
    return [str(each) for each in found if each]


def is_a_test(path: str, name: str) -> bool:
    """Return whether a file below tests/ has a test of this name."""
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    return name in [each.name for each in tree.body if isinstance(each, ast.FunctionDef)]


@cache
def anchors(page: str) -> frozenset[str]:
    """Return the names that GitHub gives to the headings of a page, for links to lead to."""
    seen: dict[str, int] = {}
    tokens = _tokens(page)
    for opened, inline in pairwise(tokens):
        if opened.type == "heading_open":
            text = "".join(child.content for child in inline.children or ())
            name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            number = seen[name] = seen.get(name, -1) + 1
            seen.setdefault(f"{name}-{number}" if number else name, 0)
    return frozenset(seen)


@cache
def _tokens(page: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse((ROOT / page).read_text("utf-8"))


def _examples(page: str) -> Iterator[Example]:
    for each in _tokens(page):
        if each.type == "fence":
            line, _ = each.map or (0, 0)
            yield Example(page, line + 1, each.info, each.content)


def _typed(text: str) -> Iterator[tuple[str, str]]:
    """Split a block at its prompts; a backslash at the end of a line goes on in the next."""
    joined = text.replace("\\\n", "")
    if not re.search(r"^\$ ", joined, re.MULTILINE):
        yield from ((line, "") for line in joined.splitlines())
        return
    for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output
