"""Add an entry to an allow-list."""

from __future__ import annotations

import argparse
import re
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

from bedrock_key_guard.cli.arguments import Parser, file_name
from bedrock_key_guard.console.standard_streams import say
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.spelling import comparable
from bedrock_key_guard.model.times import read_day
from bedrock_key_guard.scan.allow_entries import AllowedKey, read_entry, with_entry
from bedrock_key_guard.scan.allowlist import read_allow_list
from bedrock_key_guard.system import write_whole
from bedrock_key_guard.text.harmless import printable

if TYPE_CHECKING:
    from pathlib import Path

_FINGERPRINT = re.compile(r"[0-9a-f]{12,64}")


def allow_options() -> Parser:
    """Return the options of `allow`."""
    options = Parser(add_help=False)
    digits = "its first 12 digits or more, as reports show them"
    options.add_argument("fingerprint", type=_fingerprint, metavar="FINGERPRINT", help=digits)
    add = options.add_argument
    add("--reason", required=True, metavar="WHY", help="why the key is none, or may stay")
    where = "the paths at which it is allowed, such as 'docs/*.md' (default: everywhere)"
    add("--path", default="", metavar="PATTERN", help=where)
    add("--until", type=_day, metavar="DATE", help="the last day on which it is, as 2027-01-31")
    file = "the list to add it to, which the hooks, `scan` and the Action take by the same name"
    add("--allow-list", type=file_name, required=True, metavar="FILE", help=file)
    return options


def allow(arguments: argparse.Namespace) -> int:
    """Add the entry. Raises UsageError for one that says nothing, or a file that is no list."""
    path, reason = comparable(arguments.path), arguments.reason.strip()
    entry = AllowedKey(arguments.fingerprint, path, arguments.until, reason)
    if printable(entry.line) != entry.line or read_entry(entry.line) != entry or not entry.reason:
        raise UsageError(
            "The pattern or the reason cannot stand in an allow-list.",
            remedy="Write each on one line, without a key; the pattern without spaces or `#` (`?` "
            "stands for any character), and saying more than `*`; and give a reason.",
        )
    file: Path = arguments.allow_list
    text = ""
    if file.exists():
        read_allow_list(file)
        text = file.read_bytes().decode("utf-8-sig")
    changed = with_entry(text, entry)
    write_whole(file, changed.encode(), file.stat().st_mode & 0o777 if file.exists() else 0o644)
    if not arguments.quiet:
        say(f"{file} says now: {entry.line}")
    return 0


def _fingerprint(text: str) -> str:
    """Read a fingerprint. What is none is not repeated: it may be the key itself."""
    if not _FINGERPRINT.fullmatch(text):
        raise argparse.ArgumentTypeError("it has 12 to 64 hexadecimal digits")
    return text


def _day(text: str) -> date:
    """Read the last day of an entry, which has not passed."""
    try:
        day = read_day(text)
    except ValueError:
        raise argparse.ArgumentTypeError("it is no date such as 2027-01-31") from None
    if day < datetime.now(timezone.utc).date():
        raise argparse.ArgumentTypeError("the date has passed")
    return day
