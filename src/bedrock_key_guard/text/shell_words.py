"""Quote words for the shell that a person pastes them into.

The rules are those of POSIX ("Shell Command Language", 2.2), of PowerShell (about_Quoting_Rules),
and of cmd with the way in which programs on Windows read their arguments
(https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments). Before 7.3
PowerShell drops double quotes within a word, however it is quoted.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.system import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
