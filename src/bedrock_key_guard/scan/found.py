"""Scan objects as files are, one after the other, and gather what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.model.findings import Location, NotScanned, Source
from bedrock_key_guard.scan.containers.reading import read_file
from bedrock_key_guard.scan.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.git.cat_file import GitObject
    from bedrock_key_guard.git.clean_git import Git
    from bedrock_key_guard.model.findings import Finding
    from bedrock_key_guard.scan.allowlist import AllowList

ABSENT = (
    "the object is not here: the clone is partial, or the repository is damaged (fetch it, in "
    "Actions with `fetch-depth: 0` and no filter)"
)
_SOURCES: dict[str, Source] = {"commit": "commit-message", "tag": "tag-message"}


@dataclass(slots=True)
class Found:
    """Gather what some objects hold, what could not be read, and the counts.

    `absent` are the objects that references reach and that are not here; `gaps` is what Git cannot
    tell.
    """

    findings: list[Finding] = field(default_factory=list)
    missed: list[NotScanned] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    gaps: list[NotScanned] = field(default_factory=list)
    objects: int = 0
    bytes: int = 0
    interrupted: bool = False

    def add(self, other: Found) -> None:
        """Add what other objects hold."""
        self.findings += other.findings
        self.missed += other.missed
        self.absent += other.absent
        self.gaps += other.gaps
        self.objects += other.objects
        self.bytes += other.bytes
        self.interrupted |= other.interrupted

    def miss(self, object_id: str, reason: str) -> None:
        """Note an object that could not be read."""
        self.missed.append(NotScanned(object_id, "missing", reason))


def scan_objects(
    git: Git,
    objects: Iterable[str],
    allow: AllowList,
    progress: Progress = silent,
    *,
    read_before: bool = False,
) -> Found:
    """Scan these objects as files are; `path` is still empty in what is found.

    What was `read_before` is not counted again in the progress. Where a person interrupts, this is
    what was found until then.
    """
    found = Found()
    try:
        with ObjectReader(git) as reader:
            for object_id in _each_once(objects):
                opened = reader.open(object_id)
                if opened is None:
                    found.miss(object_id, ABSENT)
                elif opened.kind != "tree":
                    findings = _scan_object(opened, object_id, allow, found)
                    size = 0 if read_before else opened.size
                    progress(objects=int(not read_before), size=size, findings=findings)
    except KeyboardInterrupt:
        found.interrupted = True
    return found


def _each_once(objects: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for each in objects:
        if each not in seen:
            seen.add(each)
            yield each


def _scan_object(opened: GitObject, object_id: str, allow: AllowList, found: Found) -> int:
    """Add what an object holds, and return how many findings that are."""
    at = Location(_SOURCES.get(opened.kind, "blob"), "", 0, 0, object=object_id)
    found.objects += 1
    found.bytes += opened.size
    try:
        reading = read_file(opened, at, allow)
    except OSError as error:
        found.miss(object_id, error.strerror or ABSENT)
        return 0
    found.findings += reading.findings
    found.missed += (replace(each, what=_within(object_id, each.what)) for each in reading.missed)
    return len(reading.findings)


def _within(object_id: str, gap: str) -> str:
    return f"{object_id} > {gap}" if gap else object_id
