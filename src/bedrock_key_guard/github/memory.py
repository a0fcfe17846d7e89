"""Write and read the hidden line of an issue that remembers what runs have told it of a key.

Whoever may edit the issue can write what they like there. So what is read is checked field by
field, and leads to nothing but words of that issue, rows of its table, and what IAM is asked.
"""

from __future__ import annotations

import json
import re
from dataclasses import astuple
from datetime import datetime, timezone
from functools import reduce
from itertools import islice
from typing import TYPE_CHECKING, Any, get_args

from bedrock_key_guard.github.visibility import is_repository
from bedrock_key_guard.model.remembered import (
    MOST_MILESTONES,
    KeyState,
    Memory,
    Milestone,
    Sighting,
    What,
    together,
)
from bedrock_key_guard.model.times import read_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST_MEMORY = 20_000
"""Characters, of the 65,536 that an issue takes."""

_LONGEST_TEXT = 500
_LONGEST_TIME = 25
_COMMIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})?")
_ACCOUNT = re.compile(r"[0-9]{12}")
_CREDENTIAL = re.compile(r"(?:A[A-Z0-9]{15,31})?")
_EARLIEST, _LATEST = (datetime(year, 1, 1, tzinfo=timezone.utc) for year in (1990, 2200))


def write_memory(memory: Memory) -> str:
    """Return what is remembered, on one line that no reader sees; of places what there is room for.

    It is "" for nothing.
    """
    nothing = _known(Memory())
    known = {name: value for name, value in _known(memory).items() if value != nothing[name]}
    places, left = list[str](), LONGEST_MEMORY - len(_json(known)) - len(',"places":[]')
    for each in memory.places:
        text = _json(astuple(each))
        left -= len(text) + 1
        if left < 0:
            break
        places.append(text)
    members = [f"{_json(name)}:{_json(value)}" for name, value in known.items()]
    members += [f'"places":[{",".join(places)}]'] if places else []
    return f"{{{','.join(members)}}}" if members else ""


def read_memory(text: str) -> Memory:
    """Return what a line remembers; what is not sound is left out."""
    try:
        read = json.loads(text[:LONGEST_MEMORY]) if text else {}
    except (ValueError, RecursionError):
        return Memory()
    if not isinstance(read, dict):
        return Memory()
    account, credential = (str(read.get(name)) for name in ("account", "credential"))
    known = _ACCOUNT.fullmatch(account) and _CREDENTIAL.fullmatch(credential)
    states: dict[object, KeyState] = {each: each for each in get_args(KeyState)}
    state = read.get("state")
    return Memory(
        places=tuple(_sightings(_rows(read.get("places")))),
        milestones=tuple(_milestones(_rows(read.get("milestones")))),
        state=states.get(state, "") if isinstance(state, str) else "",
        account=account if known else "",
        credential=credential if known else None,
        expires_at=_time(read.get("expires")),
    )


def memory_of(lines: Iterable[str], seen: Memory) -> Memory:
    """Return what lines of issues remember of one key, with what is seen of it now."""
    return reduce(together, (*map(read_memory, lines), seen))


def _known(memory: Memory) -> dict[str, Any]:
    return {
        "state": memory.state,
        "account": memory.account,
        "credential": memory.credential,
        "expires": _text(memory.expires_at),
        "milestones": [[_text(m.when), m.what, m.repository] for m in memory.milestones],
    }


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":")).replace(">", r"\u003e")


def _text(when: datetime | None) -> str | None:
    return when.astimezone(timezone.utc).isoformat(timespec="seconds") if when else None


def _time(text: object) -> datetime | None:
    """Return a time that somebody may have written, None for what no key has met."""
    if not isinstance(text, str) or len(text) > _LONGEST_TIME:
        return None
    try:
        when = read_time(text)
    except ValueError:
        return None
    return when.astimezone(timezone.utc) if _EARLIEST < when < _LATEST else None


def _rows(rows: object) -> Iterator[list[Any]]:
    listed = rows if isinstance(rows, list) else []
    return (row for row in islice(listed, LONGEST_MEMORY) if isinstance(row, list))


def _milestones(rows: Iterable[list[Any]]) -> Iterator[Milestone]:
    for row in islice((row for row in rows if len(row) == 3), MOST_MILESTONES):
        when, (what, repository) = _time(row[0]), row[1:]
        if when and what in get_args(What) and (repository == "" or _is_repository(repository)):
            yield Milestone(when, what, repository)


def _sightings(rows: Iterable[list[Any]]) -> Iterator[Sighting]:
    for row in rows:
        if [type(each) for each in row] == _TYPES:
            sighting = Sighting(*row)
            if _is_sound(sighting):
                yield sighting


_TYPES = [str, str, str, str, str, int, str, bool]


def _is_repository(text: object) -> bool:
    return isinstance(text, str) and len(text) <= _LONGEST_TEXT and is_repository(text)


def _is_sound(sighting: Sighting) -> bool:
    commits = (sighting.commit, sighting.since)
    texts = (sighting.place, sighting.inside, sighting.path)
    return (
        (not sighting.repository or _is_repository(sighting.repository))
        and all(_COMMIT.fullmatch(each) for each in commits)
        and all(len(each) <= _LONGEST_TEXT for each in texts)
        and 0 < sighting.line < 1 << 53
    )
