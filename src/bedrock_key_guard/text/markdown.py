r"""Put untrusted text into Markdown so that it stays text.

GitHub makes links, mentions and references from the text that a page shows, whatever the source
was, but never inside code (html-pipeline, MentionFilter: "Mentions within <pre>, <code>, and <a>
elements are ignored"). So each word that could turn into anything else is shown as code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bedrock_key_guard.text.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST = 400

_NOT_FOR_BACKTICKS = re.compile(r"[`|\\<>&]|^ | $|^$")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_PLAIN_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[0-9]+(?:[.:,][0-9]+)+")
_AROUND = re.compile(r"([(\"']*)(.*?)([)\"',.;:?]*)")
_PIECE = re.compile(r"(?<!\S)([(\"']*)`([^`]+)`([)\"',.;:?]*)(?!\S)|\S+")  # `some code`, or a word
_REFERENCE = re.compile(r"\b(?:gh-[0-9]+|[0-9a-f]{7,})\b", re.IGNORECASE)  # to an issue, a commit


def code(text: str) -> str:
    """Return untrusted text as code, cut to LONGEST characters; safe in a table's cell too."""
    text = clip(printable(text))
    if not _NOT_FOR_BACKTICKS.search(text):
        return f"`{text}`"
    escaped = _PUNCTUATION.sub(lambda mark: f"&#{ord(mark[0])};", text)
    return f"<code>{escaped}</code>"


def prose(text: str) -> str:
    """Return an untrusted sentence as Markdown that shows it.

    What stands between backticks is code, and so is each word that Markdown might take for more.
    """
    return " ".join(map(_piece, _PIECE.finditer(clip(printable(text)))))


def clip(text: str) -> str:
    """Return text cut to LONGEST characters."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def fenced(lines: Iterable[str], language: str = "sh") -> str:
    """Return lines as a block of code whose fence no line of it can close."""
    body = [printable(line) for line in lines]
    longest = max((len(run) for line in body for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((f"{fence}{language}", *body, fence))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = (header, ["---"] * len(header), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _piece(found: re.Match[str]) -> str:
    before, quoted, after = found.groups()
    return f"{before}{code(quoted)}{after}" if quoted else _word(found[0])


def _word(word: str) -> str:
    before, core, after = _AROUND.fullmatch(word).groups()  # type: ignore[union-attr]
    if not core or (_PLAIN_WORD.fullmatch(core) and not _REFERENCE.search(core)):
        return word
    return f"{before}{code(core)}{after}"
