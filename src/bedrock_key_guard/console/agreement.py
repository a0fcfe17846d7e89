"""Ask a person before anything is changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bedrock_key_guard.console.standard_streams import say, somebody_is_there
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.keys.key import short
from bedrock_key_guard.report.report import plural
from bedrock_key_guard.text.harmless import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bedrock_key_guard.model.actions import Proposal, Undo

_YES = ("y", "yes")
_UNDO: dict[Undo, str] = {
    "always": "`restore` takes it back",
    "until-finished": "it cannot be taken back once the key is confirmed dead",
    "never": "it cannot be taken back",
}


def require_somebody(command: str) -> None:
    """Raise UsageError where nobody is there to be asked, before anything is looked at."""
    if not somebody_is_there():
        raise UsageError(
            f"`{command}` asks before it changes anything, and there is no terminal to ask on: "
            "nothing was changed.",
            remedy="Add --yes to change without being asked, or --dry-run to see what would be.",
        )


def agrees(lines: Iterable[str], question: str) -> bool:
    """Show what would be done, and return whether the person at the terminal says yes to it."""
    for line in lines:
        say(printable(line))
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in _YES


def agrees_to(proposals: Sequence[Proposal]) -> bool:
    """Show what would be changed for each key, and return whether that may be."""
    count = plural(len(proposals), "change")
    return agrees(_described(proposals), f"Make {count}?")


def _described(proposals: Iterable[Proposal]) -> Iterator[str]:
    yield "This would be changed:"
    for each in proposals:
        yield f"key {short(each.fingerprint)} of account {each.account_id}: {each.action}"
        yield f"  {each.promise}; {_UNDO[each.undo]}"
