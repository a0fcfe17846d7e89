"""Know the pointers of Git LFS, and find what they stand for.

A pointer is a text of less than 1,024 bytes, and its object lies in `lfs/objects` of the Git
directory, in two folders named after its id (git-lfs: docs/spec.md). Where a repository's
configuration would have it elsewhere, it is not followed. What git-lfs takes for a pointer is one:
it knows three addresses, and minds neither the kind of line breaks nor how many (lfs/pointer.go).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from bedrock_key_guard.git.repository import Repository

_POINTER = re.compile(
    rb"version (?:https://(?:git-lfs|hawser)\.github\.com/spec/v1|http://git-media\.io/v/2)[\r\n]+"
    rb"(?:ext-\d-[\w.-]+ sha256:[0-9a-f]{64}[\r\n]+)*"
    rb"oid sha256:([0-9a-f]{64})[\r\n]+size (\d{1,15})\s*"
)
_LONGEST = 1024


@dataclass(frozen=True, slots=True)
class Pointer:
    """Name an object of Git LFS by the SHA-256 of its content, and say how many bytes it has."""

    oid: str
    size: int


def pointer_in(content: bytes) -> Pointer | None:
    """Return the pointer that this content is, or None."""
    found = _POINTER.fullmatch(content) if len(content) < _LONGEST else None
    return Pointer(found[1].decode(), int(found[2])) if found else None


def stored(repository: Repository, pointer: Pointer) -> Path | None:
    """Return where the object of a pointer lies, or None where it is not here, or not whole."""
    oid = pointer.oid
    path = repository.common_dir / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
    is_file = path.is_file() and not path.is_symlink()
    return path if is_file and path.stat().st_size == pointer.size else None
