"""Read all objects that a Git knows, and say where those stand that hold something."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.references import existing, lines
from bedrock_key_guard.model.findings import NotScanned, Scan, Scanned
from bedrock_key_guard.scan.found import ABSENT, Found, scan_objects
from bedrock_key_guard.scan.interruption import INTERRUPTED
from bedrock_key_guard.scan.prefilter.object_workers import search
from bedrock_key_guard.scan.progress import Progress, silent
from bedrock_key_guard.scan.provenance import placed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bedrock_key_guard.git.clean_git import Git
    from bedrock_key_guard.git.introductions import Introduction
    from bedrock_key_guard.git.repository import Repository
    from bedrock_key_guard.model.findings import Finding
    from bedrock_key_guard.scan.allowlist import AllowList
    from bedrock_key_guard.scan.prefilter.object_workers import Step

SHALLOW = (
    "it is a shallow clone: what came before is not here (in Actions, check out with "
    "`fetch-depth: 0`; elsewhere, run `git fetch --unshallow`)"
)
_DAMAGED = (
    "a commit or a tree is missing or damaged (see `git fsck`; in Actions, check out with "
    "`fetch-depth: 0` and no filter)"
)
UNTOLD = f"Git cannot tell which objects are missing: {_DAMAGED}"
UNTRACED = f"Git cannot tell which commits introduced what was found: {_DAMAGED}"
# Seconds after which a child that was just being started is there to be killed.
_PATIENCE = 0.1
_REACHABLE = ("rev-list", "--objects", "--missing=print", "--quiet", "--stdin")


@dataclass(frozen=True, slots=True)
class How:
    """Say how to read objects: `deep` searches for every start of a key."""

    allow: AllowList
    deep: bool = False
    progress: Progress = silent


def read_all(git: Git, references: Iterable[str], how: How) -> Found:
    """Search every object, and look for those that `references` reach and that are not here."""
    found = Found()
    absent: Future[list[str]] = Future()
    with ThreadPoolExecutor(1) as side:
        try:
            absent = side.submit(_absent_from, git, tuple(references))
            found.add(_read_known(git, how))
            if not found.interrupted:
                _note_absent(found, absent.result)
        except KeyboardInterrupt:
            found.interrupted = True
        finally:
            while not absent.done() and not absent.cancel():
                git.stop()
                wait([absent], timeout=_PATIENCE)
    return found


def _read_known(git: Git, how: How) -> Found:
    """Search the objects that Git knows, and read those that may hold a key.

    These are read while others are still searched.
    """
    read = Found()
    with (
        TemporaryDirectory(prefix="bedrock-key-guard-") as lists,
        closing(search(git, Path(lists), deep=how.deep, progress=how.progress)) as steps,
    ):
        chosen = _chosen(steps, read)
        found = scan_objects(git, chosen, how.allow, how.progress, read_before=True)
    found.objects, found.bytes = read.objects, read.bytes
    # As they came, another run would not write the same bytes.
    found.findings.sort(key=lambda each: each.location.object or "")
    return found


def _chosen(steps: Iterable[Step], read: Found) -> Iterator[str]:
    """Yield the objects that need the scanner, and count those that were searched."""
    for step in steps:
        read.objects += step.objects
        read.bytes += step.bytes
        yield from step.chosen


def _note_absent(found: Found, absent: Callable[[], list[str]]) -> None:
    """Add the objects that are `absent`, or that Git cannot tell them."""
    try:
        found.absent += absent()
    except UsageError:
        found.gaps.append(NotScanned("history", "missing", UNTOLD))


def _absent_from(git: Git, references: Iterable[str]) -> list[str]:
    """Return the objects that references reach and that are not here."""
    asked = list(references)
    here = existing(git, asked)
    gone = [each for each in asked if each not in here]
    known = [each for each in asked if each in here]
    listed = git.run(*_REACHABLE, stdin=lines(known)).decode().split() if here else []
    return [*gone, *(each[1:] for each in listed if each.startswith("?"))]


def located(
    git: Git,
    found: Found,
    allow: AllowList,
    *,
    among: list[Introduction] | None = None,
) -> list[Finding]:
    """Return the findings with their places.

    Where a person interrupts, or Git cannot tell them, they are better than nothing without.
    """
    try:
        if not found.interrupted:
            return placed(git, found.findings, allow, among)
    except UsageError:
        found.gaps.append(NotScanned("history", "missing", UNTRACED))
    except KeyboardInterrupt:
        found.interrupted = True
        git.stop()
    return found.findings


def scan_of(
    found: Found,
    findings: Iterable[Finding],
    allow: AllowList,
    scanned: Scanned,
    gaps: Iterable[NotScanned],
) -> Scan:
    """Put together what a scan of a repository's objects gives; `gaps` no list can accept."""
    absent = (NotScanned(each, "missing", ABSENT) for each in found.absent)
    missed = {
        *(allow.accepted(each, each.what) for each in (*found.missed, *absent)),
        *found.gaps,
        *gaps,
        *((INTERRUPTED,) if found.interrupted else ()),
    }
    counted = replace(scanned, objects=found.objects, bytes=found.bytes)
    return Scan(tuple(findings), counted, tuple(sorted(missed)), interrupted=found.interrupted)


def shallow(repository: Repository) -> list[NotScanned]:
    """Say so where a repository begins in the middle of its history."""
    return [NotScanned("history", "missing", SHALLOW)] if first_commits(repository) else []


def first_commits(repository: Repository) -> frozenset[str]:
    """Return the commits at which a shallow clone begins: their parents are not here."""
    marker = repository.common_dir / "shallow"
    return (
        frozenset(marker.read_text("ascii", "replace").split()) if marker.is_file() else frozenset()
    )
