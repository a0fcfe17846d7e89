"""Use the standard streams: data goes to standard output, all else to standard error.

What a stream can show, and whether a person is there to answer, is decided here and nowhere else.
The variables are those of https://no-color.org, https://force-color.org and terminfo(5); they win
over each other as in Python's own messages ("Controlling color" in its documentation).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bedrock_key_guard.errors import IncompleteError, as_guard_error
from bedrock_key_guard.system import nobody_reads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bedrock_key_guard.respond.policy import Policy
    from bedrock_key_guard.text.harmless import Canvas, Shell

PROGRAM = "bedrock-key-guard"
_NOT_UNDONE = {
    "reset": "A reset cannot be undone: each key that is proven live gets a new secret.",
    "delete": "A delete cannot be undone: the credential of each key that is proven live is "
    "deleted.",
}


def report_error(error: Exception, *, annotate: bool = False) -> int:
    """Tell people what happened and what to do, and return the exit code.

    `annotate` makes it a workflow command, which GitHub Actions shows beside the run:
    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands.
    """
    from bedrock_key_guard.text.harmless import printable

    known = as_guard_error(error)
    # The text quotes the command line, and somebody may have put a key there.
    sentence, remedy = map(printable, (str(known), known.remedy))
    if annotate:
        say(f"::error title=Bedrock Key Guard::{sentence} {remedy}".replace("%", "%25"))
    else:
        say(f"{PROGRAM}: {sentence}\n  {remedy}")
    return known.exit_code


def warn_of_reset(policy: Policy) -> None:
    """Say, before anything is touched, that what the policy asks for cannot be undone."""
    if not policy.dry_run and policy.response in _NOT_UNDONE:
        say(_NOT_UNDONE[policy.response])


def say(text: str) -> None:
    """Write a sentence for people."""
    _put(sys.stderr, text.rstrip("\n") + "\n")


def write(text: str, encoding: str | None = None) -> None:
    """Write data, spelled out where the output's encoding lacks a character.

    A format that says its own `encoding` is written in it, whatever the console's is. Whoever read
    it may have gone: that changes nothing about what was found. Raises IncompleteError where it
    cannot be written.
    """
    failure = _put(sys.stdout, text, encoding)
    if failure is not None and not nobody_reads(failure):
        raise IncompleteError(
            f"Standard output cannot be written to ({failure.strerror}).",
            remedy="Make room where it goes, and run the command again.",
        )


def page(stream: TextIO, shell: Shell = "posix") -> tuple[Canvas, bool]:
    """Return what there is to write on, and whether it shows colours.

    An encoding without blocks to draw with has a canvas of its own.
    """
    from shutil import get_terminal_size

    from bedrock_key_guard.text.harmless import canvas_for

    width = get_terminal_size().columns if stream.isatty() else None
    canvas = canvas_for(width, stream.encoding or "utf-8", shell)
    return canvas, has_colours(stream, os.environ)


def replace_closed_streams() -> None:
    """Replace each standard stream that the caller has closed, which Python makes None."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  # to the end
            setattr(sys, name, nowhere)


def input_is_closed() -> bool:
    """Return whether the caller has closed standard input, so that nothing can come from it."""
    return sys.stdin.name == os.devnull


def _put(stream: TextIO, text: str, encoding: str | None = None) -> OSError | None:
    """Write at once, and silence a stream that fails: Python would complain as it exits."""
    try:
        if encoding:
            stream.buffer.write(text.encode(encoding, "backslashreplace"))
        else:
            codec = stream.encoding or "utf-8"
            stream.write(text.encode(codec, "backslashreplace").decode(codec))
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error
    return None


_NO = ("", "0", "false")


def has_colours(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Return whether what goes to `stream` is coloured."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "").lower() not in _NO:
        return True
    return is_capable(stream, environment)


def is_capable(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Return whether `stream` is a terminal on which a line can be drawn again."""
    return stream.isatty() and environment.get("TERM") != "dumb"


def in_ci(environment: Mapping[str, str]) -> bool:
    """Return whether this is a job of CI, whose log people read later."""
    return environment.get("CI", "").lower() not in _NO


def somebody_is_there() -> bool:
    """Return whether a person can read a question on standard error, and answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()
