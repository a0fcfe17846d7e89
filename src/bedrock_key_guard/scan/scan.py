"""Read what a run is asked to read: the one loop that reads every source."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.repository import path_in_repository
from bedrock_key_guard.model.findings import NotScanned, Scan, by_time, joined
from bedrock_key_guard.model.origins import Blob, Message, WorkTree, with_root
from bedrock_key_guard.scan.allowlist import NOTHING_ALLOWED, AllowList, remarks
from bedrock_key_guard.scan.containers.reading import Reading, read_as_zip, read_file
from bedrock_key_guard.scan.interruption import interruptible
from bedrock_key_guard.scan.limits import Unreadable
from bedrock_key_guard.scan.scanning import parts_of, reads_all, settled_on, sources_of
from bedrock_key_guard.scan.source import Changed, Input, Passed, Progress, Source, silent

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from bedrock_key_guard.git.lfs import Pointer
    from bedrock_key_guard.model.findings import Finding, GapKind
    from bedrock_key_guard.model.origins import Root
    from bedrock_key_guard.scan.scanning import Scanning

INTERRUPTED = NotScanned("the rest", "missing", "interrupted before all was read")
NOWHERE = WorkTree("")
CHANGED = "it changed while it was read"
# What people know by the path of its file, rather than by the id of an object.
BY_PATH = ("elsewhere", "unopened", "encrypted")
IN_LFS = "its content is in Git LFS, and not here (`git lfs pull`, in Actions `lfs: true`)"
UNTRACED = NotScanned(
    "history",
    "missing",
    "Git cannot tell which commits introduced what was found: a commit or a tree is missing or "
    "damaged (see `git fsck`; in Actions, check out with `fetch-depth: 0` and no filter)",
)


def scan(wanted: Scanning, environment: Mapping[str, str], progress: Progress = silent) -> Scan:
    """Scan what is wanted, and say what of the allow-list is out of use.

    Raises UsageError for what is not there.
    """
    with interruptible():
        found = _scan(wanted, environment, progress)
    if found.interrupted or not wanted.allow.keys:
        return found
    places = [
        (finding.key.fingerprint, each.path)
        for finding in found.findings
        for each in _spellings(finding.location.origin.root)
    ]
    said = remarks(wanted.allow, places if reads_all(wanted) else None)
    return replace(found, notes=(*found.notes, *said))


def _scan(wanted: Scanning, environment: Mapping[str, str], progress: Progress) -> Scan:
    wanted, notes = settled_on(wanted)
    first = Scan(notes=(wanted.note, *notes) if wanted.note else notes)
    for each in parts_of(wanted):
        first = joined(first, read(sources_of(each, environment), wanted.allow, progress))
        if first.interrupted:
            break
    return first


def read(
    sources: Generator[Source, None, None], allow: AllowList, progress: Progress = silent
) -> Scan:
    """Read every source. Where a person interrupts, return what was found until then."""
    scans = Scan()
    with interruptible(), closing(sources):
        try:
            for source in sources:
                scans = joined(scans, _Loop(allow, progress).read(source))
                if scans.interrupted:
                    break
        except KeyboardInterrupt:
            scans = joined(scans, Scan(not_scanned=(INTERRUPTED,), interrupted=True))
    return scans


@dataclass(slots=True)
class _Loop:
    """Read what one source gives, and keep what is found, what is left out, and the counts."""

    allow: AllowList
    progress: Progress
    findings: list[Finding] = field(default_factory=list)
    gaps: list[tuple[Root, NotScanned]] = field(default_factory=list)
    objects: int = 0
    bytes: int = 0
    interrupted: bool = False

    def read(self, source: Source) -> Scan:
        """Read a source to its end, or until a person interrupts."""
        with closing(source.inputs):
            try:
                for each in source.inputs:
                    self._take(each, source)
                self._locate(source)
            except KeyboardInterrupt:
                self.interrupted = True
                self.gaps.append((NOWHERE, INTERRUPTED))
        return self._scan(source)

    def _take(self, each: Input | Passed | NotScanned, source: Source) -> None:
        match each:
            case Input():
                self._read(each, source)
            case Passed():
                self._count(each.objects, each.bytes, expected=each.expected)
            case NotScanned():
                self.gaps.append((WorkTree(each.what), each))

    def _read(self, each: Input, source: Source) -> None:
        try:
            reading = _read_whole(each)
            if reading.pointer:
                reading = _read_stored(each, reading.pointer, source)
        except Unreadable as gap:
            self._miss(each, gap.kind, gap.reason)
        except OSError as error:
            reason = (error.strerror or "it cannot be read").lower()
            self._miss(each, "missing", reason)
        else:
            self.findings += reading.findings
            self.gaps += ((each.origin.root, missed) for missed in reading.missed)
            self._count(*((1, reading.bytes_read) if each.counted else (0, 0)), reading.findings)

    def _miss(self, each: Input, kind: GapKind, reason: str) -> None:
        self.gaps.append((each.origin.root, NotScanned(each.origin.name, kind, reason)))

    def _count(
        self, objects: int, size: int, findings: Sequence[Finding] = (), *, expected: int = 0
    ) -> None:
        self.objects += objects
        self.bytes += size
        self.progress(expected=expected, objects=objects, size=size, findings=len(findings))

    def _locate(self, source: Source) -> None:
        """Give what was found and what was left out the places that Git knows."""
        roots = [each.location.origin.root for each in self.findings]
        roots += (root for root, gap in self.gaps if gap.kind in BY_PATH)
        try:
            places = source.places(list(dict.fromkeys(roots)))
        except UsageError:
            self.gaps.append((NOWHERE, UNTRACED))
            return
        self.findings = [
            _moved(each, place)
            for each in self.findings
            for place in places.get(each.location.origin.root, [each.location.origin.root])
        ]
        self.gaps = [
            (place, _renamed(gap, root, place))
            for root, gap in self.gaps
            for place in places.get(root, [root])[:1]
        ]

    def _scan(self, source: Source) -> Scan:
        under = source.under
        findings = (self._judged(_under(each, under) if under else each) for each in self.findings)
        return Scan(
            findings=tuple(sorted(findings, key=lambda each: by_time(each.location))),
            scanned=replace(source.scanned, objects=self.objects, bytes=self.bytes),
            not_scanned=tuple(sorted(set(self._accepted(source.under)))),
            interrupted=self.interrupted,
        )

    def _judged(self, finding: Finding) -> Finding:
        """Return a finding as people have to see it, or need not."""
        if self.allow == NOTHING_ALLOWED:
            return finding
        reasons = (
            self.allow.reason(each.path, finding.key)
            for each in _spellings(finding.location.origin.root)
        )
        return replace(finding, allowed=finding.allowed or next(filter(None, reasons), None))

    def _accepted(self, under: str) -> Iterator[NotScanned]:
        """Yield what was left out as it counts, named as in the repository around a submodule."""
        for root, gap in self.gaps:
            judged = [self.allow.accepted(gap, each) for each in _spellings(root)]
            here = next((each for each in judged if each.accepted), gap)
            yield replace(here, what=under + here.what)


def _spellings(root: Root) -> list[Root]:
    """Return a place as it was named, and a file's also as its repository names it."""
    if not isinstance(root, WorkTree) or not root.path:
        return [root]
    return list(dict.fromkeys((root, WorkTree(path_in_repository(root.path)))))


def _read_whole(each: Input) -> Reading:
    """Read an input, and again if it changed meanwhile."""
    reading, changed = _read_once(each)
    if changed:
        reading, changed = _read_once(each)
    gap = NotScanned(each.origin.name, "missing", CHANGED)
    return replace(reading, missed=(*reading.missed, gap)) if changed else reading


def _read_stored(each: Input, pointer: Pointer, source: Source) -> Reading:
    """Read what a pointer stands for. Raises Unreadable where it is not here."""
    stored = source.stored(each.origin, pointer)
    if stored is None:
        raise Unreadable(IN_LFS, "elsewhere")
    return _read_whole(replace(each, open=stored))


def _read_once(each: Input) -> tuple[Reading, bool]:
    """Return what was read, and whether it changed meanwhile."""
    reading = Reading()
    try:
        with each.open() as content:
            reading = read_file(content, each.origin)
        if reading.left is not None and each.reopens:
            with each.open() as content:
                reading = read_as_zip(content, each.origin, reading, reading.left)
    except Changed:
        return reading, True
    return reading, False


def _moved(finding: Finding, root: Root) -> Finding:
    """Return a finding in another outermost origin."""
    origin = with_root(finding.location.origin, root)
    return replace(finding, location=replace(finding.location, origin=origin))


def _renamed(gap: NotScanned, root: Root, place: Root) -> NotScanned:
    """Return a gap by the name of its place, which tells people more than the id of an object."""
    if gap.kind not in BY_PATH or not gap.what.startswith(root.name):
        return gap
    return replace(gap, what=place.name + gap.what[len(root.name) :])


def _under(finding: Finding, under: str) -> Finding:
    """Return a finding with the path that it has in the repository around a submodule."""
    root = finding.location.origin.root
    if not isinstance(root, Blob | Message):
        return finding
    return _moved(finding, replace(root, path=under + root.path))
