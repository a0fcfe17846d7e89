"""Find the commits that first had a key which was found in a file on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import GuardError
from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.git.clean_git import clean_git
from bedrock_key_guard.git.introductions import additions
from bedrock_key_guard.git.repository import absolute, find_repository, path_in_repository
from bedrock_key_guard.model.findings import Scanned, by_time
from bedrock_key_guard.model.origins import WorkTree, with_root
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.provenance import told_by
from bedrock_key_guard.scan.scan import read
from bedrock_key_guard.scan.source import Source
from bedrock_key_guard.scan.sources.objects import first_commits, objects

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from bedrock_key_guard.git.clean_git import Git
    from bedrock_key_guard.git.introductions import Commit
    from bedrock_key_guard.model.findings import Incident
    from bedrock_key_guard.model.origins import Location

MOST_PLACES = 5
"""Files of one key that are looked up."""

MOST_VERSIONS = 1000
"""Versions of one file that are read, the latest: a leak that is older is dated too late."""


def dated(incident: Incident) -> Incident:
    """Return a key's incident, its files with the first commit that had the key there.

    Whoever knows a commit already is left alone. What Git cannot tell stays unknown.
    """
    places = incident.locations
    if any(place.commit for place in places):
        return incident
    known = [_dated(place, incident.fingerprint) for place in places[:MOST_PLACES]]
    return replace(incident, locations=tuple(sorted((*known, *places[MOST_PLACES:]), key=by_time)))


def _dated(place: Location, fingerprint: str) -> Location:
    root = place.origin.root
    if not isinstance(root, WorkTree):
        return place
    repository = find_repository(absolute(Path(root.path)).parent)
    name = path_in_repository(root.path)
    if repository is None or "\n" in name:  # Git reads a name on each line
        return place
    try:
        with clean_git(repository) as git:
            commit = _first(git, name, fingerprint)
    except GuardError:
        return place
    # What a shallow clone begins with may be older.
    if commit is None or commit.id in first_commits(repository):
        return place
    origin = with_root(place.origin, replace(root, commit=commit.id, **told_by(commit)))
    return replace(place, origin=origin)


def _first(git: Git, name: str, fingerprint: str) -> Commit | None:
    _, added = additions(git, ["HEAD"], name)
    versions = [each for each in added if not each.is_submodule][-MOST_VERSIONS:]
    found = read(_source(git, dict.fromkeys(each.object for each in versions)), AllowList())
    if found.interrupted:
        raise KeyboardInterrupt
    holding = {f.location.object for f in found.findings if f.key.fingerprint == fingerprint}
    return next((each.commit for each in versions if each.object in holding), None)


def _source(git: Git, blobs: Iterable[str]) -> Generator[Source, None, None]:
    with ObjectReader(git) as reader:
        yield Source(Scanned(()), (each for each in objects(reader, blobs)))
