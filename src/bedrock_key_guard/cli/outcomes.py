"""Tell people, line by line, what became of each change that a command went through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.console.standard_streams import say, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_key_guard.model.response import Outcome

_SETTLED = ("done", "dry-run", "not-needed")


def tell(outcomes: Sequence[tuple[str, Outcome]], *, where_none: str) -> int:
    """Write each outcome behind what it is of; return the exit code, 4 where one is left open."""
    from bedrock_key_guard.text.terminal import printable

    for what, outcome in outcomes:
        line = f"{what}  {outcome.state}: {outcome.reason}"
        write(f"{printable(line)}\n")
    if not outcomes:
        say(where_none)
    return 0 if all(outcome.state in _SETTLED for _, outcome in outcomes) else 4
