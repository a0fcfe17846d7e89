"""Know what there is to write on: how wide it is, which characters it shows, and in what ink."""

from __future__ import annotations

from dataclasses import dataclass

WIDEST = 96
NARROWEST = 40
_BLOCKS = "▁▂▃▄▅▆▇█│└─┬"

BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
RED, YELLOW, GREEN, BLUE = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;32m", "\x1b[1;34m"


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
