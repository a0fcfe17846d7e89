"""Give names as inputs: of files, folders, links, branches, tags and remotes."""

from __future__ import annotations

import io
import os
from contextlib import nullcontext
from typing import TYPE_CHECKING

from bedrock_key_guard.model.origins import Name
from bedrock_key_guard.scan.prefilter import may_hold_key
from bedrock_key_guard.scan.source import Input

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def names(paths: Iterable[str]) -> Iterator[Input]:
    """Yield each part of some paths that may hold a key, once, with what is before it."""
    paths = list(paths)
    if may_hold_key(os.fsencode("\n".join(paths))):
        parts = (part for path in paths for part in _parts(path))
        yield from map(_named, dict.fromkeys(parts))


def _parts(path: str) -> Iterator[str]:
    """Yield a path up to each part of it that may hold a key."""
    end = 0
    for part in path.split("/"):
        end += len(part)
        if may_hold_key(os.fsencode(part)):
            yield path[:end]
        end += 1


def _named(path: str) -> Input:
    return Input(Name(path), lambda: nullcontext(io.BytesIO(os.fsencode(path))), counted=False)
