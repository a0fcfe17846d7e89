"""Say what a run is asked to read, and which sources enumerate it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.git.repository import absolute, find_repository
from bedrock_key_guard.scan.allowlist import AllowList

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from bedrock_key_guard.model.findings import NotScanned
    from bedrock_key_guard.scan.source import Source
    from bedrock_key_guard.scan.sources.event_text import EventFile

SourceName = Literal["tree", "index", "history", "range", "stdin", "event", "nothing"]


@dataclass(frozen=True, slots=True)
class Scanning:
    """Say what to read, and what people need not see.

    `revisions` are those of a `range`; a history is searched `deep` on request alone. `with_tree`
    adds the files of `paths` as they are, and `event` its own text. `note` tells people why this is
    what is read, or that `nothing` is; `missing` is what is known not to be here. `commits` is a
    repository that has what a shallow clone at the first of `paths` has not.
    """

    paths: tuple[Path, ...] = (Path(),)
    source: SourceName = "tree"
    revisions: tuple[str, ...] = ()
    commits: Path | None = None
    deep: bool = False
    with_tree: bool = False
    event: EventFile | None = None
    note: str = ""
    missing: tuple[NotScanned, ...] = ()
    allow: AllowList = field(default_factory=AllowList)
    include_malformed: bool = False


def reads_all(wanted: Scanning) -> bool:
    """Return whether all is read that an allow-list is about: a history, or a whole work tree.

    A range, an index or some files have few of the keys that people have allowed, by design.
    """
    with_tree = wanted.with_tree or wanted.source == "tree"
    return wanted.source == "history" or (with_tree and any(map(_is_whole, wanted.paths)))


def _is_whole(path: Path) -> bool:
    folder = absolute(path)
    repository = find_repository(folder)
    return folder.is_dir() and (repository is None or repository.work_tree == folder)


def settled_on(wanted: Scanning) -> tuple[Scanning, tuple[str, ...]]:
    """Return what is wanted without the entries that a range brings to the allow-list, and a note.

    Raises UsageError for what is no revision.
    """
    if wanted.source != "range":
        return wanted, ()
    from bedrock_key_guard.scan.new_entries import NOT_YET, settled

    allow = settled(wanted.allow, wanted.paths[0], wanted.revisions, wanted.commits)
    return replace(wanted, allow=allow), () if allow == wanted.allow else (NOT_YET,)


def parts_of(wanted: Scanning) -> Iterator[Scanning]:
    """Yield what is wanted, one source after the other: what an event itself says comes first."""
    if wanted.event or wanted.missing:
        yield replace(wanted, source="event")
    if wanted.source != "nothing":
        yield wanted
    if wanted.with_tree:
        yield replace(wanted, source="tree")


def sources_of(wanted: Scanning, environment: Mapping[str, str]) -> Generator[Source, None, None]:
    """Return the sources of what is wanted; what Git or a pipe needs is imported on demand."""
    match wanted.source:
        case "stdin":
            from bedrock_key_guard.scan.sources.stdin import stream

            return stream(sys.stdin.buffer)
        case "event":
            from bedrock_key_guard.scan.sources.event_text import event_text

            return event_text(wanted.event, wanted.missing)
        case "index":
            from bedrock_key_guard.scan.sources.index import index

            return index(wanted.paths[0], environment)
        case "history":
            from bedrock_key_guard.scan.sources.history import history

            return history(wanted.commits or wanted.paths[0], deep=wanted.deep)
        case "range":
            from bedrock_key_guard.scan.sources.commit_range import commit_range

            return commit_range(wanted.paths[0], wanted.revisions, wanted.commits)
        case _:
            from bedrock_key_guard.scan.sources.worktree import worktree

            return worktree(wanted.paths)
