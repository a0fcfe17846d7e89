"""Know which findings people have agreed not to see.

An allow-list hides a finding from people. It never hides a key that is proven live: whoever can
commit must not be able to switch the guard off. It also accepts that known objects of a repository
are missing, and that known files cannot be opened.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.spelling import comparable, ignores_case
from bedrock_key_guard.scan.allow_entries import AllowedKey, fits, read_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from bedrock_key_guard.keys.key import Key
    from bedrock_key_guard.model.findings import NotScanned
    from bedrock_key_guard.model.origins import Root

# How much of a fingerprint people are shown, and of how many.
_DIGITS, _MOST = 12, 10
_BOM = "\ufeff"  # editors of Windows begin a file with it
_UNREAD = re.compile(r"unread\s+(\S+)\s+(\S.*)")
_MISSING = re.compile(r"missing\s+([0-9a-f]{40}|[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class AllowList:
    """Hold what is allowed: entries about keys, a baseline's hashes, path patterns.

    Paths count from the top of a repository, and have `/` in them. `missing` are the ids of objects
    that need not be read, and `unread` are patterns of paths, or ids of objects, with the reasons
    why what is elsewhere or unopened there need not be. `file` is where the entries stand. Without
    `today` no entry is over. `case` tells whether capital letters make another path.
    """

    keys: tuple[AllowedKey, ...] = ()
    baseline: frozenset[tuple[str, str]] = frozenset()
    exclude: tuple[str, ...] = ()
    missing: frozenset[str] = frozenset()
    unread: tuple[tuple[str, str], ...] = ()
    file: Path | None = field(default=None, compare=False)
    today: date | None = field(default=None, compare=False)
    case: bool = field(default=True, compare=False)

    def without(self, other: AllowList) -> AllowList:
        """Return the list without the entries that the other one has."""
        return replace(
            self,
            keys=tuple(each for each in self.keys if each not in other.keys),
            missing=self.missing - other.missing,
            unread=tuple(each for each in self.unread if each not in other.unread),
        )

    def reason(self, path: str, key: Key) -> str | None:
        """Return why a key at this path need not be shown, or None where it must be."""
        about = (each for each in self.keys if each.names(key.fingerprint, path, case=self.case))
        if any(not each.is_over(self.today) for each in about):
            return "allow-list"
        if any(fits(pattern, path, case=self.case) for pattern in self.exclude):
            return "excluded path"
        if self.baseline and (comparable(path, case=self.case), _hash(key)) in self.baseline:
            return "baseline"
        return None

    def accepted(self, missed: NotScanned, root: Root) -> NotScanned:
        """Return a gap as it counts: one that people have accepted leaves a scan complete.

        A pattern or an id covers what is elsewhere or unopened alone, never a limit.
        """
        why = "listed" if root.object in self.missing and missed.what == root.name else None
        if missed.kind in ("elsewhere", "unopened"):
            reasons = (why for named, why in self.unread if self._names(named, root))
            why = why or next(reasons, None)
        if why is None:
            return missed
        reason = f"accepted by the allow-list ({why}): {missed.reason}"
        return replace(missed, reason=reason, accepted=True)

    def _names(self, named: str, root: Root) -> bool:
        """Return whether a pattern fits a path, or is the id of the object that was read."""
        return named == root.object or fits(named, root.path, case=self.case)


NOTHING_ALLOWED = AllowList()


def remarks(allow: AllowList, places: Iterable[tuple[str, str]] | None) -> tuple[str, ...]:
    """Return sentences about entries that are over, or that are about none of the keys in `places`.

    Places are fingerprints and paths, in every spelling, of all that a run has found; None where it
    read so little that most entries could not be about it.
    """
    found = None if places is None else list(places)
    over = [each for each in allow.keys if each.is_over(allow.today)]
    unused = [
        each
        for each in allow.keys
        if found is not None and not any(each.names(*it, case=allow.case) for it in found)
    ]
    kinds = (("have expired", over), ("match nothing that was read", unused))
    return tuple(
        f"Entries of the allow-list that {what}: {_listed(entries)}."
        for what, entries in kinds
        if entries
    )


def _listed(entries: Sequence[AllowedKey]) -> str:
    named = [f"{each.fingerprint[:_DIGITS]}{each.path and f' at {each.path}'}" for each in entries]
    more = [f"and {len(named) - _MOST} more"] if len(named) > _MOST else []
    return ", ".join([*named[:_MOST], *more])


def allow_list(path: Path | None, baseline: Path | None, exclude: Sequence[str]) -> AllowList:
    """Read the files that say what is allowed. Raises UsageError for one that cannot be used.

    Capital letters count as they do in the current folder.
    """
    if not (path or baseline or exclude):
        return NOTHING_ALLOWED
    listed = read_allow_list(path) if path else AllowList()
    hashes = read_baseline(baseline) if baseline else frozenset()
    today = datetime.now(timezone.utc).date()
    case = not ignores_case(Path.cwd())
    known = frozenset((comparable(name, case=case), each) for name, each in hashes)
    return replace(listed, baseline=known, exclude=tuple(exclude), today=today, case=case)


def read_allow_list(path: Path) -> AllowList:
    """Read a file of lines `fingerprint DIGITS`, `missing OBJECT-ID` and `unread WHAT REASON`.

    A fingerprint has 12 to 64 hexadecimal digits; `path=PATTERN` and `until=YYYY-MM-DD` may follow.
    WHAT is a pattern of paths or the id of an object. `#` begins a comment.

    Raises UsageError for a file that cannot be read or holds anything else.
    """
    allow, others = entries_of(_text(path, "allow-list"))
    if others:
        raise _broken(
            "allow-list",
            path,
            f"line {others[0]} is not `fingerprint <hex digits> [path=<pattern>] [until=<date>]`, "
            "`missing <object id>` or `unread <pattern or object id> <reason>`, or its pattern is "
            "no more than `*`",
        )
    return replace(allow, file=path)


def entries_of(text: str) -> tuple[AllowList, list[int]]:
    """Return the entries of an allow-list, and the numbers of the lines that are none."""
    keys, missing, unread, others = [], set(), [], []
    for number, line in enumerate(text.removeprefix(_BOM).splitlines(), 1):
        entry = line.partition("#")[0].strip()
        if about := read_entry(line):
            keys.append(about)
        elif found := _MISSING.fullmatch(entry):
            missing.add(found[1])
        elif (found := _UNREAD.fullmatch(entry)) and found[1].strip("*/"):
            unread.append((comparable(found[1]), found[2]))
        elif entry:
            others.append(number)
    allow = AllowList(tuple(keys), missing=frozenset(missing), unread=tuple(unread))
    return allow, others


def read_baseline(path: Path) -> frozenset[tuple[str, str]]:
    """Read the file names and SHA-1 hashes of a detect-secrets baseline.

    The format is that of Yelp/detect-secrets (core/baseline.py). Raises UsageError for a file that
    cannot be read or is no baseline.
    """
    try:
        results = json.loads(_text(path, "baseline").removeprefix(_BOM))["results"]
        return frozenset(_entries(results))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _broken("baseline", path, "it is not a detect-secrets baseline") from None


def _entries(results: dict[str, list[dict[str, str]]]) -> Iterable[tuple[str, str]]:
    for filename, secrets in results.items():
        for secret in secrets:
            yield comparable(filename), secret["hashed_secret"]


def _hash(key: Key) -> str:
    import hashlib

    text = key.secret.unseal().encode()
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()


def _text(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _broken(what, path, error.strerror or "it cannot be read") from None
    except UnicodeDecodeError:
        raise _broken(what, path, "it is not UTF-8 text") from None


def _broken(what: str, path: Path, why: str) -> UsageError:
    return UsageError(
        f"The {what} {str(path)!r} cannot be used: {why}.",
        remedy=f"Correct the file, or run without the {what}.",
    )
