"""Write and read the hidden line of an issue that remembers where its key was seen.

Whoever may edit the issue can write what they like there. So what is read is checked field by
field, and leads to nothing but rows of that issue's own table.
"""

from __future__ import annotations

import json
import re
from dataclasses import astuple
from itertools import islice
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.github.visibility import is_repository
from bedrock_key_guard.model.sightings import Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST_MEMORY = 20_000
"""Characters, of the 65,536 that an issue takes."""

_LONGEST_TEXT = 500
_COMMIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})?")


def write_memory(sightings: Iterable[Sighting]) -> str:
    """Return as many sightings as there is room for, on one line that no reader sees."""
    kept, left = list[str](), LONGEST_MEMORY - 2
    for each in sightings:
        text = json.dumps(astuple(each), separators=(",", ":")).replace(">", r"\u003e")
        left -= len(text) + 1
        if left < 0:
            break
        kept.append(text)
    return f"[{','.join(kept)}]" if kept else ""


def read_memory(text: str) -> tuple[Sighting, ...]:
    """Return the sightings of a line; what is not one is left out."""
    try:
        rows = json.loads(text[:LONGEST_MEMORY]) if text else []
    except (ValueError, RecursionError):
        return ()
    return tuple(_sightings(rows)) if isinstance(rows, list) else ()


def _sightings(rows: list[Any]) -> Iterator[Sighting]:
    for row in islice(rows, LONGEST_MEMORY):
        if isinstance(row, list) and [type(each) for each in row] == _TYPES:
            sighting = Sighting(*row)
            if _is_sound(sighting):
                yield sighting


_TYPES = [str, str, str, str, str, int, str, bool]


def _is_sound(sighting: Sighting) -> bool:
    commits = (sighting.commit, sighting.since)
    texts = (sighting.place, sighting.inside, sighting.path)
    return (
        (not sighting.repository or is_repository(sighting.repository))
        and all(_COMMIT.fullmatch(each) for each in commits)
        and all(len(each) <= _LONGEST_TEXT for each in texts)
        and 0 < sighting.line < 1 << 53
    )
