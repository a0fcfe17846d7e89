"""Read times that were written down, and write them as people read them."""

from __future__ import annotations

import re
import time
from datetime import date, datetime, timedelta, timezone

# What every Python reads alike: 3.10 knows no `Z` and passes over marks that later ones refuse.
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{3}(?:\d{3})?)?)?(?:Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def utc_now() -> datetime:
    """Return our own time, in UTC."""
    return datetime.fromtimestamp(time.time(), timezone.utc)


def read_time(text: str, *, utc: bool = False) -> datetime:
    """Read a date, or a date and a time, of ISO 8601 with its zone; with `utc`, none means UTC.

    Raises ValueError for any other text.
    """
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    when = datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)
    if when.tzinfo is not None:
        return when
    if not utc:
        raise ValueError(text)
    return when.replace(tzinfo=timezone.utc)


def read_day(text: str) -> date:
    """Read a date of ISO 8601. Raises ValueError for any other text."""
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def span(time: timedelta) -> str:
    """Write how long something took, in its two largest units: `2 days 3 hours`."""
    minutes = max(0, int(time.total_seconds())) // 60
    amounts = (minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute")
    largest = next((place for place, (number, _) in enumerate(amounts) if number), len(amounts))
    parts = [f"{n:,} {noun}{'' if n == 1 else 's'}" for n, noun in amounts[largest:][:2] if n]
    return " ".join(parts) or "less than a minute"


def moment(when: datetime) -> str:
    """Write a time as people read it: UTC, to the minute."""
    return f"{when.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
