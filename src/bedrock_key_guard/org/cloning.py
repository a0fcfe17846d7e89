"""Clone a repository, read what is new in it, and tell where keys are."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from bedrock_key_guard.errors import GuardError, as_guard_error
from bedrock_key_guard.git.clean_git import clean_git
from bedrock_key_guard.git.mirror import mirror, tips
from bedrock_key_guard.git.object_lists import existing
from bedrock_key_guard.git.repository import repository_of
from bedrock_key_guard.model.findings import Scan, joined
from bedrock_key_guard.org.rows import Row, found
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.scan import read as read_source
from bedrock_key_guard.scan.scan import scan
from bedrock_key_guard.scan.scanning import Scanning

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from bedrock_key_guard.org.rows import Reading
    from bedrock_key_guard.org.sweep_plan import Planned
    from bedrock_key_guard.scan.source import Source

EVERYTHING = ("+refs/*:refs/*",)


class Hosting(Protocol):
    """Know the repositories of one server."""

    @property
    def token(self) -> str:
        """Return what Git shows the server, "" for none."""

    def found_again(self, planned: Planned) -> Planned | Row:
        """Return a repository that could not be cloned as it is now, or why nobody can."""

    def texts(self, name: str) -> Generator[Source, None, None]:
        """Yield what people wrote beside the code of a repository."""


@dataclass(frozen=True, slots=True)
class AddressesAlone:
    """Know nothing of repositories but the addresses that an operator wrote down."""

    token: str = ""

    def found_again(self, planned: Planned) -> Planned | Row:
        """Return it as it was: nobody knows more."""
        return planned

    def texts(self, name: str) -> Generator[Source, None, None]:  # noqa: ARG002  # of any
        """Yield nothing: there is only Git."""
        yield from ()


@dataclass(frozen=True, slots=True)
class Clone:
    """Hold a clone that is to be read, or the row of a repository that needs none.

    `now` is the name of one that was renamed.
    """

    planned: Planned
    folder: Path
    row: Row | None = None
    now: str = ""
    tips: tuple[str, ...] = ()
    begun: float = field(default_factory=time.monotonic)


def cloned(planned: Planned, hosting: Hosting, folder: Path) -> Clone:
    """Clone a repository into a new folder; where it was renamed, by its new name."""
    begun = Clone(planned, folder)
    try:
        return _cloned(planned, hosting, folder)
    except (GuardError, OSError) as error:
        failed = _failed(planned, error)
    if planned.wiki:
        return replace(begun, row=_of_wiki(failed))
    again = hosting.found_again(planned)
    if isinstance(again, Row):
        return replace(begun, row=again)
    if again.address == planned.address:
        return replace(begun, row=failed)
    now = again.name if again.name != planned.name else ""
    anew = replace(again, name=planned.name)
    try:
        clone = _cloned(anew, hosting, folder.with_name(f"{folder.name}-renamed"))
        return replace(clone, now=now)
    except (GuardError, OSError) as error:
        return replace(begun, row=_failed(planned, error))


def _cloned(planned: Planned, hosting: Hosting, folder: Path) -> Clone:
    folder.mkdir(mode=0o700)
    now = tips(folder / "tips", planned.address, hosting.token)
    if set(now) <= set(planned.tips):
        row = Row(planned.name, "read", id=planned.id, reading="nothing new", tips=now)
        return Clone(planned, folder, row, tips=now)
    mirror(folder / "clone", planned.address, hosting.token, EVERYTHING)
    return Clone(planned, folder / "clone", tips=now)


def _failed(planned: Planned, error: Exception) -> Row:
    told = as_guard_error(error)
    return Row(planned.name, "failed", f"{told} {told.remedy}", id=planned.id)


def _of_wiki(failed: Row) -> Row:
    """Return the row of a wiki: one that nobody has begun holds nothing.

    Git says so of what a server answers with 404 (remote-curl.c); all else has failed.
    """
    is_begun = "not found" not in failed.reason
    return failed if is_begun else replace(failed, state="read", reason="")


def read(clone: Clone, hosting: Hosting, *, deep: bool = False) -> Row:
    """Read a clone, as far as an earlier sweep did not, and return what became of it.

    Texts are read whole each time: nobody tells which of them were changed.
    """
    planned, scanned = clone.planned, Scan()
    reading: Reading = "nothing new"
    if clone.row is not None and clone.row.state != "read":
        return clone.row
    try:
        if clone.row is None:
            wanted, reading = _wanted(clone, deep=deep)
            scanned = scan(wanted, os.environ)
        if planned.texts and not scanned.interrupted:
            written = read_source(hosting.texts(clone.now or planned.name), AllowList())
            scanned = joined(scanned, written)
    except (GuardError, OSError) as error:
        return _failed(planned, error)
    if scanned.interrupted:
        raise KeyboardInterrupt
    return Row(
        planned.name,
        "read",
        now=clone.now,
        id=planned.id,
        reading=reading,
        deep=scanned.scanned.deep,
        tips=clone.tips,
        objects=scanned.scanned.objects,
        bytes=scanned.scanned.bytes,
        seconds=round(time.monotonic() - clone.begun, 3),
        found=tuple(map(found, scanned.findings)),
        not_scanned=scanned.not_scanned,
    )


def _wanted(clone: Clone, *, deep: bool) -> tuple[Scanning, Reading]:
    """Return what is to be read: a tip that is gone leaves nothing to begin from."""
    whole = Scanning(paths=(clone.folder,), source="history", deep=deep, include_malformed=True)
    known = clone.planned.tips
    if not known:
        return whole, "whole"
    with clean_git(repository_of(clone.folder, "history")) as git:
        here = existing(git, known)
    if not here.issuperset(known):
        return whole, "whole"
    return replace(whole, source="range", revisions=("--all", "--not", *known)), "new"
