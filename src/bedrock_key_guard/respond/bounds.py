"""Keep a run within its bounds: so many changes, and no two of one thing at once."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Bounds:
    """Keep the responses of one run within their bounds, however many threads make them."""

    def __init__(self, most: int) -> None:
        """Let `most` changes be made."""
        self._left = most
        self._busy: set[tuple[str, str]] = set()
        self._change = threading.Condition()

    def take_one(self) -> bool:
        """Use one change up; False where none is left."""
        with self._change:
            self._left -= 1
            return self._left >= 0

    @contextmanager
    def alone(self, account_id: str, subject: str) -> Iterator[None]:
        """Wait until nobody else is at work on the subject in that account."""
        place = (account_id, subject)
        with self._change:
            self._change.wait_for(lambda: place not in self._busy)
            self._busy.add(place)
        try:
            yield
        finally:
            with self._change:
                self._busy.discard(place)
                self._change.notify_all()
