"""List the texts of an event of GitHub: what people wrote is in the file of the event itself.

Every text of the event is read, whatever it is called: titles, descriptions, comments, what they
were before somebody edited them (`changes`), inputs and payloads. Only an object that GitHub gives
an `author_association` tells whether its author may write to the repository.

Sources: https://docs.github.com/en/webhooks/webhook-events-and-payloads and, for the associations,
https://docs.github.com/en/graphql/reference/enums#commentauthorassociation.
"""

from __future__ import annotations

import io
import json
import re
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.model.findings import NotScanned, Scanned
from bedrock_key_guard.model.origins import EventText
from bedrock_key_guard.scan.prefilter import may_hold_key
from bedrock_key_guard.scan.source import Input, Passed, Source

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from bedrock_key_guard.scan.source import Inputs

JSON = Any

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

WRITERS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""Associations of those who may write to a repository, as far as an event tells."""

SUBJECTS = (
    *("comment", "review", "answer", "discussion", "issue", "pull_request", "release"),
    *("milestone", "check_run", "deployment_status", "deployment", "registry_package"),
)
"""Members that an event may be about; the first that it has is the one that was changed."""


@dataclass(frozen=True, slots=True)
class EventFile:
    """Name the file of an event, and the page of a text that is on no other.

    `by_strangers` tells that anybody may have written what no association tells the author of.
    `wiki` is a repository with the pages that the event names.
    """

    path: Path
    page: str = ""
    by_strangers: bool = False
    wiki: Path | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Say where in an event a text is, on which page, and whether a stranger wrote it."""

    members: tuple[str, ...]
    page: str
    by_stranger: bool

    @property
    def origin(self) -> EventText:
        path = f"{self.page or 'event'} ({'.'.join(self.members)})"
        return EventText(path, self.page, self.by_stranger)


def event_text(
    event: EventFile | None, missing: Sequence[NotScanned] = ()
) -> Generator[Source, None, None]:
    """Yield the texts of an event as one source, with what of it is known to be `missing`."""
    yield Source(Scanned(("event",)), _inputs(event, missing))
    if event and event.wiki:
        from bedrock_key_guard.scan.sources.wiki import wiki

        yield from wiki(event.wiki, wiki_commits(_payload(event.path)))


def member(payload: JSON, *path: str) -> JSON:
    """Return what an event holds at a path, or None."""
    for name in path:
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload


def wiki_commits(payload: JSON) -> tuple[str, ...]:
    """Return the commits of the wiki that an event names, each once."""
    pages = member(payload, "pages")
    named = (member(page, "sha") for page in (pages if isinstance(pages, list) else ()))
    known = (each for each in named if isinstance(each, str) and _COMMIT.fullmatch(each))
    return tuple(dict.fromkeys(known))


def _payload(path: Path) -> JSON:
    return json.loads(path.read_bytes())


def subject_of(payload: JSON) -> str:
    """Return the name of the member that an event is about, "" for none that is known."""
    return next((name for name in SUBJECTS if isinstance(member(payload, name), dict)), "")


def is_strangers(written: JSON) -> bool | None:
    """Return whether the author of an object may not write to the repository, None if unknown."""
    association = member(written, "author_association")
    return association not in WRITERS if isinstance(association, str) else None


def _inputs(event: EventFile | None, missing: Sequence[NotScanned]) -> Inputs:
    yield from missing
    if event is None:
        return
    try:
        payload, size = _payload(event.path), event.path.stat().st_size
    except (OSError, ValueError, RecursionError):
        yield NotScanned("the event", "missing", "its file cannot be read as JSON")
        return
    yield Passed(objects=1, bytes=size)
    yield from texts_of(payload, event)


def texts_of(payload: JSON, event: EventFile) -> Iterator[Input]:
    """Yield the texts of a payload that may hold a key, each with its page and its author."""
    for place, text in _texts(payload, event):
        if may_hold_key(text):
            yield _input(place, text)


def _input(place: _Place, text: bytes) -> Input:
    return Input(place.origin, lambda: nullcontext(io.BytesIO(text)), counted=False)


def _texts(payload: JSON, event: EventFile) -> Iterator[tuple[_Place, bytes]]:
    """Yield each text of an event, names of members too, which a payload may choose."""
    home = member(payload, "repository", "html_url")
    base = f"{home}/" if isinstance(home, str) else ""
    waiting: list[tuple[_Place, JSON]] = [_root(payload, event, base)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str):
            yield place, value.encode(errors="replace")
        elif isinstance(value, dict):
            inside = _inside(place, value, base)
            yield from ((inside, name.encode(errors="replace")) for name in value)
            waiting += [(_below(inside, name), each) for name, each in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(_below(place, str(n)), each) for n, each in enumerate(value)]


def _root(payload: JSON, event: EventFile, base: str) -> tuple[_Place, JSON]:
    """Return where an event begins: what stands beside its subject is on the subject's page."""
    subject = member(payload, subject_of(payload))
    start = _Place((), event.page, event.by_strangers)
    return replace(_inside(start, subject, base), by_stranger=_beside(subject, event)), payload


def _beside(subject: JSON, event: EventFile) -> bool:
    by_stranger = is_strangers(subject)
    return event.by_strangers if by_stranger is None else by_stranger


def _inside(place: _Place, value: JSON, base: str) -> _Place:
    """Return the place of what an object holds, which may have a page and an author of its own."""
    by_stranger, address = is_strangers(value), member(value, "html_url")
    is_ours = bool(base) and isinstance(address, str) and address.startswith(base)
    return replace(
        place,
        page=address[len(base) :] if is_ours else place.page,
        by_stranger=place.by_stranger if by_stranger is None else by_stranger,
    )


def _below(place: _Place, name: str) -> _Place:
    return replace(place, members=(*place.members, name))
