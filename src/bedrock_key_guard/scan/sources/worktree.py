"""Scan files on disk: a work tree as Git sees it, any folder, any file."""

from __future__ import annotations

import io
import os
import stat
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bedrock_key_guard.git.repository import search_outside_tree_of
from bedrock_key_guard.model.findings import Finding, Location, NotScanned, Scan, Scanned
from bedrock_key_guard.scan.containers.reading import Reading, read_file
from bedrock_key_guard.scan.interruption import INTERRUPTED
from bedrock_key_guard.scan.prefilter.batches import FLAGS
from bedrock_key_guard.scan.progress import Progress, silent
from bedrock_key_guard.scan.sources.files import Listed, list_files, list_nested

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from bedrock_key_guard.scan.allowlist import AllowList

# Fewer files are scanned at once; to sort out those that hold nothing would not pay.
_FEW = 16
CHANGED = "it changed while it was read"
NO_FILE = "it is not a regular file"


def scan_paths(paths: Iterable[Path], allow: AllowList, progress: Progress = silent) -> Scan:
    """Scan every file under `paths`: tracked or not ignored inside Git, all of them outside.

    A file that is named is scanned even where Git ignores it. Raises UsageError for a path that is
    not there.
    """
    paths = tuple(paths)
    for start in filter(os.path.lexists, paths):
        search_outside_tree_of(start)
    return _scan((list_files(start) for start in paths), allow, progress)


def scan_files(files: Iterable[Path], allow: AllowList, progress: Progress = silent) -> Scan:
    """Scan exactly these: a symbolic link is what it says, as in Git, and a folder is not read.

    Where a person interrupts, this is what was found until then.
    """
    files = tuple(files)
    for folder in {file.parent for file in files}:
        search_outside_tree_of(folder)
    return _scan([dict.fromkeys(map(str, files), False)], allow, progress)


def _scan(listings: Iterable[Listed], allow: AllowList, progress: Progress) -> Scan:
    found, interrupted = _Found(allow, progress), False
    try:
        listed: Listed = {}
        for listing in listings:
            listed = listing | listed
        while listed:
            listed = found.add(listed)
    except KeyboardInterrupt:
        interrupted = True
        found.missed.append(INTERRUPTED)
    scanned = Scanned(("working-tree",), found.objects, found.size)
    missed = tuple(sorted(found.missed))
    return Scan(tuple(found.findings), scanned, missed, interrupted=interrupted)


@dataclass(slots=True)
class _Found:
    """Gather what files hold, in the order in which they are listed."""

    allow: AllowList
    progress: Progress
    findings: list[Finding] = field(default_factory=list)
    missed: list[NotScanned] = field(default_factory=list)
    objects: int = 0
    size: int = 0
    seen: set[str] = field(default_factory=set)

    def add(self, listed: Listed) -> Listed:
        """Scan files, and return those of the repositories among them."""
        names = [name for name in listed if name not in self.seen]
        self.seen.update(names)
        results: dict[int, Reading | NotScanned] = {}
        folders: list[int] = []
        try:
            for suspects, objects, size in _sorted_out(names):
                self._count(objects, size)
                for number in suspects:
                    if listed[names[number]] and not _is_file(names[number]):
                        folders.append(number)
                    else:
                        results[number] = self._scan_file(names[number])
        finally:
            for _, result in sorted(results.items()):
                self._keep(result)
        nested: Listed = {}
        for number in sorted(folders):
            nested |= list_nested(names[number])
        return nested

    def _scan_file(self, name: str) -> Reading | NotScanned:
        result = _scan_file(name, self.allow)
        if isinstance(result, Reading):
            self._count(1, result.bytes_read, len(result.findings))
        return result

    def _count(self, objects: int, size: int, findings: int = 0) -> None:
        self.objects += objects
        self.size += size
        self.progress(objects=objects, size=size, findings=findings)

    def _keep(self, result: Reading | NotScanned) -> None:
        if isinstance(result, NotScanned):
            self.missed.append(result)
        else:
            self.findings += result.findings
            self.missed += result.missed


def _sorted_out(names: list[str]) -> Iterator[tuple[Iterable[int], int, int]]:
    """Yield which names need the scanner, and the number and the size of the others."""
    if len(names) <= _FEW:
        yield range(len(names)), 0, 0
        return
    from bedrock_key_guard.scan.prefilter.file_workers import sort_out

    yield from sort_out([os.fsencode(name) for name in names])


def _is_file(name: str) -> bool:
    """Tell whether there is something to scan, be it a link, where Git lists a file."""
    try:
        return not stat.S_ISDIR(os.lstat(name).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def _scan_file(name: str, allow: AllowList) -> Reading | NotScanned:
    """Return what was read of a file, or why it was not read."""
    at = Location("working-tree", name, 0, 0)
    try:
        mode = os.lstat(name).st_mode
        if stat.S_ISLNK(mode):
            link = read_file(io.BytesIO(os.fsencode(os.readlink(name))), at, allow)  # noqa: PTH115
            return replace(link, bytes_read=0)
        if stat.S_ISDIR(mode):
            os.scandir(name).close()
        if not stat.S_ISREG(mode):
            return NotScanned(name, "opaque", NO_FILE)
        return _read_whole(name, at, allow)
    except OSError as error:
        return NotScanned(name, "missing", (error.strerror or "it cannot be read").lower())


def _read_whole(name: str, at: Location, allow: AllowList) -> Reading | NotScanned:
    """Read a file, and again if it changed meanwhile: half of each would be neither."""
    result, is_one = _read_once(name, at, allow)
    if not is_one:
        result, is_one = _read_once(name, at, allow)
    if is_one or isinstance(result, NotScanned):
        return result
    return replace(result, missed=(*result.missed, NotScanned(name, "missing", CHANGED)))


def _read_once(name: str, at: Location, allow: AllowList) -> tuple[Reading | NotScanned, bool]:
    """Return what was read, and whether the file stayed the same all the time."""
    with os.fdopen(os.open(name, FLAGS), "rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            return NotScanned(name, "opaque", NO_FILE), True
        reading = read_file(file, at, allow)
        after = os.fstat(file.fileno())
    unchanged = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    return reading, unchanged
