"""Say where in a repository's history the objects that hold keys stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from bedrock_key_guard.git.introductions import introductions, read_commit, still_at_tip
from bedrock_key_guard.git.raw_changes import HEADER
from bedrock_key_guard.model.origins import Blob, Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.git.clean_git import Git
    from bedrock_key_guard.git.introductions import Commit, Introduction
    from bedrock_key_guard.model.origins import Root, Source
    from bedrock_key_guard.scan.source import Places

_NOTES = "refs/notes/*"
_TAG_HEADER = "%(objectname) %(taggerdate:unix)%01%(taggername) %(taggeremail)"


def placed(git: Git, roots: list[Root], among: list[Introduction] | None = None) -> Places:
    """Return the places of some objects: path, commit and author time, one for each path.

    Where they were introduced is asked of Git, or looked for `among` what is known already. What no
    commit introduced is `unreachable`: a branch that was deleted, a commit that was amended.
    """
    known = _Known(git, roots, among)
    return {root: known.places_of(root) for root in roots}


class _Known:
    """Know the places of all objects in some findings, each asked for once."""

    def __init__(self, git: Git, roots: list[Root], among: list[Introduction] | None) -> None:
        blobs = _ids(roots, "blob")
        usual = among if among is not None else _usual(git, blobs)
        known = {each.object for each in usual}
        rest = [blob for blob in blobs if blob not in known]
        self._found: dict[Introduction, Literal["blob", "note"]] = dict.fromkeys(usual, "blob")
        self._found |= dict.fromkeys(_noted(git, rest), "note")
        here = ((each.object, each.path) for each in usual if each.object in set(blobs))
        self._tips = still_at_tip(git, here)
        self._messages = _commits(git, _ids(roots, "commit-message"))
        self._messages |= _tags(git) if _ids(roots, "tag-message") else {}

    def places_of(self, root: Root) -> list[Root]:
        """Return every place of an object, or what is none as it is."""
        if isinstance(root, Blob):
            return [*self._introduced(root)] or [replace(root, source="unreachable")]
        if not isinstance(root, Message):
            return [root]
        if root.object not in self._messages:
            return [replace(root, source="unreachable")]
        commit = root.object if root.source == "commit-message" else None
        return [replace(root, commit=commit, **told_by(self._messages[root.object]))]

    def _introduced(self, blob: Blob) -> Iterator[Blob]:
        for found, source in self._found.items():
            if found.object == blob.object:
                at_tip = (found.object, found.path) in self._tips
                told, commit = told_by(found.commit), found.commit.id
                yield Blob(found.object, found.path, commit, at_tip=at_tip, source=source, **told)


def told_by(commit: Commit) -> dict[str, Any]:
    """Return what a commit says of itself, by the names that places have for it."""
    return {name: getattr(commit, name) or None for name in ("author_time", "author", "committer")}


def _ids(roots: Iterable[Root], source: Source) -> list[str]:
    """Return the ids of the objects of one kind."""
    return [each.object for each in roots if each.source == source and each.object]


def _usual(git: Git, blobs: list[str]) -> list[Introduction]:
    return introductions(git, blobs, [f"--exclude={_NOTES}", "--all", *git.heads()])


def _noted(git: Git, blobs: list[str]) -> list[Introduction]:
    return introductions(git, blobs, [f"--glob={_NOTES}"])


def _commits(git: Git, commits: list[str]) -> dict[str | None, Commit]:
    """Return those commits that a reference still reaches."""
    if not commits:
        return {}
    reached = set(git.run("rev-list", "--all", *git.heads()).decode().split())
    here = [commit for commit in commits if commit in reached]
    listed = git.run("log", "--no-walk=unsorted", f"--format={HEADER}", *here) if here else b""
    return _by_id(listed)


def _tags(git: Git) -> dict[str | None, Commit]:
    """Return the annotated tags that a reference names, each as its tagger signs it."""
    return _by_id(git.run("for-each-ref", f"--format={_TAG_HEADER}", "refs/tags"))


def _by_id(listed: bytes) -> dict[str | None, Commit]:
    lines = listed.decode("utf-8", "replace").split("\n")
    return {commit.id: commit for commit in map(read_commit, lines)}
