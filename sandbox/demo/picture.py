"""Draw what the demo has shown, as a picture that is readable on a phone, by day and by night.

`python -m sandbox.demo docs/demo.svg` draws the one in the README anew. Nothing in the picture
acts, and it asks for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH = 480
LINE = 19
MARGIN = 16
COLUMNS = (MARGIN, 192, 280)
STYLE = """\
svg { --paper: #fff; --line: #d1d9e0; --ink: #1f2328; --soft: #59636e;
  --bad: #b3261e; --good: #1a7f37; }
@media (prefers-color-scheme: dark) { svg { --paper: #151b23; --line: #3d444d; --ink: #e6edf3;
  --soft: #9198a1; --bad: #ff8d85; --good: #56d364; } }
rect { fill: var(--paper); stroke: var(--line); }
text { fill: var(--ink); font: 13px ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.name { font-weight: 600; } .soft { fill: var(--soft); }
.bad { fill: var(--bad); font-weight: 600; } .good { fill: var(--good); font-weight: 600; }
"""
BAD, GOOD = ("live", "accepted", "NO"), ("dead", "refused", "yes")


@dataclass(frozen=True, slots=True)
class Row:
    """Hold what became of one key: how it stood before and after, and what was said and done."""

    name: str
    where: str
    before: str
    verdict: str
    response: str
    after: str
    issue: str


def draw(rows: Sequence[Row], checks: Sequence[tuple[str, bool]]) -> str:
    """Return the picture as SVG: two lines for each key, and how many checks hold."""
    lines = [text for texts in _lines(rows, checks) for text in texts]
    height = MARGIN * 2 + round(LINE * (3 * len(rows) + 4.4))
    title = "Six leaked keys, before and after one run of the guard"
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    parts = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">',
        f"<title>{title}</title>",
        f"<style>\n{STYLE}</style>",
        f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        *lines,
        "</svg>",
    )
    return "\n".join(parts) + "\n"


def _lines(rows: Sequence[Row], checks: Sequence[tuple[str, bool]]) -> Iterator[list[str]]:
    yield _line(0, ("$ make demo", "soft"))
    yield _line(2, ("leaked key", "soft"), ("verdict", "soft"), ("before -> after", "soft"))
    for number, row in enumerate(rows):
        at = 3.4 + number * 3
        before, after = (each.partition("\n")[0] for each in (row.before, row.after))
        change = before if before == after else f"{before} -> {after}"
        tone = "" if row.verdict == "foreign" else _tone(after)
        yield _line(at, (row.name, "name"), (row.verdict, _tone(row.verdict)), (change, tone))
        issue = f", issue {row.issue}" if row.issue else ""
        yield _line(at + 1, (row.where, "soft"), (row.response.replace("\n", " ") + issue, "soft"))
    holding = sum(holds for _, holds in checks)
    told = f"{holding} of {len(checks)} checks hold"
    yield _line(3.6 + len(rows) * 3, (told, "good" if holding == len(checks) else "bad"))


def _line(at: float, *texts: tuple[str, str]) -> list[str]:
    y = MARGIN + LINE * at + 13
    return [
        f'<text x="{x}" y="{y:g}" class="{tone}">{escape(text)}</text>'
        for x, (text, tone) in zip(COLUMNS, texts, strict=False)
    ]


def _tone(word: str) -> str:
    return "bad" if word in BAD else "good" if word in GOOD else ""
