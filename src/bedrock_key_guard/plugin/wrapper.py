"""Run detect-secrets with our detector known by name, and with what it never shows a plugin.

Files in UTF-16, binaries, `.svg`, `.lock` and a lone `Client(api_key=...)` reach no plugin, so the
engine reads every file once more and adds what was missed.
"""

from __future__ import annotations

import io
import os
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import detect_secrets.main
from detect_secrets import pre_commit_hook
from detect_secrets.exceptions import InvalidBaselineError, UnableToReadBaselineError

from bedrock_key_guard.console.standard_streams import say, write
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.plugin.collection import CompleteCollection
from bedrock_key_guard.plugin.detector import SECRET_TYPE
from bedrock_key_guard.plugin.replacements import NAME, replace_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bedrock_key_guard.scan.allowlist import AllowList

INCOMPLETE = 4
# What makes an audit print an answer, and ask a person nothing.
_ANSWERS = frozenset(("--report", "--stats"))
_OPTIONS = ("--allow-list", "--exclude")
_PORTABLE = "--portable"
_NAMED = (
    f"This baseline names {NAME}, and detect-secrets without Bedrock Key Guard stops at it. For "
    "people who have only that, write one with `bedrock-key-guard-detect-secrets scan --portable`."
)
_FOREIGN = (
    f"Entries of this baseline that only Bedrock Key Guard knows ({SECRET_TYPE}): {{count}}. Plain "
    "detect-secrets takes them out when its hook reads their files, and its audit stops at them. "
    "`bedrock-key-guard-detect-secrets scan --baseline FILE` brings them back; in the list of "
    "`--allow-list FILE` they stay (`bedrock-key-guard allow`)."
)


def run(arguments: list[str]) -> int:
    """Run the command that the first argument names, or the hook, and return its exit code.

    Raises UsageError where detect-secrets does not take the detector, or is to run foreign code.
    """
    options, words = _own_options(arguments)
    replace_parts(to_audit=words[:1] == ["audit"])
    allow = _allow_list(options) if options else None
    CompleteCollection.begin(allow)
    if words[:1] == ["audit"]:
        return _audit(words)
    if words[:1] == ["scan"]:
        code = _scan(words)
    else:
        files = words[1:] if words[:1] == ["hook"] else words
        code = _written(lambda: pre_commit_hook.main(files))
    return _explain(code, allow)


def _scan(words: list[str]) -> int:
    """Write a baseline, and say what it is to those who have detect-secrets alone."""
    CompleteCollection.is_portable = _PORTABLE in words
    rest = [each for each in words if each != _PORTABLE]
    code = _written(lambda: detect_secrets.main.main(rest))
    written = CompleteCollection.written
    if written is None or "--only-allowlisted" in rest:
        return code
    if not CompleteCollection.is_portable:
        say(_NAMED)
    elif count := sum(each.type == SECRET_TYPE for _, each in written):
        say(_FOREIGN.format(count=count))
    return code


def _explain(code: int, allow: AllowList | None) -> int:
    """Say what is new and what was not read, and return the exit code."""
    if CompleteCollection.new:
        from bedrock_key_guard.githooks.explanations import explanations
        from bedrock_key_guard.report.terminal.blocked import COMMIT

        file = str((allow and allow.file) or "")
        for text in explanations(CompleteCollection.new, COMMIT, file):
            say(text)
    if CompleteCollection.missed:
        from bedrock_key_guard.report.terminal.blocked import unread

        say(unread(sorted(CompleteCollection.missed)))
    incomplete = any(each.kind == "missing" for each in CompleteCollection.missed)
    return code or (INCOMPLETE if incomplete else 0)


def _own_options(arguments: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return our own options, and the words of detect-secrets. Raises UsageError."""
    options: list[tuple[str, str]] = []
    words: list[str] = []
    rest = iter(arguments)
    for each in rest:
        name, equals, value = each.partition("=")
        if name not in _OPTIONS:
            words.append(_as_listed(each))
        elif equals or (value := next(rest, "")):
            options.append((name, value))
        else:
            raise UsageError(f"{name} needs a value.")
    return options, words


def _allow_list(options: list[tuple[str, str]]) -> AllowList:
    from bedrock_key_guard.githooks.answer import allow_list_of

    return allow_list_of(options)


def _as_listed(word: str) -> str:
    """Return the name of a file as a baseline has it, which is written in the same folder.

    Those who call hooks pass absolute names, too.
    """
    option, equals, name = word.partition("=") if word.startswith("--baseline=") else ("", "", word)
    if name.startswith("-") or not Path(name).is_file():
        return word
    file, here = Path(os.path.abspath(name)), Path.cwd()  # noqa: PTH100  # links stay as they are
    listed = str(file.relative_to(here)) if file.is_relative_to(here) else name
    return f"{option}{equals}{listed}"


def _audit(arguments: list[str]) -> int:
    """Let a person judge a baseline. Raises UsageError for a file that is none."""
    try:
        if _ANSWERS.isdisjoint(arguments):
            return detect_secrets.main.main(arguments)
        return _written(lambda: detect_secrets.main.main(arguments))
    except (UnableToReadBaselineError, InvalidBaselineError):
        raise UsageError(
            "There is no baseline of that name, or it cannot be read.",
            remedy="Name one that `bedrock-key-guard-detect-secrets scan` has written.",
        ) from None


def _written(command: Callable[[], int]) -> int:
    """Run a command, and write what it prints as data are written, whoever reads them.

    No key is in it: detect-secrets prints the names of files, and its arguments, as they are.
    """
    printed, said = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(printed), redirect_stderr(said):
            return command()
    finally:
        if said.getvalue():
            say(_redacted(said))
        write(_redacted(printed))


def _redacted(text: io.StringIO) -> str:
    if not text.tell():
        return ""
    from bedrock_key_guard.text.redaction import redact

    return "".join(redact(line) for line in text.getvalue().splitlines(keepends=True))
