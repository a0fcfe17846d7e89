"""Scan what came into a repository since the last scan, and what was found then once more.

New are the packs and the loose objects that were not there, whether a reference reaches them or
not: a rewritten history, a deleted branch or a fetch makes no difference, and after `git gc` its
new pack is read whole. What came and was pruned again between two scans is the one thing not seen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.model import Scan, Scanned
from bedrock_key_guard.scan.everything import (
    absent_from,
    located,
    note_absent,
    read_all,
    read_known,
    scan_of,
    shallow,
)
from bedrock_key_guard.scan.found import Found, scan_objects
from bedrock_key_guard.scan.places import Earlier
from bedrock_key_guard.scan.since import NAME, Memory, Pairs, recall, remember
from bedrock_key_guard.scan.store import Store, find_store, git_on, new_files
from bedrock_key_guard.scan.tips import Newer, Tips, find_tips, newer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bedrock_key_guard.model import Finding, Location, Source
    from bedrock_key_guard.scan.everything import How
    from bedrock_key_guard.scan.repository import Git


_UNKNOWN = "where its objects are is not known"
_UNREAD = "something could not be read the last time, and is not here now"
_MOVED = "Git packed its objects while they were read"
_ONLY_NEW = "Only what is new since the last scan was read, and what was found then once more."
_UNWRITTEN = f"The next scan reads all again: {NAME} could not be written into the Git directory."


def scan_latest(git: Git, how: How) -> Scan:
    """Scan what is new, or all where that cannot be known, and remember it for the next time."""
    # References first: of an object that comes later the next scan finds the commit.
    tips = find_tips(git)
    store = find_store(git.repository.common_dir / "objects")
    read = _read_new(git, how, tips, store)
    found, earlier, note = (
        (read_all(git, tips.all, how), None, f"The whole history was read: {read}.")
        if isinstance(read, str)
        else (*read, _ONLY_NEW)
    )
    findings = located(git, found, how.allow, earlier=earlier)
    notes = [note]
    if store and not found.interrupted and not found.gaps:
        memory = _memory(store, tips, found, findings)
        notes += [] if remember(git.repository, memory, deep=how.deep) else [_UNWRITTEN]
    scanned = Scanned(("history",), deep=how.deep, since_last=not isinstance(read, str))
    return replace(
        scan_of(found, findings, how.allow, scanned, shallow(git.repository)), notes=tuple(notes)
    )


def _read_new(
    git: Git, how: How, tips: Tips, store: Store | None
) -> tuple[Found, Earlier | None] | str:
    """Read what is new, and again what is remembered; or say why all has to be read."""
    memory = recall(git.repository, deep=how.deep)
    if store is None or isinstance(memory, str):
        return _UNKNOWN if store is None else str(memory)
    change = newer(git, tips, memory)
    if not change.here.issuperset(memory.unread):
        return _UNREAD
    files = new_files(store, memory.inventory)
    with git_on(git, files) as fresh:
        found = read_known(git, fresh, how)
    if not all(file.exists() for file in files.values()):
        return _MOVED
    if not found.interrupted:
        _read_again(git, how, memory, change, found)
        note_absent(found, lambda: _absent(git, tips, memory, change))
    came_back = not change.here.isdisjoint((*memory.unread, *memory.absent))
    return found, _earlier(memory, change) if change.kept and not came_back else None


def _read_again(git: Git, how: How, memory: Memory, change: Newer, found: Found) -> None:
    """Add what is remembered and still here, unless it was just read."""
    just_read = {*found.again, *found.unread}
    known = (*memory.again, *memory.unread, *memory.absent)
    objects = [each for each in known if each in change.here and each not in just_read]
    found.add(scan_objects(git, objects, how.allow, how.progress))


def _absent(git: Git, tips: Tips, memory: Memory, change: Newer) -> list[str]:
    """Return what references reach and is not here.

    An object that is gone and that no reference reached was pruned, and is nobody's loss.
    """
    gone = [each for each in (*memory.absent, *memory.again) if each not in change.here]
    if gone and not change.kept:
        return absent_from(git, tips.all)
    pairs = (*memory.introduced, *memory.noted)
    reached = {*memory.absent, *memory.messages, *(each for each, _ in pairs)}
    new = absent_from(git, (*change.usual, *change.notes))
    return sorted({*new, *(each for each in gone if each in reached)})


def _earlier(memory: Memory, change: Newer) -> Earlier:
    return Earlier(memory.introduced, memory.noted, memory.messages, change.usual, change.notes)


def _memory(store: Store, tips: Tips, found: Found, findings: Iterable[Finding]) -> Memory:
    """Return what the next scan needs to know of this one."""
    places = [finding.location for finding in findings]
    told = (at.object for at in places if at.source in ("commit-message", "tag-message"))
    return Memory(
        store.inventory(),
        tips,
        again=tuple(sorted({*found.again})),
        unread=tuple(sorted({*found.unread})),
        absent=tuple(found.absent),
        introduced=_pairs(places, "blob"),
        noted=_pairs(places, "note"),
        messages=tuple(dict.fromkeys(filter(None, told))),
    )


def _pairs(places: Iterable[Location], source: Source) -> Pairs:
    pairs = ((at.object, at.commit) for at in places if at.source == source)
    return tuple(dict.fromkeys((blob, commit) for blob, commit in pairs if blob and commit))
