"""Know what there is to draw on: how wide it is, and which characters it can show."""

from __future__ import annotations

from dataclasses import dataclass

WIDEST = 96
NARROWEST = 40
_BLOCKS = "▁▂▃▄▅▆▇█│└─┬"


@dataclass(frozen=True, slots=True)
class Canvas:
    """Hold the columns of a page of text, and whether block characters can be drawn on it."""

    width: int = WIDEST
    blocks: bool = True


def canvas_for(width: int | None, encoding: str) -> Canvas:
    """Return the canvas of a terminal of so many columns, or of a file (None)."""
    columns = WIDEST if width is None else max(NARROWEST, min(width, WIDEST))
    try:
        _BLOCKS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return Canvas(columns, blocks=False)
    return Canvas(columns)
