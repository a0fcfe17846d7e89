"""Define what the readers of containers yield."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bedrock_key_guard.scan.containers.limits import Budget, Kind
    from bedrock_key_guard.scan.containers.streams import Cursor

Blocks = Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Member:
    """Give one part of a container: its name, untrusted, and its bytes.

    The blocks are to be read before the next part is asked for. `text` takes the same bytes and
    yields what people read there, where that is written in pieces.
    """

    name: str
    blocks: Blocks
    text: Callable[[Cursor], Blocks] | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Name a part that cannot be read, and why."""

    name: str
    reason: str
    kind: Kind = "opaque"


Reader = Callable[["Cursor", "Budget"], Iterator[Member | Gap]]


def name_of(raw: bytes, encoding: str = "utf-8") -> str:
    """Return a member's name as text: untrusted, and not so long that it floods a report."""
    return raw[:1024].decode(encoding, errors="backslashreplace")
