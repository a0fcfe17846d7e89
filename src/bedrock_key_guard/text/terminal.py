"""Show untrusted text on a terminal, and in the log of a run, without letting it do anything.

A canvas says what there is to write on: how wide it is, and which characters it shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from bedrock_key_guard.text.redaction import redact

if TYPE_CHECKING:
    from bedrock_key_guard.text.shell_words import Shell

WIDEST = 96
NARROWEST = 40
_BLOCKS = "▄█│└─┬"

BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
RED, YELLOW, GREEN = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;32m"

_COLOUR_CODE = re.compile(r"\x1b\[[0-9;]+m")
_COMMAND_START = re.compile(r"(?<!\S)::")


@dataclass(frozen=True, slots=True)
class Canvas:
    """Hold the columns of a page of text, whether it shows blocks, and its reader's shell."""

    width: int = WIDEST
    blocks: bool = True
    shell: Shell = "posix"


def canvas_for(width: int | None, encoding: str, shell: Shell = "posix") -> Canvas:
    """Return the canvas of a terminal of so many columns, or of a file (None)."""
    columns = WIDEST if width is None else max(NARROWEST, min(width, WIDEST))
    try:
        _BLOCKS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return Canvas(columns, blocks=False, shell=shell)
    return Canvas(columns, shell=shell)


def uncoloured(text: str) -> str:
    """Return a text without our own codes for colours."""
    return _COLOUR_CODE.sub("", text)


def printable(text: str) -> str:
    r"""Return `text` without keys, and with what is no visible character as `\x1b`, `\u202e`.

    That covers control characters, escapes, line breaks, bidirectional overrides, invisible
    characters, and the bytes of a file name that are no text.
    """
    text = redact(text)
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


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


def _escaped(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":  # a byte that os.fsdecode could not read
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode-escape", "surrogatepass").decode("ascii")
