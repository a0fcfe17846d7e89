"""Read and write the entries of an allow-list that are about keys, a line each.

    fingerprint 3f5a9c0d1e2b path=docs/*.md until=2027-01-31  # an example in our documents

They stand sorted and hold no number of a line, so that branches that each add one can be merged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from bedrock_key_guard.git.spelling import comparable
from bedrock_key_guard.model.times import read_day

if TYPE_CHECKING:
    from datetime import date

_LINE = re.compile(
    r"fingerprint\s+(?P<fingerprint>[0-9a-f]{12,64})"
    r"(?:\s+path=(?P<path>\S+))?(?:\s+until=(?P<until>\d{4}-\d\d-\d\d))?"
)


@dataclass(frozen=True, slots=True)
class AllowedKey:
    """Allow a key by its fingerprint or the start of it, at the paths of a pattern, until a day.

    Without a pattern it is allowed everywhere, without a day for ever; on that day it still is.
    """

    fingerprint: str
    path: str = ""
    until: date | None = None
    reason: str = field(default="", compare=False)

    def names(self, fingerprint: str, path: str, *, case: bool = True) -> bool:
        """Return whether it is about a key at a path, whatever the day."""
        about = not self.path or fits(self.path, path, case=case)
        return about and fingerprint.startswith(self.fingerprint)

    def is_over(self, today: date | None) -> bool:
        """Return whether its last day has passed."""
        return self.until is not None and today is not None and today > self.until

    @property
    def line(self) -> str:
        """Return the line that it is."""
        path = f" path={self.path}" if self.path else ""
        until = f" until={self.until}" if self.until else ""
        reason = f"  # {self.reason}" if self.reason else ""
        return f"fingerprint {self.fingerprint}{path}{until}{reason}"


def fits(pattern: str, path: str, *, case: bool) -> bool:
    """Return whether a path is one of a pattern, however either is spelled."""
    return fnmatchcase(comparable(path, case=case), comparable(pattern, case=case))


def read_entry(line: str) -> AllowedKey | None:
    """Return the entry that a line is, None for a line that is none, or names no day or no path."""
    text, _, reason = line.partition("#")
    found = _LINE.fullmatch(text.strip())
    if found is None or (found["path"] is not None and not found["path"].strip("*/")):
        return None
    try:
        until = read_day(found["until"]) if found["until"] else None
    except ValueError:
        return None
    path = comparable(found["path"] or "")
    return AllowedKey(found["fingerprint"], path, until, reason.strip())


def with_entry(text: str, entry: AllowedKey) -> str:
    """Return the text of an allow-list with an entry in its place, and all else as it was.

    One for the same key and pattern is replaced.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    lines = [each for each in text.splitlines() if not _is_same(read_entry(each), entry)]
    later = (
        n for n, line in enumerate(lines) if (one := read_entry(line)) and _is_after(one, entry)
    )
    last = max((n + 1 for n, line in enumerate(lines) if read_entry(line)), default=len(lines))
    lines.insert(next(later, last), entry.line)
    return "".join(line + end for line in lines)


def _is_same(one: AllowedKey | None, other: AllowedKey) -> bool:
    return one is not None and (one.fingerprint, one.path) == (other.fingerprint, other.path)


def _is_after(one: AllowedKey, other: AllowedKey) -> bool:
    return (one.fingerprint, one.path) > (other.fingerprint, other.path)
