"""Tell how far a scan has come, to whoever asked to be told."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Take what was done since the last call, from any thread.

    `expected` are bytes that are known to be still to come, `size` are bytes that were read.
    """

    def __call__(
        self, *, expected: int = 0, objects: int = 0, size: int = 0, findings: int = 0
    ) -> None:
        """Add to what is known."""


def silent(*, expected: int = 0, objects: int = 0, size: int = 0, findings: int = 0) -> None:
    """Tell nobody."""
