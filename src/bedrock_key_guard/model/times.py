"""Read times that were written down."""

from __future__ import annotations

from datetime import datetime, timezone


def read_time(text: str, *, utc: bool = False) -> datetime:
    """Read a time of ISO 8601 with its zone; with `utc`, one without a zone is UTC.

    Raises ValueError for any other text. `Z` is read here: Python does it only from 3.11 on.
    """
    time = datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)
    if time.tzinfo is not None:
        return time
    if not utc:
        raise ValueError(text)
    return time.replace(tzinfo=timezone.utc)
