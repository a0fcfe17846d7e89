"""Define what the readers of containers yield, and keep account of what was left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.model.origins import Member

if TYPE_CHECKING:
    from bedrock_key_guard.model.findings import GapKind
    from bedrock_key_guard.model.origins import Origin
    from bedrock_key_guard.scan.containers.cursor import Cursor
    from bedrock_key_guard.scan.containers.limits import Budget

Blocks = Iterator[bytes]
TOO_FAR_IN = "a zip at its end begins too far in to be opened"


@dataclass(frozen=True, slots=True)
class OpenedMember:
    """Give one part of a container: its name, untrusted, and its bytes.

    The blocks are to be read before the next part is asked for. `text` takes the same bytes and
    yields what people read there, where that is written in pieces. Raises Spent beyond the budget.
    """

    name: str
    blocks: Blocks
    text: Callable[[Cursor, Budget], Blocks] | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Name a part that cannot be read, and why."""

    name: str
    reason: str
    kind: GapKind = "unopened"


Members = Iterator[OpenedMember | Gap]
Reader = Callable[["Cursor", "Budget"], Members]


def name_of(raw: bytes, encoding: str = "utf-8") -> str:
    """Return a member's name as text: untrusted, and not so long that it floods a report."""
    return raw[:1024].decode(encoding, errors="backslashreplace")


class Gaps:
    """Keep what was not scanned, one line for each reason in each container."""

    def __init__(self) -> None:
        self._stopped = False
        self._counts: dict[tuple[Origin | None, GapKind, str, str], tuple[str, int]] = {}

    def add(self, origin: Origin, kind: GapKind, reason: str, wants: str = "") -> None:
        """Note that `origin` was left out, why, and what it would take."""
        key = origin.outer if isinstance(origin, Member) else None, kind, reason, wants
        first, count = self._counts.get(key, (origin.name, 0))
        self._counts[key] = first, count + 1

    def stop(self, origin: Origin, reason: str) -> None:
        """Note where and why no more was unpacked or decoded; only the first time counts."""
        if not self._stopped:
            self._stopped = True
            self.add(origin, "missing", reason)

    def listed(self) -> tuple[NotScanned, ...]:
        """Return a line for each reason; of many parts alike, the first is named."""
        return tuple(
            NotScanned(
                first,
                kind,
                reason if count == 1 else f"{reason} (and {count - 1:,} more like it)",
                wants=wants,
            )
            for (_, kind, reason, wants), (first, count) in self._counts.items()
        )
