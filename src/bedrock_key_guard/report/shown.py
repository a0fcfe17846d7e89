"""Show untrusted text on a terminal, and in the log of a run, without letting it do anything."""

from __future__ import annotations

import re
from textwrap import wrap
from typing import TYPE_CHECKING

from bedrock_key_guard.report.describe import printable

if TYPE_CHECKING:
    from bedrock_key_guard.report.canvas import Canvas

_COMMAND_START = re.compile(r"(?<!\S)::")


def shown(text: str) -> str:
    r"""Return untrusted text as one harmless line.

    A runner of GitHub Actions obeys `::` at the start of a line and `##[` anywhere in it
    (actions/runner, ActionCommand.cs), so no word starts with one and none holds the other.
    """
    return _COMMAND_START.sub(r":\\x3a", printable(text)).replace("##[", r"#\x23[")


def wrapped(text: str, indent: int, canvas: Canvas) -> str:
    """Return untrusted text in lines of the canvas's width, all but the first indented."""
    lines = wrap(shown(text), canvas.width - indent, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines)
