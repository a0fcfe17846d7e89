"""Deliver a report to where it was asked for, and say how a person goes on from it.

A file may lie in the folder that is scanned: a report holds no key, and it is written when the scan
is over. It never takes the place of what the run itself reads.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.console.standard_streams import say, write
from bedrock_key_guard.errors import IncompleteError, UsageError
from bedrock_key_guard.report.advice import Further
from bedrock_key_guard.system import identity, write_whole
from bedrock_key_guard.text.harmless import command_line, shown

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from bedrock_key_guard.report.report import Report

# It names accounts and users; where the system has no such modes, its folder decides.
_PRIVATE = 0o600
_READ = ("allow_list", "baseline", "event", "ledger", "plan", "addresses", "since")


def require_place(arguments: argparse.Namespace) -> None:
    """Raise UsageError where the report can have no place at FILE, before anything is done."""
    file: Path | None = arguments.output
    if file is None:
        return
    if not file.parent.is_dir():
        raise UsageError(
            f"There is no folder {str(file.parent)!r} to write the report in.",
            remedy="Make it, or name another file with --output.",
        )
    if file.is_dir() or any(_is_same(file, each) for each in _read_by(arguments)):
        raise UsageError(
            f"The report would take the place of {str(file)!r}, which this run reads.",
            remedy="Name another file with --output.",
        )


def deliver(text: str, report: Report, arguments: argparse.Namespace) -> None:
    """Write the report; one whose file cannot be written goes to standard output, never nowhere.

    Raises IncompleteError then.
    """
    if arguments.output is None:
        write(text, None if arguments.format == "text" else "utf-8")
        return
    from bedrock_key_guard.report.report import totals

    try:
        write_whole(arguments.output, text.encode("utf-8", "backslashreplace"), _PRIVATE)
    except OSError as error:
        write(text)
        raise IncompleteError(
            f"{str(arguments.output)!r} cannot be written ({error.strerror}), so the report is on "
            "standard output.",
            remedy="Name a file in a folder that you may write to.",
        ) from None
    if not arguments.quiet:
        say(f"{totals(report)}\nThe report is in {arguments.output}.")


def _read_by(arguments: argparse.Namespace) -> Iterator[Path]:
    yield from map(Path, getattr(arguments, "path", ()))
    yield from filter(None, (getattr(arguments, each, None) for each in _READ))


def _is_same(one: Path, other: Path) -> bool:
    return identity(one) is not None and identity(one) == identity(other)


_REPORT = "--output"
_BEFORE_OTHERS = ("scan", "verify")  # their options are options of what follows them


def further(arguments: argparse.Namespace) -> Further:
    """Return the words with which the next command begins where `scan` or `verify` began.

    The next report takes no place of this one.
    """
    command, *words = arguments.words
    if command not in _BEFORE_OTHERS:
        return Further()
    line = command_line(_without_output(words))
    rest = line if shown(line) == line else ""  # what cannot be shown as it is helps nobody
    return Further(rest, may_respond=command == "verify")


def _without_output(words: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(words):
        if words[at] == "--":
            yield from words[at:]
            return
        if words[at] == _REPORT:
            at += 1
        elif not words[at].startswith(f"{_REPORT}="):
            yield words[at]
        at += 1
