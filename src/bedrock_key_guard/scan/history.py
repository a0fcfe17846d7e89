"""Scan every object of a repository, reachable or not, each once.

Git lists the objects in the order of its packs; readers, one for each core, search them for the
literal starts of keys; the few objects that hold one are scanned as files are; and one pass of
`git log` tells which commits introduced them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model import Location, NotScanned, Scan, Scanned, Source
from bedrock_key_guard.scan.blobs import ObjectReader
from bedrock_key_guard.scan.containers.reading import read_file
from bedrock_key_guard.scan.places import placed
from bedrock_key_guard.scan.pool import search
from bedrock_key_guard.scan.repository import clean_git, find_repository

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bedrock_key_guard.model import Finding
    from bedrock_key_guard.scan.allowlist import AllowList
    from bedrock_key_guard.scan.repository import Git, Repository

SHALLOW = (
    "it is a shallow clone: what came before is not here (in Actions, check out with "
    "`fetch-depth: 0`; elsewhere, run `git fetch --unshallow`)"
)
ABSENT = (
    "the object is not here: the clone is partial, or the repository is damaged (fetch it, in "
    "Actions with `fetch-depth: 0` and no filter)"
)
_SOURCES: dict[str, Source] = {"commit": "commit-message", "tag": "tag-message"}
_REACHABLE = ("rev-list", "--objects", "--all", "--missing=print", "--quiet")


def scan_history(folder: Path, allow: AllowList, *, deep: bool = False) -> Scan:
    """Scan all blobs, commits, tags and notes of the repository at `folder`.

    Raises UsageError where there is none.
    """
    repository = find_repository(folder.absolute())
    if repository is None:
        raise UsageError(
            f"{str(folder)!r} is not in a Git repository, so it has no history.",
            remedy="Run the command inside a repository, or scan the files with `scan PATH`.",
        )
    with clean_git(repository) as git, TemporaryDirectory() as lists, ThreadPoolExecutor(1) as side:
        absent = side.submit(_absent, git)
        searched = search(git, Path(lists), deep=deep)
        broken = (object_id for part in searched.broken for object_id in _listed_in(part))
        found = scan_objects(git, [*searched.hits, *broken], allow)
        missed = {*found.missed, *absent.result(), *shallow(repository)}
        findings = placed(git, found.findings, allow)
    scanned = Scanned(("history",), searched.objects, searched.bytes)
    return Scan(tuple(findings), scanned, tuple(sorted(missed)))


@dataclass(slots=True)
class Found:
    """Gather what some objects hold, what could not be read, and the counts."""

    findings: list[Finding] = field(default_factory=list)
    missed: list[NotScanned] = field(default_factory=list)
    objects: int = 0
    bytes: int = 0


def scan_objects(git: Git, objects: Iterable[str], allow: AllowList) -> Found:
    """Scan these objects as files are; `path` is still empty in what is found."""
    found = Found()
    with ObjectReader(git) as reader:
        for object_id in dict.fromkeys(objects):
            opened = reader.open(object_id)
            if opened is None:
                found.missed.append(NotScanned(object_id, "missing", ABSENT))
                continue
            at = Location(_SOURCES.get(opened.kind, "blob"), "", 0, 0, object=object_id)
            try:
                reading = read_file(opened, at, allow)
                found.findings += reading.findings
                found.missed += (replace(m, what=f"{object_id}{m.what}") for m in reading.missed)
            except OSError as error:
                found.missed.append(NotScanned(object_id, "missing", error.strerror or ABSENT))
            found.objects += 1
            found.bytes += opened.size
    return found


def shallow(repository: Repository) -> list[NotScanned]:
    """Say so where a repository begins in the middle of its history."""
    marker = repository.common_dir / "shallow"
    cut = marker.is_file() and marker.stat().st_size > 0
    return [NotScanned("history", "missing", SHALLOW)] if cut else []


def _absent(git: Git) -> list[NotScanned]:
    """Name the objects that references reach and that are not here."""
    listed = git.run(*_REACHABLE, *git.heads()).decode().split()
    return [NotScanned(each[1:], "missing", ABSENT) for each in listed if each.startswith("?")]


def _listed_in(part: Path) -> list[str]:
    """Return the objects of a list at which a reader broke off: each is read by itself."""
    return [line.split()[0].decode() for line in part.read_bytes().splitlines()]
