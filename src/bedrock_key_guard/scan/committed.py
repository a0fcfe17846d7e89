"""Ask the commits of a repository about keys: which it has already, and which first had one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard import system
from bedrock_key_guard.errors import GuardError
from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.git.clean_git import clean_git
from bedrock_key_guard.git.introductions import additions
from bedrock_key_guard.git.repository import (
    absolute,
    find_repository,
    path_in_repository,
    repository_named,
)
from bedrock_key_guard.git.spelling import comparable, ignores_case
from bedrock_key_guard.model.findings import Scanned, by_time
from bedrock_key_guard.model.origins import WorkTree, with_root
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.provenance import told_by
from bedrock_key_guard.scan.scan import read
from bedrock_key_guard.scan.source import Source
from bedrock_key_guard.scan.sources.objects import first_commits, objects

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Mapping

    from bedrock_key_guard.git.clean_git import Git
    from bedrock_key_guard.git.introductions import Commit
    from bedrock_key_guard.model.findings import Incident
    from bedrock_key_guard.model.origins import Location


def committed(paths: Iterable[str], environment: Mapping[str, str]) -> frozenset[str]:
    """Return the fingerprints of keys that some files hold in the last commit.

    While a merge is made, it is the other side's last commit too. What Git cannot tell is not known
    to be there.
    """
    here = Path.cwd()
    repository = repository_named(environment, here) or find_repository(here)
    if repository is None:
        return frozenset()
    inside = (each for each in paths if absolute(Path(each)).is_relative_to(repository.work_tree))
    names = dict.fromkeys(map(path_in_repository, inside))
    if not names:
        return frozenset()
    try:
        with clean_git(repository) as git:
            scan = read(_versions(git, names), AllowList())
    except GuardError:
        return frozenset()
    return frozenset(each.key.fingerprint for each in scan.findings)


def _versions(git: Git, names: Collection[str]) -> Generator[Source, None, None]:
    """Yield the files of those names; a name may be a key itself, so that no child is told one."""
    case = not ignores_case(git.repository.work_tree)
    wanted = {comparable(name, case=case) for name in names}
    blobs: dict[str, None] = {}
    for commit in _last(git):
        for line in git.run("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")[:-1]:
            entry, _, name = line.partition(b"\t")
            if comparable(system.decoded(name), case=case) in wanted:
                blobs[entry.split()[2].decode()] = None
    yield from _source(git, blobs)


def _last(git: Git) -> list[str]:
    """Return the last commit, and those that a merge adds to it (gitrepository-layout(5))."""
    merged = git.repository.git_dir / "MERGE_HEAD"
    heads = ["HEAD", *(merged.read_text("ascii").split() if merged.is_file() else ())]
    asked = git.run(
        "cat-file",
        "--batch-check=%(objectname)",
        stdin="".join(f"{head}^{{commit}}\n" for head in heads).encode(),
    )
    return [line for line in asked.decode().splitlines() if " " not in line]


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
    if not versions:
        return None
    found = read(_source(git, dict.fromkeys(each.object for each in versions)), AllowList())
    if found.interrupted:
        raise KeyboardInterrupt
    holding = {f.location.object for f in found.findings if f.key.fingerprint == fingerprint}
    return next((each.commit for each in versions if each.object in holding), None)


def _source(git: Git, blobs: Iterable[str]) -> Generator[Source, None, None]:
    with ObjectReader(git) as reader:
        yield Source(Scanned(()), (each for each in objects(reader, blobs)))
