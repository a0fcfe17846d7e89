"""Define what a shard tells of a repository: what it read, and where keys are, without a key."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime  # noqa: TC003  # JSON is read by it
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.model.findings import Confidence, NotScanned  # noqa: TC001  # JSON is read by them
from bedrock_key_guard.model.origins import (
    Blob,
    EventText,
    Location,
    Member,
    Message,
    Name,
    Source,
    Span,
)

if TYPE_CHECKING:
    from bedrock_key_guard.model.findings import Finding
    from bedrock_key_guard.model.origins import Origin, Root

State = Literal["read", "failed", "forbidden", "gone"]
Reading = Literal["whole", "new", "nothing new"]


@dataclass(frozen=True, slots=True)
class Found:
    """Say that a key is in a place, by the key's fingerprint."""

    fingerprint: str
    confidence: Confidence
    source: Source
    line: int
    column: int
    path: str = ""
    object: str | None = None
    commit: str | None = None
    author_time: datetime | None = None
    author: str | None = None
    committer: str | None = None
    at_tip: bool | None = None
    page: str = ""
    containers: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """Tell what became of one repository of the plan with this digest.

    `deep` tells whether it was searched for every encoding. `name` is what the plan calls it, and
    `now` what it is called since it was renamed. `tips` are the commits of all its references,
    where it was read.
    """

    name: str
    state: State
    reason: str = ""
    now: str = ""
    id: int = 0
    plan: str = ""
    reading: Reading = "whole"
    deep: bool = True
    tips: tuple[str, ...] = ()
    objects: int = 0
    bytes: int = 0
    seconds: float = 0.0
    found: tuple[Found, ...] = ()
    not_scanned: tuple[NotScanned, ...] = ()


def found(finding: Finding) -> Found:
    """Return where a key was found, and of the key its fingerprint alone."""
    told = {name: getattr(finding.location, name) for name in _OF_A_PLACE}
    return Found(finding.key.fingerprint, finding.confidence, **told)


def location(told: Found, repository: str) -> Location:
    """Return a place as reports read it."""
    origin: Origin = in_repository(_root(told), repository)
    for step in told.containers:
        origin = Member(origin, step)
    return Location(origin, Span(told.line, told.column, told.encodings))


def in_repository(root: Root, repository: str) -> Root:
    """Return an origin that says which repository it is of."""
    return replace(root, repository=repository) if isinstance(root, _OF_GIT) else root


_OF_GIT = Blob | Message | Name | EventText
_OF_A_COMMIT = ("commit", "author_time", "author", "committer")
_OF_A_PLACE = tuple(each.name for each in fields(Found) if hasattr(Location, each.name))


def _root(told: Found) -> Root:
    identity, kind = told.object or "", told.source
    commit = {name: getattr(told, name) for name in _OF_A_COMMIT}
    match kind:
        case "commit-message" | "tag-message":
            return Message(identity, kind, told.path, **commit)
        case "name":
            return Name(told.path)
        case "event":
            return EventText(told.path, told.page, by_stranger=True)
        case "note" | "unreachable":
            return Blob(identity, told.path, at_tip=told.at_tip, source=kind, **commit)
        case _:
            return Blob(identity, told.path, at_tip=told.at_tip, **commit)
