r"""Make untrusted text harmless where it is read: a terminal, a log, a shell, Markdown.

A canvas says what there is to write on: how wide it is, and which characters it shows.

Words for a shell follow the rules of POSIX ("Shell Command Language", 2.2), of PowerShell
(about_Quoting_Rules), and of cmd with the way in which programs on Windows read their arguments
(https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments). Before 7.3
PowerShell drops double quotes within a word, however it is quoted.

GitHub makes links, mentions and references from the text that a page shows, whatever the source
was, but never inside code (html-pipeline, MentionFilter: "Mentions within <pre>, <code>, and <a>
elements are ignored"). So each word that could turn into anything else is shown as code.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.system import WINDOWS
from bedrock_key_guard.text.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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


Shell = Literal["posix", "powershell", "cmd"]

# What no shell of Windows reads as more than itself. PowerShell takes `-a.b` for two words.
_PLAIN = re.compile(r"-{0,2}[\w/\\]+(?:-[\w/\\]+)*|[\w.:/\\][\w.:/\\+-]*", re.ASCII)
_BEFORE_QUOTE = re.compile(r'(\\*)"')
_LAST_BACKSLASHES = re.compile(r"(\\+)$")


def shell_in(environment: Mapping[str, str], *, windows: bool) -> Shell:
    """Return the shell that most probably started this process.

    Git Bash and MSYS2 set MSYSTEM. `cmd` alone sets PROMPT for what it starts.
    """
    if not windows or environment.get("MSYSTEM"):
        return "posix"
    return "cmd" if environment.get("PROMPT") else "powershell"


def own_shell() -> Shell:
    """Return the shell of whoever reads what this process says."""
    return shell_in(os.environ, windows=WINDOWS)


def command_line(words: Iterable[str], shell: Shell = "posix") -> str:
    """Return the words as one line of this shell, each read as it is."""
    return " ".join(map(_QUOTED[shell], words))


def for_shell(line: str, shell: Shell) -> str:
    """Return a line that is quoted for a POSIX shell as this one reads it.

    One with a substitution is left as it is: it is no list of words.
    """
    if shell == "posix" or "$(" in line:
        return line
    return command_line(shlex.split(line), shell)


def _for_powershell(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    return "'" + re.sub("(['‘’‚‛])", r"\1\1", word) + "'"  # noqa: RUF001  # it reads all as quotes


def _for_cmd(word: str) -> str:
    """Quote for the program, and keep each `%` outside of the quotes, behind a caret."""
    if _PLAIN.fullmatch(word):
        return word
    escaped = _LAST_BACKSLASHES.sub(r"\1\1", _BEFORE_QUOTE.sub(r'\1\1\\"', word))
    return '"' + escaped.replace("%", '"^%"') + '"'


_QUOTED = {"posix": shlex.quote, "powershell": _for_powershell, "cmd": _for_cmd}


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
