"""Scan what a hook is about, where that may hold a key, and explain what is found, in time.

The words for that are imported where there is something to say: this runs at every push.
"""

from __future__ import annotations

import _thread
import os
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.scan.allowlist import allow_list
from bedrock_key_guard.scan.interruption import interruptible
from bedrock_key_guard.scan.scan import read

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from bedrock_key_guard.model.findings import Scan
    from bedrock_key_guard.scan.allowlist import AllowList
    from bedrock_key_guard.scan.source import Source

_SECONDS = 60.0


def answer(mode: str, options: Sequence[tuple[str, str]], words: Sequence[str]) -> int:
    """Scan in one of the hook's modes, and return its exit code.

    `words` are files, or what Git gives the hook as arguments. Raises UsageError for options and
    files that cannot be used.
    """
    allow = allow_list_of(options)
    if mode != "--receive":
        scan = read(_sources(mode, words), allow)
        return _explain(scan, mode, allow)

    seconds = _seconds(options)
    late = _too_late(seconds)
    with deadline(seconds, late) as over:
        scan = read(_sources(mode, words), allow)
    code = _explain(scan, mode, allow)
    if over.is_set():
        sys.stderr.write(late)
    return code


def _sources(mode: str, words: Sequence[str]) -> Generator[Source, None, None]:
    """Return the sources of a mode; what the others need is not imported."""
    match mode:
        case "--staged":
            from bedrock_key_guard.scan.sources.index import index

            return index(Path.cwd(), os.environ)
        case "--message":
            from bedrock_key_guard.scan.sources.message import message

            return message(_existing(words)[0])
        case "--push":
            from bedrock_key_guard.scan.sources.push import before_push, unpushed

            if not words:
                return unpushed(os.environ)
            return before_push(sys.stdin.buffer, words[0], os.environ)
        case "--receive":
            from bedrock_key_guard.scan.sources.push import before_receipt

            return before_receipt(sys.stdin.buffer, os.environ)
        case _:
            from bedrock_key_guard.scan.sources.worktree import files

            return files(map(Path, _existing(words)))


def _existing(files: Sequence[str]) -> Sequence[str]:
    for file in files:
        if not os.path.lexists(file):
            raise UsageError(f"There is no file {file!a}.", remedy="Name files that exist.")
    return files


def allow_list_of(options: Sequence[tuple[str, str]]) -> AllowList:
    """Return what a hook's options allow. Raises UsageError for files that cannot be used."""
    files = {name: Path(value) for name, value in options}
    exclude = [value for name, value in options if name == "--exclude"]
    return allow_list(files.get("--allow-list"), files.get("--baseline"), exclude)


def _seconds(options: Sequence[tuple[str, str]]) -> float:
    """Read how long a push may be read. Raises UsageError for what is no such number."""
    text = dict(options).get("--seconds")
    if text is None:
        return _SECONDS
    if not (text.isascii() and text.isdigit() and int(text)):
        raise UsageError(f"--seconds {text!a} is no number of seconds.")
    return float(text)


def _too_late(seconds: float) -> str:
    return (
        f"Bedrock Key Guard: {seconds:g} seconds were over before all that was pushed had been "
        "read, so the push is rejected. Push fewer commits at a time, or ask whoever runs this "
        "server to give the hook more time (`--seconds`).\n"
    )


def _explain(scan: Scan, mode: str, allow: AllowList) -> int:
    """Explain what a scan found, if anything must be shown, and return the exit code.

    What is elsewhere is warned of alone: nobody can bring it by writing the commit otherwise.
    """
    if not (scan.findings or scan.not_scanned):
        return 0
    from bedrock_key_guard.githooks.explanations import explanations
    from bedrock_key_guard.model.findings import incidents_of
    from bedrock_key_guard.report.terminal.blocked import OCCASIONS, partial, unread
    from bedrock_key_guard.text.redaction import keep_out

    for finding in scan.findings:
        keep_out(finding.key.secret)
    unknown = [each for each in scan.findings if not each.allowed]
    shown = [each for each in unknown if each.confidence == "exact"]
    for text in explanations(shown, OCCASIONS[mode], str(allow.file or "")):
        _say(text)
    if parts := incidents_of(each for each in unknown if each.confidence == "malformed"):
        _say(partial(len(parts)))
    if scan.not_scanned:
        _say(unread(scan.not_scanned))
    unreadable = any(each.kind == "missing" for each in scan.not_scanned)
    return 1 if shown else 4 if unreadable else 0


def _say(text: str) -> None:
    """Tell people on standard error."""
    sys.stderr.write(text.rstrip("\n") + "\n")


# Seconds in which a run tidies up.
_GRACE = 5.0


@contextmanager
def deadline(seconds: float, last_words: str) -> Iterator[threading.Event]:
    """Raise KeyboardInterrupt within after some seconds, and then set the event that is lent.

    A run that does not end for that, because the system lets nobody wake it, says `last_words` and
    exits with 1.
    """
    over, ended = threading.Event(), threading.Event()

    def watch() -> None:
        if ended.wait(seconds):
            return
        over.set()
        _thread.interrupt_main()
        if not ended.wait(_GRACE):
            sys.stderr.write(last_words)
            sys.stderr.flush()
            os._exit(1)

    thread = threading.Thread(target=watch, daemon=True)
    with interruptible():
        thread.start()
        try:
            yield over
        finally:
            ended.set()
            thread.join()
