"""Keep account of what was left out of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.model import Member, NotScanned

if TYPE_CHECKING:
    from bedrock_key_guard.model import Origin
    from bedrock_key_guard.scan.containers.limits import Kind


class Gaps:
    """Keep what was not scanned, one line for each reason in each container."""

    def __init__(self) -> None:
        self._stopped = False
        self._counts: dict[tuple[Origin | None, Kind, str], tuple[str, int]] = {}

    def add(self, origin: Origin, kind: Kind, reason: str) -> None:
        """Note that `origin` was left out, and why."""
        key = origin.outer if isinstance(origin, Member) else None, kind, reason
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
            )
            for (_, kind, reason), (first, count) in self._counts.items()
        )
