"""Say where in a repository's history the objects that hold keys stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.git.introductions import introductions, moment, still_at_tip
from bedrock_key_guard.model.origins import Blob, Message, with_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from bedrock_key_guard.git.clean_git import Git
    from bedrock_key_guard.git.introductions import Introduction
    from bedrock_key_guard.model.findings import Finding
    from bedrock_key_guard.model.origins import Root

_NOTES = "refs/notes/*"


def placed(
    git: Git, findings: Iterable[Finding], among: list[Introduction] | None = None
) -> list[Finding]:
    """Return the findings with path, commit and author time, one for each path of an object.

    Where they were introduced is asked of Git, or looked for `among` what is known already. What no
    commit introduced is `unreachable`: a branch that was deleted, a commit that was amended.
    """
    places = _Places(git, list(findings), among)
    return [
        replace(finding, location=replace(at, origin=with_root(at.origin, root)))
        for finding in places.findings
        for at in (finding.location,)
        for root in places.of(at.origin.root)
    ]


class _Places:
    """Know the places of all objects in some findings, each asked for once."""

    def __init__(self, git: Git, findings: list[Finding], among: list[Introduction] | None) -> None:
        self.findings = findings
        blobs = self._objects("blob")
        usual = among if among is not None else _usual(git, blobs)
        known = {each.object for each in usual}
        rest = [blob for blob in blobs if blob not in known]
        self._found: dict[Introduction, Literal["blob", "note"]] = dict.fromkeys(usual, "blob")
        self._found |= dict.fromkeys(_noted(git, rest), "note")
        here = ((each.object, each.path) for each in usual if each.object in set(blobs))
        self._tips = still_at_tip(git, here)
        self._messages = _commits(git, self._objects("commit-message"))
        self._messages |= _tags(git) if self._objects("tag-message") else {}

    def of(self, root: Root) -> list[Root]:
        """Return every place of an object."""
        if isinstance(root, Blob):
            return [*self._introduced(root)] or [replace(root, source="unreachable")]
        if not isinstance(root, Message):
            return [root]
        if root.object not in self._messages:
            return [replace(root, source="unreachable")]
        commit = root.object if root.source == "commit-message" else None
        return [replace(root, commit=commit, author_time=self._messages[root.object])]

    def _introduced(self, blob: Blob) -> Iterator[Blob]:
        for found, source in self._found.items():
            if found.object == blob.object:
                at_tip = (found.object, found.path) in self._tips
                yield Blob(
                    found.object, found.path, found.commit, found.author_time, at_tip, source
                )

    def _objects(self, source: str) -> list[str]:
        objects = (each.location.object for each in self.findings if each.location.source == source)
        return list(dict.fromkeys(filter(None, objects)))


def _usual(git: Git, blobs: list[str]) -> list[Introduction]:
    return introductions(git, blobs, [f"--exclude={_NOTES}", "--all", *git.heads()])


def _noted(git: Git, blobs: list[str]) -> list[Introduction]:
    return introductions(git, blobs, [f"--glob={_NOTES}"])


def _commits(git: Git, commits: list[str]) -> dict[str | None, datetime | None]:
    """Return the author times of those commits that a reference still reaches."""
    if not commits:
        return {}
    reached = set(git.run("rev-list", "--all", *git.heads()).decode().split())
    here = [commit for commit in commits if commit in reached]
    listed = git.run("log", "--no-walk=unsorted", "--format=%H %at", *here) if here else b""
    return dict(_timed(line) for line in listed.decode().splitlines())


def _tags(git: Git) -> dict[str | None, datetime | None]:
    """Return the times of the annotated tags that a reference names."""
    listed = git.run("for-each-ref", "--format=%(objectname) %(taggerdate:unix)", "refs/tags")
    return dict(_timed(line) for line in listed.decode().splitlines())


def _timed(line: str) -> tuple[str, datetime | None]:
    object_id, _, seconds = line.partition(" ")
    return object_id, moment(seconds)
