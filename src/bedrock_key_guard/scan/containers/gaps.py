"""Keep account of what was left out of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.model.findings import NotScanned

if TYPE_CHECKING:
    from bedrock_key_guard.scan.containers.limits import Kind


class Gaps:
    """Keep what was not scanned, one line for each reason in each container."""

    def __init__(self) -> None:
        self._stopped = False
        self._counts: dict[tuple[tuple[str, ...], Kind, str], tuple[str, int]] = {}

    def add(self, containers: tuple[str, ...], kind: Kind, reason: str) -> None:
        """Note that the innermost of `containers` was left out, and why."""
        key = containers[:-1], kind, reason
        first, count = self._counts.get(key, (containers[-1] if containers else "", 0))
        self._counts[key] = first, count + 1

    def stop(self, containers: tuple[str, ...], reason: str) -> None:
        """Note where and why no more was unpacked or decoded; only the first time counts."""
        if not self._stopped:
            self._stopped = True
            self.add(containers, "missing", reason)

    def listed(self, path: str) -> tuple[NotScanned, ...]:
        """Return the lines for the file at `path`; of many alike, the first is named."""
        return tuple(
            NotScanned(
                " > ".join(filter(None, (path, *outer, first))),
                kind,
                reason if count == 1 else f"{reason} (and {count - 1:,} more like it)",
            )
            for (outer, kind, reason), (first, count) in self._counts.items()
        )
